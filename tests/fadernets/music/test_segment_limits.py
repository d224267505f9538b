import numpy as np
import pytest

from fadernets.music import events, segment_limits
from fadernets.music.notes import EARLY, Notes
from fadernets.music.segment_limits import problem, runs


def of(*note_rows):
    """Notes of rows (onset, offset, pitch), all at velocity 64."""
    return Notes.of(*zip(*[(*row, 64) for row in note_rows], strict=True))


def chord(voices, loud=0, first=30):
    """A chord of four beats, the highest `loud` notes louder than the others."""
    velocity = [64] * (voices - loud) + [100] * loud
    pitch = first + np.arange(voices)
    return Notes.of([0] * voices, [4] * voices, pitch, velocity)


def test_a_usable_segment():
    assert problem(of((0, 2, 60), (2, 3, 64), (3, 4, 67))) is None


def test_no_notes():
    assert problem(Notes.empty()) == segment_limits.NO_NOTES


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (0, None),
        (0.2, None),
        (0.25 - EARLY - 1e-6, None),
        (0.25 - EARLY + 1e-6, segment_limits.NO_FIRST_ONSET),
        (0.25, segment_limits.NO_FIRST_ONSET),
    ],
)
def test_the_first_step_needs_an_onset(first, expected):
    assert problem(of((first, 4, 60), (2, 3, 64), (3, 4, 67))) == expected


@pytest.mark.parametrize(
    ("end", "expected"), [(3, None), (2.875, None), (2.87, segment_limits.MOSTLY_SILENT)]
)
def test_three_quarters_must_sound(end, expected):
    assert problem(of((0, end, 60), (0, 1, 64), (1, 2, 67))) == expected


def test_silence_counts_wherever_it_is():
    steps = of(*[(step / 4, step / 4 + 0.25, 60 + step) for step in range(0, 16, 2)])
    assert problem(steps) == segment_limits.MOSTLY_SILENT


@pytest.mark.parametrize(
    ("pitches", "expected"),
    [
        ((60, 64, 67), None),
        ((60, 64, 64), segment_limits.FEW_PITCHES),
        ((60,) * 3, segment_limits.FEW_PITCHES),
    ],
)
def test_three_different_pitches_are_needed(pitches, expected):
    assert problem(of(*zip((0, 1, 2), (1, 2, 4), pitches, strict=True))) == expected


def test_octaves_are_different_pitches():
    assert problem(of((0, 4, 48), (0, 4, 60), (0, 4, 72))) is None


@pytest.mark.parametrize(
    ("voices", "loud", "tokens", "expected"),
    [
        (47, 0, 99, None),  # a velocity, 47 note-ons, 3 shifts, 47 note-offs, the end
        (47, 1, 100, None),
        (48, 0, 101, segment_limits.TOO_LONG),
    ],
)
def test_a_hundred_tokens_at_most(voices, loud, tokens, expected):
    music = chord(voices, loud)
    assert len(events.encode(music)) == tokens
    assert problem(music) == expected


def test_the_first_of_several_problems_is_told():
    late = of((1, 1.25, 60))  # also short and of one pitch
    assert problem(late) == segment_limits.NO_FIRST_ONSET
    assert problem(of((0, 0.25, 60))) == segment_limits.MOSTLY_SILENT
    assert len(set(segment_limits.PROBLEMS)) == 5


def test_runs_join_neighbours():
    assert runs([]) == []
    assert runs([4]) == [(4, 4)]
    assert runs([1, 4, 5, 6, 9]) == [(1, 1), (4, 6), (9, 9)]
