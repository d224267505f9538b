"""``python -m train.score`` on small MIDI files, with scores worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from fadernets.music import midi
from tests.train.score_files import BEFORE, entries, piece, scored, write
from train.metrics import naturalness as metric

TICK = 0.01  # beats: what a file's clock may move


def test_identity_by_hand(golden):
    result = scored(golden)
    assert (result.pairs, result.segments, result.changed_segments) == (1, 2, 2)
    left = {name: value.mean for name, value in result.identity["changed segments"].items()}
    assert result.identity["all segments"] == result.identity["changed segments"]
    assert left["note_f1"] == pytest.approx((10 / 13 + 1) / 2, abs=1e-4)
    assert left["pitch_class_cosine"] == pytest.approx((26 / 704**0.5 + 1) / 2, abs=1e-3)
    assert left["key_kept"] == 1
    # quarter notes 72, 74, 76, 77 against 72, 48, 76, 84
    assert left["contour"] == pytest.approx((50 / (14.75 * 720) ** 0.5 + 1) / 2, abs=1e-4)


def test_densities_by_hand(golden):
    moved = scored(golden).densities
    assert moved["rhythm"]["all segments"].before.mean == 0.25
    assert moved["rhythm"]["all segments"].after.mean == 0.25
    # steps that sound: 16 + 16 + 8 and 16 + 16 + 6; then 32 and 32
    note = moved["note"]["all segments"]
    assert note.before.mean == pytest.approx((40 + 38) / 32, abs=1e-4)
    assert note.after.mean == 2
    assert note.change.mean == -note.absolute_change.mean == pytest.approx(-14 / 32, abs=1e-4)
    assert note.sd == pytest.approx(1 / 16)


def test_borders_by_hand(golden):
    result = scored(golden)
    before, after = result.borders_before, result.borders_after
    assert before.border.crossing == after.border.crossing == 1  # the note in the middle
    assert before.border.cut.mean == 0
    assert after.border.cut.mean == 1
    assert after.middle.crossing == 2  # both bass notes
    assert after.middle.cut.mean == 0
    assert after.border.jumps["loudness"] == 0
    # halves of bars at the border: two onsets in two beats on either side
    assert before.border.jumps["onsets a beat"] == 0
    # keys sounding before: bass, melody, middle note; after: the middle note for 1.5 of 2 beats
    assert before.border.jumps["keys sounding"] == pytest.approx(0.25, abs=TICK)


def test_music_by_hand(golden):
    music = scored(golden).music
    pairs = {
        name: (each.before and each.before.mean, each.after.mean) for name, each in music.items()
    }
    assert pairs == {
        "successive beats alike": (1, pytest.approx(5 / 7, abs=1e-4)),
        "beats without an onset": (0, 0),
        "restrikes": (0, pytest.approx(1 / 12, abs=1e-4)),
        "short notes": (0, 0),
        "chords for two hands": (1, 1),
        "notes kept": (None, pytest.approx(10 / 11, abs=1e-4)),
        "new notes": (None, pytest.approx(2 / 12, abs=1e-4)),
        "stubs": (None, 0.1),  # the bass, of ten notes that are kept
        "new notes that restrike": (None, 0.5),
        "melody kept": (None, 7 / 8),
        "melody kept and still outermost": (None, 6 / 8),
        "bass kept": (None, 1),
        "bass kept and still outermost": (None, 1),
    }


def test_a_stretch_no_two_hands_can_strike_and_short_notes_are_counted(folders):
    before, after = folders
    write(before, "a.mid", piece([(0, 4, 48), (0, 1, 72), (2, 3, 71), (2, 4, 67)], length=4))
    write(after, "a.mid", piece([(0, 4, 36), (0, 1, 55), (0, 1, 74), (2, 2.1, 71)], length=4))
    music = scored(folders).music
    assert music["chords for two hands"].before.mean == 1
    assert music["chords for two hands"].after.mean == 0
    assert music["short notes"].after.mean == 0.25
    assert music["bass kept"].after.mean == 0


def test_the_same_files_lose_nothing(folders):
    for folder in folders:
        write(folder, "a.mid", piece(BEFORE))
        write(folder, "b.mid", piece(BEFORE[:6]))
    result = scored(folders)
    assert result.changed_segments == 0
    assert {value.mean for value in result.identity["all segments"].values()} == {1}
    assert list(result.identity) == ["all segments"]
    assert result.borders_after == result.borders_before
    assert result.borders_after.border.cut.mean == 0
    assert all(
        moved["all segments"].absolute_change.mean == 0 for moved in result.densities.values()
    )
    for name in ("notes kept", "melody kept", "bass kept and still outermost"):
        assert result.music[name].after.mean == 1
    assert result.music["stubs"].after.mean == result.music["new notes"].after.mean == 0
    assert result.music["new notes that restrike"].after is None  # of no notes
    assert result.naturalness is None
    assert result.naturalness_left_out == (
        "nothing was changed, so that there is nothing to tell apart"
    )


def test_only_changed_segments_are_judged_where_some_stay(folders):
    before, after = folders
    write(before, "a.mid", piece(BEFORE))
    write(after, "a.mid", piece([*BEFORE[:-1], (7, 8, 69)]))
    result = scored(folders)
    assert result.changed_segments == 1
    assert result.identity["changed segments"]["note_f1"].mean == 0.8
    assert result.identity["all segments"]["note_f1"].mean == 0.9
    assert result.music["notes kept"].after.mean == 0.8
    assert result.borders_after.border.crossing == 1  # the border to the segment that stays


def test_asked_densities_by_hand(golden, tmp_path):
    common = {"file": "op1/a.mid", "attribute": "note"}
    requests = entries(
        tmp_path / "asked.json",
        [
            common | {"segment": 0, "density": 2.25},
            common | {"from": 0, "to": 2, "density": 2.0},
            common | {"density": 2.5},
            {"file": "op1/a.mid", "attribute": "rhythm", "segment": 1, "density": 0.5},
            {"file": "other.mid", "attribute": "rhythm", "density": 0.5},
        ],
    )
    result = scored(golden, "--asked", requests)
    # reached: 2 in the bar; 8 + 4 of 8 steps in its first half; 2 in the piece
    note = result.asked["note"]
    assert note.error.n == 3
    assert note.error.mean == pytest.approx((0.25 + 0.5 + 0.5) / 3, abs=1e-4)
    assert note.largest_error == 0.5
    # before: 2.5 in the bar; 2 in its first half; 78 / 32 in the piece
    assert note.before_error.mean == pytest.approx((0.25 + 0 + 0.0625) / 3, abs=1e-4)
    assert note.linearity_pooled == pytest.approx(0.75, abs=1e-4)  # at 2, 2.25, 2.5: 1.5, 2, 2
    assert note.consistency is note.restrictiveness is note.linearity_each is None
    assert result.asked["rhythm"].error.mean == 0.25
    assert result.asked_left_out == ["other.mid"]


def test_several_positions_by_hand(folders, tmp_path):
    """Two sources asked for one, two and four onsets; the second one has one too many at each."""
    before, after = folders
    rows = ["file,segment,attribute,density,source"]
    for source, more in (("x", 0), ("y", 1)):
        for onsets in (1, 2, 4):
            name = f"{source}{onsets}.mid"
            write(before, name, piece([(i, i + 1, 60 + i) for i in range(2 + more)], length=4))
            played = [(i, i + 1, 60 + i) for i in range(min(onsets + more, 4))]
            if onsets + more > 4:
                played.append((0.5, 1, 48))
            write(after, name, piece(played, length=4))
            rows.append(f"{name},0,rhythm,{onsets / 16},{source}")
    file = tmp_path / "asked.csv"
    file.write_text("\n".join(rows))
    result = scored(folders, "--asked", file)
    rhythm, sd = result.asked["rhythm"], 1 / 32  # half the segments have 2 onsets, half have 3
    assert rhythm.error.mean == pytest.approx(1 / 32, abs=1e-4)
    # at each position the two sources are 1/16 apart: their sd is 1/32
    assert rhythm.consistency == pytest.approx(1 - (1 / 32) / sd, abs=1e-4)
    assert rhythm.linearity_each == 1
    # sounding steps of the sources: 4, 8, 16 and 8, 12, 18
    spread = (np.std([4, 8, 16]) + np.std([8, 12, 18])) / 2 / 16
    note_sd = 1 / 8  # half the segments have 8 sounding steps, half have 12
    assert rhythm.restrictiveness["note"] == pytest.approx(1 - spread / note_sd, abs=1e-3)


def test_a_file_without_a_note_counts_as_nothing_played(folders):
    before, after = folders
    write(before, "a.mid", piece(BEFORE))
    after.mkdir()
    silent = piece(BEFORE)
    data = midi.dump(silent)
    track = data.index(b"MTrk")
    (after / "a.mid").write_bytes(data[: track + 4] + (4).to_bytes(4, "big") + b"\x00\xff\x2f\x00")
    # one track alone
    content = bytearray((after / "a.mid").read_bytes())
    content[10:12] = (1).to_bytes(2, "big")
    (after / "a.mid").write_bytes(bytes(content))
    result = scored(folders)
    assert result.empty == ["a.mid"]
    assert {value.mean for value in result.identity["all segments"].values()} == {0}
    assert result.densities["note"]["all segments"].after.mean == 0
    assert result.music["notes kept"].after.mean == 0


def test_another_tempo_is_named_and_times_can_be_compared(folders, capsys):
    before, after = folders
    write(before, "a.mid", piece(BEFORE))
    slower = [(onset / 2, offset / 2, pitch) for onset, offset, pitch in BEFORE]
    write(after, "a.mid", piece(slower, qpm=60.0, length=4.0))
    by_beats = scored(folders)
    assert by_beats.other_tempo == ["a.mid"]
    assert "Of another tempo after: a.mid" in capsys.readouterr().out
    assert by_beats.identity["all segments"]["note_f1"].mean < 0.6
    by_seconds = scored(folders, "--clock", "seconds")
    assert by_seconds.changed_segments == 0
    assert by_seconds.identity["all segments"]["note_f1"].mean == 1
    assert "another tempo" not in capsys.readouterr().out


def test_by_sound_the_pedal_counts(folders):
    before, after = folders
    rows = [(0, 1, 60), (2, 3, 64)]
    pedalled = piece(rows, length=4)
    write(before, "a.mid", pedalled)
    held = type(pedalled)(
        pedalled.notes, np.array([[0.5, 4.0]]), pedalled.tempo, pedalled.meter, 4.0
    )
    write(after, "a.mid", held)
    assert scored(folders).changed_segments == 0
    by_sound = scored(folders, "--by-sound")
    assert (by_sound.by, by_sound.changed_segments) == ("sound", 1)
    assert by_sound.densities["note"]["all segments"].before.mean == 0.5
    assert by_sound.densities["note"]["all segments"].after.mean == 1.5


def performance(rng: np.random.Generator, is_changed: bool):
    """Twelve bars of notes a hair off the grid; changed, on it, and each struck twice."""
    onset = np.flatnonzero(rng.random(192) < 0.4) / 4
    played = onset if is_changed else onset + rng.uniform(0, 0.08, len(onset))
    pitch = rng.integers(45, 80, len(onset))
    rows = [(float(a), float(a) + 0.1, int(p)) for a, p in zip(played, pitch, strict=True)]
    return piece(rows, length=48.0)


@pytest.mark.slow
@pytest.mark.parametrize("with_other_music", [False, True])
def test_what_is_unlike_real_music_is_told(folders, monkeypatch, with_other_music):
    monkeypatch.setattr(metric, "FARTHEST", 4.0)  # of the little music there is here
    monkeypatch.setattr(  # the real ones are tested beside the metric
        metric, "classifiers", lambda seed: {"trees": HistGradientBoostingClassifier(max_iter=10)}
    )
    rng = np.random.default_rng(0)
    for number in range(8):
        for folder, is_changed in zip(folders, (False, True), strict=True):
            write(folder, f"{number}.mid", performance(rng, is_changed))
        write(folders[0].parent / "real", f"r{number}.mid", performance(rng, False))
    (folders[0].parent / "real" / "damaged.mid").write_bytes(b"no music")
    options = ["--real", folders[0].parent / "real"] if with_other_music else []
    result = scored(folders, *options)
    natural = result.naturalness
    assert result.naturalness_left_out is None
    assert natural.real == ("other music" if with_other_music else "before")
    assert bool(result.unreadable) == with_other_music
    assert natural.windows == natural.real_windows == 96
    assert natural.after.aucs["trees"] > 0.95
    assert abs(natural.floor.aucs["trees"] - 0.5) < 0.15


def test_notes_of_one_time_in_another_order_are_the_same(folders):
    before, after = folders
    write(before, "a.mid", piece([(0, 1, 60), (0.004, 1, 48)], length=4))
    write(after, "a.mid", piece([(0.004, 1, 60), (0, 1, 48)], length=4))
    assert scored(folders).changed_segments == 0
