"""What --lock names comes out exactly as it was, and a line says what it holds back."""

import json

import pytest

from fadernets.lock_words import LockWords
from fadernets.music import midi
from tests.fadernets.command_line.commands import error_sentence, run
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture
def song(tmp_path):
    """A piano's two hands, each on a track, and strings that are not the piece."""
    hands = [
        mb.track((0, mb.control(64, 90, k)), *mb.music(12, channel=k, base=40 + 13 * k))
        for k in range(2)
    ]
    strings = mb.track((0, mb.program(48, 2)), *mb.note(0, 5000, 60, 40, 2))
    path = tmp_path / "song.mid"
    path.write_bytes(mb.file(*hands, strings))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("melody", ["--rhythm", "1"]),
        ("bass,melody", ["--rhythm", "1", "--note", "-1", "--seed", "3"]),
        ("left", ["--note", "-1"]),
        ("track:2", ["--note", "0.1", "--absolute"]),
        ("note:1-7,note:30", ["--note", "-1"]),
    ],
)
def test_locked_notes_keep_tick_length_and_velocity(words, move, song, tmp_path):
    output = tmp_path / "out.mid"
    assert run("slide", song, output, *move, "--lock", words) == 0
    piece = midi.read(song)
    notes = piece.notes[LockWords.read(words).on(piece).of(piece.notes)]
    rows = [(round(on * 480), round(off * 480), *rest) for on, off, *rest in notes]
    before, after = (mb.notes_of(path.read_bytes()) for path in (song, output))
    assert {row[2:6] for row in before} >= set(rows)  # as the file has them
    assert {row[2:6] for row in after} >= set(rows)
    assert before != after
    assert mb.others(song.read_bytes()) == mb.others(output.read_bytes())


@pytest.mark.slow
def test_a_track_stays_with_its_releases(song, tmp_path):
    output = tmp_path / "out.mid"
    assert run("transfer", song, output, "--preset", "sad", "--lock", "track:1") == 0
    before, after = (mb.notes_of(path.read_bytes()) for path in (song, output))
    assert [row for row in before if row[0] == 0] == [row for row in after if row[0] == 0]
    assert before != after


@pytest.mark.slow
def test_what_ties_over_the_bars_hold_back_is_said(tmp_path, capsys):
    chord = [event for pitch in (36, 48, 55, 60) for event in mb.note(0, 7600, pitch)]
    (tmp_path / "in.mid").write_bytes(mb.file(mb.track(*chord, *mb.music(16, base=60), end=7680)))
    lower = "slide", tmp_path / "in.mid", tmp_path / "out.mid", "--note", "-1"
    assert run(*lower, "--bars", "2") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Note density ")
    assert line.endswith(": notes that sound on into what follows stay.")
    assert run(*lower, "--bars", "4") == 0  # nothing follows
    assert "stay" not in capsys.readouterr().err


@pytest.mark.slow
def test_what_the_locks_hold_back_is_said(song, tmp_path, capsys):
    output = tmp_path / "out.mid"
    assert run("slide", song, output, "--rhythm", "-1", "--lock", "melody") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("stays as it is.")
    assert lines[1].startswith("Rhythm density 0.5") and ": the melody stays." in lines[1]
    assert "asked 0." in lines[1] and len(lines) == 2
    assert run("slide", song, output, "--rhythm", "1", "--lock", "melody") == 0
    assert len(capsys.readouterr().err.splitlines()) == 1  # nothing is held back


