"""What slide, transfer and mix make of a piece."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fadernets
from fadernets.command_line import changing, progress, selection
from fadernets.music import examples, midi
from fadernets.music.attributes import measure
from fadernets.music.notes import NO_PEDAL, Notes, concatenate
from fadernets.music.segments import bars_of, segments
from fadernets.net import FaderNet
from tests.fadernets.command_line.commands import CHANGES, SILENT, change, music, run, unchanged
from tests.fadernets.music.generated import rows


@pytest.mark.parametrize("command", CHANGES)
def test_a_change_keeps_the_frame_and_what_cannot_be_encoded(
    command, source, tmp_path, small, capsys
):
    output = tmp_path / "out.mid"
    assert run(*change(command, source, output), "--model", small) == 0
    before, after = midi.read(source), midi.read(output)
    assert after.length == before.length
    assert np.array_equal(after.tempo, before.tempo)
    assert np.array_equal(after.meter, before.meter)
    assert unchanged(source, output, range(6)) == [k == SILENT for k in range(6)]
    out, err = capsys.readouterr()
    assert out == "" and err.splitlines() == [
        f"unchanged, no note begins in it: bar {SILENT + 1}",
        f"{Path(small).name} can take 5 of 6 segments",
    ]


@pytest.mark.slow
def test_a_piece_of_one_bar_of_a_waltz_can_be_changed(tmp_path):
    """Such as a selection that was saved."""
    path, output = tmp_path / "waltz.mid", tmp_path / "out.mid"
    waltz = replace(music(), meter=np.array([(0, 3, 4)]), pedal=NO_PEDAL, length=3.0)
    midi.write(replace(waltz, notes=Notes.of([0, 1, 2], [1, 2, 3], [48, 64, 67], [70] * 3)), path)
    assert run("slide", path, output, "--rhythm", "0.8") == 0
    after = midi.read(output)
    assert len(after.notes) > 3 and after.length == 3.0


@pytest.mark.parametrize("command", CHANGES)
@pytest.mark.parametrize(
    ("span", "chosen"), [("1:4", [1, 3]), (":2", [0, 1]), ("4:", [4, 5]), ("3", [3]), (":", None)]
)
def test_only_the_chosen_segments_change(command, span, chosen, source, tmp_path, small, capsys):
    output = tmp_path / "out.mid"
    chosen = [0, 1, 3, 4, 5] if chosen is None else chosen
    assert run(*change(command, source, output), "--segments", span, "--model", small) == 0
    assert unchanged(source, output, range(6)) == [k not in chosen for k in range(6)]


@pytest.mark.parametrize("command", CHANGES)
@pytest.mark.parametrize(("bars", "chosen"), [("2-4", [1, 3]), ("1", [0]), ("6", [5])])
def test_only_the_chosen_bars_change(command, bars, chosen, source, tmp_path, small):
    output = tmp_path / "out.mid"
    assert run(*change(command, source, output), "--bars", bars, "--model", small) == 0
    assert unchanged(source, output, range(6)) == [k not in chosen for k in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize("command", CHANGES)
def test_a_seed_draws_a_variation_and_the_same_again(command, source, tmp_path, small):
    def played(*arguments):
        assert (
            run(*change(command, source, tmp_path / "out.mid"), "--model", small, *arguments) == 0
        )
        return rows(midi.read(tmp_path / "out.mid").notes)

    assert played() == played()
    assert played("--seed", 3) == played("--seed", 3)
    assert played("--seed", 3) != played("--seed", 4)


def test_a_piece_may_replace_itself(source, tmp_path, small):
    assert run(*change("slide", source, tmp_path / "out.mid"), "--model", small) == 0
    assert run(*change("slide", source, source), "--model", small) == 0
    assert source.read_bytes() == (tmp_path / "out.mid").read_bytes()


def test_mixing_goes_up_to_the_shorter_piece(source, tmp_path, small, capsys):
    midi.write(music(4, step=0.25, base=60), tmp_path / "notes.mid")
    output = tmp_path / "out.mid"
    assert run("mix", source, tmp_path / "notes.mid", output, "--model", small) == 0
    assert unchanged(source, output, range(6)) == [False, False, True, False, True, True]
    assert midi.read(output).length == midi.read(source).length
    assert capsys.readouterr().err.splitlines() == [
        "unchanged, no note begins in it: bar 3",
        "unchanged, past the end of notes.mid: bars 5-6",
        f"{Path(small).name} can take 3 of 6 segments",
    ]
    assert run("mix", tmp_path / "notes.mid", source, output, "--model", small) == 0
    assert midi.read(output).length == midi.read(tmp_path / "notes.mid").length


def test_mixing_names_what_the_other_piece_lacks(source, tmp_path, small, capsys):
    start = np.arange(0, 23.5, 0.5)
    notes = Notes.of(start, start + 0.4, 60 + np.arange(47) % 5, [70] * 47)
    midi.write(replace(music(), notes=notes), tmp_path / "full.mid")
    assert run("mix", tmp_path / "full.mid", source, tmp_path / "out.mid", "--model", small) == 0
    assert capsys.readouterr().err.splitlines() == [
        "unchanged, no note begins in it in in.mid: bar 3",
        f"{Path(small).name} can take 5 of 6 segments",
    ]


@pytest.mark.slow
def test_segments_are_bars_of_the_meter(tmp_path, capsys):
    """Three beats each; the shipped model changes all but the silent one."""
    source, output = tmp_path / "in.mid", tmp_path / "out.mid"
    midi.write(replace(music(), meter=np.array([(0, 3, 4)])), source)
    assert run("slide", source, output, "--rhythm", 0.9, "--absolute") == 0
    assert capsys.readouterr().err == "unchanged, nothing is played here: bar 4\n"
    piece = midi.read(output)
    assert [segment.start for segment in segments(piece)] == [3.0 * k for k in range(8)]
    density = fadernets.load().density("rhythm", 0.9)
    for segment in segments(piece):
        expected = 0.0 if segment.index == 3 else density
        assert segment.measure()["rhythm"] == pytest.approx(expected, abs=0.5 / 12 + 0.01)


def test_progress_is_told_when_it_takes_long(source, tmp_path, small, capsys, monkeypatch):
    def slowed(function):
        def call(*arguments, **options):
            time.sleep(0.05)  # on a busy machine the thread that reports waits for its turn
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(progress, "STATUS_SECONDS", 1e-5)
    monkeypatch.setattr(changing, "BATCH", 1)
    for name in ("load", "reconstruct"):
        monkeypatch.setattr(FaderNet, name, slowed(getattr(FaderNet, name)))
    assert run(*change("slide", source, tmp_path / "out.mid"), "--model", small) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "loading the model" in lines and "3 of 5 segments" in lines


def test_batches_do_not_matter(source, tmp_path, small, monkeypatch):
    for batch in (1, 32):
        monkeypatch.setattr(changing, "BATCH", batch)
        output = tmp_path / f"{batch}.mid"
        assert run(*change("slide", source, output), "--model", small, "--seed", 1) == 0
    assert (tmp_path / "1.mid").read_bytes() == (tmp_path / "32.mid").read_bytes()


@pytest.mark.parametrize(
    ("indices", "words"),
    [([3], "segment 3"), ([0, 1, 2], "segments 0-2"), ([1, 4, 5, 9], "segments 1, 4-5, 9")],
)
def test_segments_are_listed_in_words(indices, words):
    assert selection.segments_listed(indices, []) == words


@pytest.mark.parametrize(
    ("indices", "words"),
    [
        ([0], "bar 1"),
        ([0, 1, 2], "bars 1-2"),  # the second has two segments
        ([0, 2], "bar 1 and part of bar 2"),
        ([1, 4], "part of bars 2-3"),
        ([0, 1, 2, 5], "bars 1-2, 4"),
    ],
)
def test_bars_are_listed_in_words(indices, words):
    meter = np.array([(0, 4, 4), (4, 6, 4), (16, 4, 4)])
    parts = segments(replace(music(), meter=meter))
    assert [first for first, _ in bars_of(parts[0].piece, [s.span for s in parts])][:6] == [
        *(1, 2, 2, 3, 3, 4)
    ]
    assert selection.bars_listed(indices, parts) == words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "place"),
    [([], "bar 3"), (["--bars", "2-4"], "bar 3"), (["--segments", "1:4"], "segment 2")],
)
def test_what_stays_is_named_as_it_was_chosen(options, place, source, tmp_path, capsys):
    assert run("slide", source, tmp_path / "out.mid", "--rhythm", "0.5", *options) == 0
    assert f"unchanged, nothing is played here: {place}\n" in capsys.readouterr().err


# With the model that is shipped.


def rhythm(path):
    rows = segments(midi.read(path))
    return [measure(rows[k].notes)["rhythm"] for k in range(6) if k != SILENT]


@pytest.mark.slow
def test_the_rhythm_fader_changes_the_rhythm(source, tmp_path):
    for position in (0, 1):
        output = tmp_path / f"{position}.mid"
        assert run("slide", source, output, "--absolute", "--rhythm", position) == 0
    assert np.mean(rhythm(tmp_path / "0.mid")) + 0.2 < np.mean(rhythm(tmp_path / "1.mid"))
    for offset, same in ((-1, "0.mid"), (1, "1.mid")):  # all the way is where the ends are
        assert run("slide", source, tmp_path / "out.mid", "--rhythm", offset) == 0
        assert rhythm(tmp_path / "out.mid") == rhythm(tmp_path / same)


def mixed(tmp_path):
    """A piece whose segments are busier and busier."""
    parts = [music(3, step=step) for step in (1.0, 0.5, 0.25)]
    notes = concatenate([p.notes[p.notes.onset < 8].shifted(8 * k) for k, p in enumerate(parts)])
    midi.write(replace(music(6), notes=notes, length=24, pedal=NO_PEDAL), tmp_path / "in.mid")
    return tmp_path / "in.mid"


@pytest.mark.slow
def test_an_offset_keeps_the_shape_and_a_position_does_not(tmp_path):
    source = mixed(tmp_path)
    shapes = {}
    for name, options in (
        ("own", []),
        ("offset", ["--rhythm", "0.2"]),
        ("position", ["--rhythm", "0.2", "--absolute"]),
    ):
        assert run("slide", source, tmp_path / "out.mid", *options) == 0
        rows = segments(midi.read(tmp_path / "out.mid"))
        shapes[name] = [measure(row.notes)["rhythm"] for row in rows if row.problem is None]
    assert np.mean(shapes["offset"]) > np.mean(shapes["own"]) + 0.05
    assert (np.diff(shapes["offset"]) >= 0).all()
    assert np.std(shapes["offset"]) > 0.7 * np.std(shapes["own"])
    assert np.std(shapes["position"]) < 0.1 * np.std(shapes["own"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option", "curve"),
    [
        ("slide", "--rhythm", "[[12, 0], [12, 0.9]]"),
        ("slide", "--note", '{"bars": [[5, 0], [5, 0.9]]}'),  # of three beats
        ("transfer", "--strength", "[[12, 0], [12, 1]]"),
    ],
)
def test_segments_where_a_curve_is_0_stay_as_they_are(command, option, curve, source, tmp_path):
    output = tmp_path / "out.mid"
    mood = ["--arousal", "high"] if command == "transfer" else []
    assert run(command, source, output, *mood, option, curve, "--seed", "1") == 0
    before, after = (rows(midi.read(path).notes) for path in (source, output))
    assert [row for row in before if row[0] < 12] == [row for row in after if row[0] < 12]
    assert before != after


@pytest.mark.slow
def test_mixing_with_itself_is_close_to_the_piece(source, tmp_path):
    assert run("mix", source, source, tmp_path / "out.mid") == 0
    assert np.mean(rhythm(tmp_path / "out.mid")) == pytest.approx(np.mean(rhythm(source)), abs=0.2)


@pytest.mark.slow
def test_a_preset_is_both_moods(source, tmp_path):
    outputs = [tmp_path / name for name in ("preset.mid", "both.mid", "valence.mid")]
    moods = ["--preset", "sad"], ["--arousal", "low", "--valence", "low"], ["--valence", "low"]
    for output, options in zip(outputs, moods, strict=True):
        assert run("transfer", source, output, *options) == 0
    preset, both_moods, valence = (output.read_bytes() for output in outputs)
    assert preset == both_moods != valence


@pytest.mark.slow
def test_each_mood_can_have_a_strength_of_its_own(source, tmp_path):
    outputs = [tmp_path / name for name in ("own.mid", "alone.mid", "both.mid")]
    sad = ["--preset", "sad"]
    for output, options in zip(
        outputs,
        ([*sad, "--arousal-strength", "0"], ["--valence", "low"], [*sad, "--strength", "1"]),
        strict=True,
    ):
        assert run("transfer", source, output, *options) == 0
    own, alone, both_moods = (output.read_bytes() for output in outputs)
    assert own == alone != both_moods
    curve = "[[12, 0], [12, 1]]"
    options = [*sad, "--strength", "0", "--valence-strength", curve]
    assert run("transfer", source, outputs[0], *options) == 0
    before, after = (rows(midi.read(path).notes) for path in (source, outputs[0]))
    assert [row for row in before if row[0] < 12] == [row for row in after if row[0] < 12] != after


@pytest.mark.slow
def test_what_nobody_moves_may_go_along_unless_it_is_strict(tmp_path):
    """A new note comes to those that are held, or has to take the place of one."""
    source, output = tmp_path / "in.mid", tmp_path / "out.mid"
    midi.write(examples.load("mazurka"), source)
    before = midi.read(source)
    moved, cut = {}, {}
    for mode in ([], ["--strict"]):
        assert run("slide", source, output, "--rhythm", 0.1, *mode) == 0
        result = midi.read(output)
        own, now = (
            [measure(s.notes, ("note",), s.window.steps)["note"] for s in segments(piece)]
            for piece in (before, result)
        )
        ends = {(n[0], n[2]): n[1] for n in result.notes}
        moved[bool(mode)] = np.abs(np.subtract(now, own)).max()
        cut[bool(mode)] = sum(ends[on, pitch] < off - 0.05 for on, off, pitch, _ in before.notes)
    assert moved[True] == 0 < moved[False] <= 0.3
    assert cut[False] < cut[True]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("slide", "--rhythm", "[[1000, 0], [1001, 0.7]]"), "nothing is asked of what was chosen"),
        (
            ("slide", "--rhythm", "[[0, 0], [8, 0], [9, 0.5]]", "--segments", "0:2"),
            "nothing is asked of what was chosen",
        ),
        (
            ("transfer", "--arousal", "high", "--strength", "[[1000, 0], [1001, 1]]"),
            "nothing is asked of what was chosen",
        ),
        (("slide", "--rhythm", 0.001), "or can go no further"),
    ],
)
def test_a_file_that_stays_as_it_is_is_named(source, tmp_path, capsys, options, why):
    name, *arguments = options
    assert run(name, source, tmp_path / "out.mid", *arguments) == 0
    assert (tmp_path / "out.mid").read_bytes() == source.read_bytes()
    errors = capsys.readouterr().err
    assert "out.mid has the notes of in.mid: " in errors and why in errors


@pytest.mark.slow
def test_a_change_that_the_ticks_of_a_file_are_too_coarse_for_is_said(tmp_path, capsys):
    """A beat is a tick, so that no note can be shorter."""
    beats = [
        b"\0" + bytes([0x90, key, 70]) + b"\1" + bytes([0x80, key, 0]) for key in range(60, 76)
    ]
    track = b"".join(beats) + b"\0\xff\x2f\0"
    source = tmp_path / "in.mid"
    head = b"MThd" + (6).to_bytes(4, "big") + b"\0\0\0\1\0\1MTrk"
    source.write_bytes(head + len(track).to_bytes(4, "big") + track)
    assert run("slide", source, tmp_path / "out.mid", "--note", -0.6) == 0
    assert (tmp_path / "out.mid").read_bytes() == source.read_bytes()
    assert "out.mid has the notes of in.mid: " in capsys.readouterr().err
