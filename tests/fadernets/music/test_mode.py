import numpy as np
import pytest
import torch

from fadernets.music import key, mode
from fadernets.music.notes import HIGHEST_PITCH, Notes
from tests.fadernets.tiny import bars

C_MAJOR, C_MINOR, A_MINOR = 0, 12, 21


def together(pitches: list[int], seconds: float = 1.0) -> Notes:
    """Notes one after the other, a beat each."""
    onset = np.arange(len(pitches), dtype=float)
    return Notes.of(onset, onset + seconds, pitches, [64] * len(pitches))


def test_major_becomes_harmonic_minor():
    scale = together([60, 62, 64, 65, 67, 69, 71, 72])
    moved = mode.to_parallel_mode(scale, C_MAJOR, "low")
    assert moved.pitch.tolist() == [60, 62, 63, 65, 67, 68, 71, 72]
    assert moved.onset.tolist() == scale.onset.tolist()
    assert moved.velocity.tolist() == scale.velocity.tolist()


def test_minor_becomes_major():
    scale = together([57, 59, 60, 62, 64, 65, 67, 69])  # A natural minor
    moved = mode.to_parallel_mode(scale, A_MINOR, "high")
    assert moved.pitch.tolist() == [57, 59, 61, 62, 64, 66, 68, 69]


def test_there_and_back():
    scale = together([60, 64, 65, 67, 69, 72])
    minor = mode.to_parallel_mode(scale, C_MAJOR, "low")
    assert mode.to_parallel_mode(minor, C_MINOR, "high").pitch.tolist() == scale.pitch.tolist()


@pytest.mark.parametrize(("key_", "side"), [(C_MAJOR, "high"), (C_MINOR, "low")])
def test_what_is_there_stays(key_, side):
    scale = together([60, 62, 63, 64, 68, 69, 70, 71])
    assert mode.to_parallel_mode(scale, key_, side) is scale


@pytest.mark.parametrize(
    ("side", "strength", "expected"),
    [
        ("low", 0.0, ()),
        ("low", 0.2, ()),
        ("low", 0.5, (4,)),
        ("low", 1.0, (4, 9)),
        ("high", 0.1, ()),
        ("high", 0.4, (4,)),
        ("high", 0.6, (4, 9)),
        ("high", 3.0, (4, 9, 11)),
    ],
)
def test_degrees(side, strength, expected):
    assert mode.degrees(side, strength) == expected


def test_no_note_runs_into_another():
    """The major third beside a minor third that sounds on; later it is free to move."""
    notes = Notes.of([0, 1, 3], [2, 2, 4], [63, 64, 64], [64] * 3)
    assert mode.to_parallel_mode(notes, C_MAJOR, "low").pitch.tolist() == [63, 64, 63]


def test_the_keyboard_ends():
    """Nothing lies above C8: as the minor third of A it has to stay."""
    notes = together([HIGHEST_PITCH, 96])
    assert mode.to_parallel_mode(notes, A_MINOR, "high").pitch.tolist() == [HIGHEST_PITCH, 97]


def test_as_many_notes_as_before_at_the_same_times():
    for notes in bars(20):
        own_key = key.find(notes)
        for side in ("low", "high"):
            moved = mode.to_parallel_mode(notes, own_key, side)
            assert sorted(zip(moved.onset, moved.offset, strict=True)) == sorted(
                zip(notes.onset, notes.offset, strict=True)
            )


def test_parallel_keys():
    keys = torch.tensor([0, 9, 12, 21])
    assert mode.parallel(keys, "low").tolist() == [12, 21, 12, 21]
    assert mode.parallel(keys, "high").tolist() == [0, 9, 0, 9]
    assert mode.is_there(keys, "high").tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("pitch", "key_", "side", "expected"),
    [(107, 20, "high", 108), (108, A_MINOR, "high", 108), (22, 6, "low", 21), (21, 5, "low", 21)],
)
def test_the_outermost_keys_can_be_reached_and_not_passed(pitch, key_, side, expected):
    """B to B sharp in G sharp, A sharp to A in F sharp: the thirds."""
    assert mode.to_parallel_mode(together([pitch]), key_, side).pitch.tolist() == [expected]