def test_locks_that_cannot_be_are_refused(song, tmp_path, small, capsys):
    output = tmp_path / "out.mid"
    for words, sentence in (
        ("note:9999", "there is no note 9999 to lock: the piece has 120."),
        ("track:4", "there is no track 4 to lock: the piece has 3."),
    ):
        assert run("slide", song, output, "--rhythm", "1", "--lock", words) == 2
        assert capsys.readouterr().err.splitlines()[-1] == f"fadernets: {sentence}"
    with pytest.raises(SystemExit):
        run("slide", song, output, "--rhythm", "1", "--lock", "tune")
    assert "'tune' is no lock: there are melody, bass," in error_sentence(capsys)
    arguments = ("--rhythm", "1", "--lock", "bass", "--model", small)
    assert run("slide", song, output, *arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("arranges no notes: it locks none.")
    assert not output.exists()


def test_notes_are_listed_by_the_numbers_that_locks_know(song, capsys):
    assert run("describe", song, "--json", "--notes") == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    piece = midi.read(song)
    assert [(row["beat"], row["pitch"], row["velocity"]) for row in notes] == [
        (round(on, 4), pitch, velocity) for on, _, pitch, velocity in piece.notes
    ]
    assert [row["number"] for row in notes] == list(range(1, len(notes) + 1))
    assert run("describe", song, "--notes") == 0
    assert "note 1: bar 1, beat 0, E2, velocity 50\n" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("words", ["track:1", "left", "right"])
def test_what_is_locked_whole_gets_no_new_notes(words, tmp_path):
    song, output, track = tmp_path / "song.mid", tmp_path / "out.mid", int(words == "right")
    hands = [mb.track(*mb.music(12, channel=k, base=36 + 36 * k)) for k in range(2)]
    song.write_bytes(mb.file(*hands))
    assert run("slide", song, output, "--note", "0.5", "--rhythm", "0.5", "--lock", words) == 0
    before, after = (mb.notes_of(path.read_bytes()) for path in (song, output))
    assert [row for row in before if row[0] == track] == [row for row in after if row[0] == track]
    assert len(after) > len(before)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["left,right,tempo", "right,track:2,tempo"])
def test_where_all_is_locked_nothing_is_new(words, tmp_path, capsys):
    song, other, output = (tmp_path / name for name in ("song.mid", "other.mid", "out.mid"))
    hands = [mb.track(*mb.music(8, channel=k, base=72 - 36 * k)) for k in range(2)]
    song.write_bytes(mb.file(*hands))
    other.write_bytes(mb.file(mb.track(*mb.music(8, base=50))))
    for command in (
        ("slide", song, output, "--rhythm", "1", "--note", "1"),
        ("transfer", song, output, "--preset", "tense"),
        ("mix", song, other, output),
    ):
        assert run(*command, "--lock", words) == 0
        assert output.read_bytes() == song.read_bytes()
    assert run("slide", song, output, "--rhythm", "1", "--tempo", "1", "--lock", words) == 0
    assert " stay." in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_locks_that_are_named_one_by_one_are_all_locked(song, tmp_path):
    together, one_by_one = tmp_path / "a.mid", tmp_path / "b.mid"
    move = ("--note", "-0.5", "--rhythm", "0.6")
    assert run("slide", song, together, *move, "--lock", "melody,bass") == 0
    assert run("slide", song, one_by_one, *move, "--lock", "melody", "--lock", "bass") == 0
    assert together.read_bytes() == one_by_one.read_bytes() != song.read_bytes()


def test_a_fader_that_changes_nothing_says_so(tmp_path, capsys):
    """Every sixteenth is struck already."""
    path, output = tmp_path / "run.mid", tmp_path / "out.mid"
    notes = [mb.note(0, 110, 60 + k % 12) for k in range(64)]
    path.write_bytes(mb.file(mb.track(*[event for pair in notes for event in pair])))
    assert run("slide", path, output, "--rhythm", "0.4") == 0
    assert "has the notes of run.mid" in capsys.readouterr().err


@pytest.mark.slow
def test_new_notes_go_to_a_track_that_has_none_on_the_keys(tmp_path):
    """The other track is locked, and this one plays below the keys of a piano."""
    song, output = tmp_path / "song.mid", tmp_path / "out.mid"
    low = [event for k in range(8) for event in mb.note(k * 480, k * 480 + 300, 5, channel=1)]
    song.write_bytes(mb.file(mb.track(*mb.music(8)), mb.track(*low)))
    assert run("slide", song, output, "--note", "0.5", "--lock", "track:1") == 0
    before, after = (mb.notes_of(path.read_bytes()) for path in (song, output))
    assert set(before) < set(after)
    assert {row[0] for row in set(after) - set(before)} == {1}
