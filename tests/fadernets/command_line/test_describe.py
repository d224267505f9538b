import json

import numpy as np
import pytest

from fadernets.music import key, midi
from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.segments import segments
from tests.fadernets.command_line.commands import SILENT, run


def test_describe_tells_of_every_segment(source, capsys):
    assert run("describe", source, "--json") == 0
    description = json.loads(capsys.readouterr().out)
    piece = midi.read(source)
    assert (description["name"], description["beats"]) == ("in", piece.length)
    assert description["seconds"] == pytest.approx(piece.duration, abs=0.001)
    assert len(description["segments"]) == len(segments(piece)) == 6
    for row, segment in zip(description["segments"], segments(piece), strict=True):
        assert (row["segment"], row["beat"]) == (segment.index, segment.start)
        assert row["seconds"] == pytest.approx(piece.seconds(segment.start), abs=0.001)
        assert row["problem"] == segment.problem
        densities = segment.measure()
        assert row["rhythm"] == pytest.approx(densities["rhythm"], abs=1e-4)
        assert row["note"] == pytest.approx(densities["note"], abs=1e-4)
        if segment.index == SILENT:
            assert row["key"] is row["arousal"] is None
            assert row["problem"] == "nothing is played here"
        else:
            assert row["key"] == key.name(key.find(segment.notes))
            assert 0 <= row["arousal"] <= 1


def test_describe_prints_a_table(source, capsys):
    assert run("describe", source) == 0
    out, err = capsys.readouterr()
    head, *lines = out.splitlines()
    assert head.split() == ["segment", "bar", "beat", "time", *ATTRIBUTES, "key", "high", "arousal"]
    assert len(lines) == 6 and err == ""
    densities = measure(segments(midi.read(source))[1].notes)
    expected = ["1", "2", "4", "0:02.40", *(f"{densities[name]:.2f}" for name in ATTRIBUTES), "C"]
    assert lines[1].split()[: len(expected)] == expected
    assert lines[SILENT].endswith("-          -     nothing is played here")


@pytest.mark.slow
def test_transfer_changes_the_arousal_that_describe_tells(source, tmp_path, capsys):
    def described_arousal(path):
        capsys.readouterr()
        assert run("describe", path, "--json") == 0
        rows = json.loads(capsys.readouterr().out)["segments"]
        return np.mean([row["arousal"] for row in rows if row["arousal"] is not None])

    for arousal in ("low", "high"):
        assert run("transfer", source, tmp_path / f"{arousal}.mid", "--arousal", arousal) == 0
    assert described_arousal(tmp_path / "low.mid") < described_arousal(tmp_path / "high.mid")
