"""Commands on a file of the user's: all of it that is no note of the span and the tracks stays."""

import json

import pytest

from fadernets.music import midi
from tests.fadernets.command_line.commands import CHANGES, change, error_sentence, run
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture
def band(tmp_path):
    """A piano with a pedal and a name, strings beside it."""
    strings = mb.track(
        (0, mb.meta(3, b"Strings")), (0, mb.program(48, 2)), *mb.note(0, 7000, 60, 40, 2)
    )
    piano = mb.track((0, mb.meta(3, b"Fl\xfcgel")), (50, mb.control(64, 77)), *mb.music())
    path = tmp_path / "band.mid"
    path.write_bytes(mb.file(strings, piano))
    return path


MOVE_A_FADER = "move a fader by --rhythm or --note or --tempo or --articulation"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["slide"], MOVE_A_FADER),
        (["slide", "--rhythm", "0"], MOVE_A_FADER),
        (["slide", "--rhythm", "-0.0", "--seed", "3"], MOVE_A_FADER),
        (["slide", "--note", "[[0, 0], [9, 0]]"], MOVE_A_FADER),
        (["slide", "--tempo", "0", "--articulation", "[[0, 0]]"], MOVE_A_FADER),
        (["transfer", "--preset", "sad", "--strength", "0"], "move it by --strength"),
        (["transfer", "--arousal", "low", "--strength", "[[1, 0]]"], "move it by --strength"),
    ],
)
def test_nothing_to_do_is_said_and_leaves_the_file(arguments, hint, band, tmp_path, capsys):
    output = tmp_path / "out.mid"
    command, *options = arguments
    assert run(command, band, output, *options) == 0
    assert output.read_bytes() == band.read_bytes()
    sentence = f"nothing to change: out.mid is band.mid as it is; {hint}"
    assert capsys.readouterr().err.splitlines() == ["Strings stays as it is.", sentence]


def test_a_curve_that_is_0_in_every_segment_leaves_the_file(band, tmp_path):
    curve = "[[400, 0], [401, 1]]"  # rises long after the end
    assert run("slide", band, tmp_path / "out.mid", "--rhythm", curve) == 0
    assert (tmp_path / "out.mid").read_bytes() == band.read_bytes()


@pytest.mark.parametrize("command", CHANGES)
def test_a_change_leaves_all_else_of_the_file(command, band, tmp_path, small):
    output = tmp_path / "out.mid"
    assert run(*change(command, band, output), "--segments", "1", "--model", small) == 0
    before, after = band.read_bytes(), output.read_bytes()
    assert before != after and mb.others(before) == mb.others(after)
    differ = set(mb.notes_of(before)) ^ set(mb.notes_of(after))
    assert all(row[0] == 1 and 1914 <= row[2] < 3834 for row in differ)


def test_the_tracks_that_are_the_piece_can_be_chosen(band, tmp_path, capsys):
    assert run("describe", band, "--json") == 0
    tracks = json.loads(capsys.readouterr().out)["tracks"]
    assert [(t["track"], t["name"], t["chosen"]) for t in tracks] == [
        (1, "Strings", False),
        (2, "Flügel", True),
    ]
    assert run("describe", band, "--tracks", "1,2") == 0
    out, err = capsys.readouterr()
    assert out.startswith("track 1: Strings, 1 notes, the piece\ntrack 2: ") and err == ""
    assert run("describe", band, "--tracks", "3") == 2
    assert error_sentence(capsys) == "fadernets: band.mid has no such track: it has 2 with notes."
    with pytest.raises(SystemExit):
        run("describe", band, "--tracks", "0")


def test_a_damaged_file_is_changed_as_far_as_it_goes(band, tmp_path, small, capsys):
    band.write_bytes(band.read_bytes()[:-30])
    output = tmp_path / "out.mid"
    assert run(*change("slide", band, output), "--segments", "1", "--model", small) == 0
    assert "band.mid is cut short: it was opened as far as it goes." in capsys.readouterr().err
    assert not midi.read(output).original.damage


@pytest.mark.slow
@pytest.mark.parametrize("moves", [["--rhythm", "0.5"], ["--rhythm", "0"]])
@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("out.mid", "out.rmi"),
        ("No. 3", "No. 3.rmi"),
        ("out.RMI", None),
    ],
)
def test_a_file_in_riff_under_the_name_of_another_is_said(
    name, proposed, moves, band, tmp_path, capsys
):
    data = band.read_bytes()
    inner = b"RMIDdata" + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    song = tmp_path / "song.rmi"
    song.write_bytes(b"RIFF" + len(inner).to_bytes(4, "little") + inner)
    assert run("slide", song, tmp_path / name, *moves) == 0
    assert (tmp_path / name).read_bytes().startswith(b"RIFF")
    lines = [line for line in capsys.readouterr().err.splitlines() if "RIFF" in line]
    sentence = (
        f"{name} is wrapped in RIFF, as song.rmi is: "
        f"some programs open it only under a name such as {proposed}"
    )
    assert lines == ([sentence] if proposed else [])
