"""Where in their steps new notes begin and end, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import from_numpy

from fadernets.arranger.touch import RELEASE_BEATS, SPREADS, Touch
from fadernets.music.grid import steps_of
from fadernets.music.notes import Notes
from fadernets.music.windows import Window

C, E, G = 60, 64, 67


def touch(*rows: tuple[float, float, int]) -> Touch:
    onset, offset, pitch = zip(*rows, strict=True)
    return Touch(Window(Notes.of(onset, offset, pitch, [70] * len(rows))))


def test_a_new_note_parts_the_time_between_strikes() -> None:
    """Played slower and slower: steps 0, 2 and 6 at .02, .56 and 1.68."""
    played = touch((0.02, 0.5, C), (0.56, 1.0, C), (1.68, 2.0, C))
    played.spreads = np.zeros(0)
    assert played.onset(1, E) == pytest.approx(0.29)
    assert [played.onset(step, E) for step in (3, 4, 5)] == pytest.approx([0.84, 1.12, 1.40])
    assert played.onset(7, E) == pytest.approx(1.93)  # behind the last one a step is a step


def test_triplets_on_a_grid_go_on_to_the_bar_line_and_come_from_it() -> None:
    """Behind the last third of a beat a new note parts what is left of it; a step is none."""
    grid = touch((2 / 3, 1.0, C), (1.0, 1.3, C), (3 + 2 / 3, 4.0, C))
    assert [grid.onset(step, E) for step in (0, 1, 3)] == pytest.approx([0.0, 1 / 3, 5 / 6])
    assert grid.onset(15, E) == pytest.approx(3 + 5 / 6)
    beside = touch((0.07, 0.5, C), (3.57, 4.0, C))  # a grid that lies beside the beats
    assert beside.onset(15, E) == pytest.approx(3.82)
    assert touch((0.0, 1.0, C), (2.0, 3.0, C)).onset(13, E) == 3.25


def test_a_note_never_leaves_its_step() -> None:
    played = touch((0.23, 0.4, C), (0.74, 1.0, C))  # very late in steps 0 and 2
    for step in range(16):
        onset = played.onset(step, E)
        first, _ = steps_of(from_numpy(np.array([onset])), from_numpy(np.array([onset + 1])))
        assert first.item() == step


@pytest.mark.parametrize("steps", [7, 16])
@pytest.mark.parametrize(("length", "least"), [(0.02, 0.04), (0.06, 0.06), (0.3, 0.08)])
def test_a_note_never_begins_so_late_that_it_ends_with_the_segment_as_a_click(
    steps: int, length: float, least: float
) -> None:
    """A click is what is shorter than the segment's own short notes, if these are clicks."""
    late = np.array([1.2, steps / 4 - 0.02])  # in its step, and as late as can be in the last
    played = Touch(Window(Notes.of(late, late + length, [C, C], [70, 70]), steps))
    assert played.shortest == pytest.approx(least)
    for pitch in range(40, 80):
        assert played.onset(steps - 1, pitch) <= steps / 4 - least


def test_a_chord_spreads_as_chords_do() -> None:
    played = touch((1.0, 1.5, C), (1.03, 1.5, E), (1.05, 1.5, G), (2.11, 2.4, C))
    places = {round(played.onset(8, pitch) - 2.11, 6) for pitch in range(40, 80)}
    assert places == {0.03, 0.05, -0.03, -0.05}
    alone = touch((1.003, 1.5, C), (2.113, 2.4, C))  # has no chord to go by
    places = {round(alone.onset(8, pitch) - 2.113, 6) for pitch in range(40, 80)}
    assert places == {sign * apart for apart in SPREADS for sign in (1, -1)}


def test_a_new_note_is_never_quite_together_with_played_ones() -> None:
    """Spreads of up to 3 ms are no measure; what would leave its step comes behind the others."""
    played = touch((0.01, 0.4, C), (0.012, 0.4, E), (1.05, 1.5, C), (1.053, 1.5, E), (1.07, 2, G))
    places = {round(played.onset(4, pitch) - 1.05, 6) for pitch in range(40, 80)}
    assert places == {0.02, -0.02}
    assert {round(played.onset(0, pitch) - 0.01, 6) for pitch in range(40, 80)} == {0.02}


def test_notes_of_a_sequence_are_together_though_one_was_moved() -> None:
    """Three of four notes of chords exactly together, on a grid beside the beats."""
    chords = [(at, at + 0.5, key) for at in (0.07, 0.57, 1.07) for key in (C, E)]
    moved = touch(*chords, (1.61, 2.0, C), (1.63, 2.0, E))
    assert {round(moved.onset(2, pitch), 6) for pitch in range(40, 80)} <= {0.57, 0.59, 0.55}
    places = [round(moved.onset(2, pitch), 6) for pitch in range(40, 80)]
    assert places.count(0.57) == 30


def test_a_grid_may_lie_beside_the_beats() -> None:
    """Single notes, a grid that begins .07 of a beat late: not played, so nothing is moved off."""
    beside = touch((0.07, 0.57, C), (0.57, 1.07, E), (1.57, 2.07, G))
    assert [beside.onset(step, G) for step in (0, 2, 4)] == pytest.approx([0.07, 0.57, 1.07])
    assert beside.release == 0.0


def test_keys_that_are_struck_again_are_let_go_of_before() -> None:
    assert touch((0.003, 0.4, C), (0.53, 0.9, C), (1.03, 1.5, E)).release == pytest.approx(0.13)
    assert touch((0.003, 0.4, C), (0.53, 0.9, E)).release == RELEASE_BEATS
    assert touch((0.0, 0.5, C), (0.5, 1.0, E)).release == 0.0  # on a grid


def test_a_key_that_is_struck_again_soon_is_down_for_half_of_the_time() -> None:
    played = touch((0.003, 0.4, C), (0.53, 0.9, E))
    assert played.let_go(1.0, 1.2) == pytest.approx(1.1)
    assert played.let_go(1.0, 2.0) == pytest.approx(2.0 - RELEASE_BEATS)


def test_on_a_grid_a_rest_is_no_release_of_a_key() -> None:
    """C is struck again half a beat after its end, behind E; the hand lets go of it .01 early."""
    assert touch((0.0, 0.49, C), (0.5, 0.99, E), (1.0, 1.49, C)).release == 0.0
    rows = ((0.0, 0.49, C), (0.5, 0.99, C), (1.0, 1.49, E), (1.5, 1.99, C), (2.0, 2.49, C))
    assert touch(*rows).release == pytest.approx(0.01)


def test_where_all_notes_of_a_grid_end_just_before_a_step_new_ones_do() -> None:
    """However short, and where one of them is an exception."""
    grid = touch((0.0, 0.99, C), (1.0, 1.49, E), (1.5, 1.99, G), (2.0, 2.49, C), (2.5, 3.0, C))
    assert grid.end(5, E, 1.0) == pytest.approx(1.24)
    assert grid.end(3, C, 0.5) == pytest.approx(0.74)


def test_triplets_on_a_grid_end_as_triplets_do() -> None:
    """Thirds of a beat, .01 early, end late about the second step and early about the fourth."""
    thirds = [(beat + k / 3, beat + (k + 1) / 3 - 0.01, C + k) for beat in (0, 1) for k in range(3)]
    grid = touch(*thirds, *((at, at + 0.99, G) for at in (0.0, 1.0, 2.0)))
    for beat in (0, 1, 2):
        ends = [grid.end(4 * beat + step, G, beat + start / 3) for start, step in enumerate((1, 3))]
        assert ends == pytest.approx([beat + 1 / 3 - 0.01, beat + 2 / 3 - 0.01])
        assert grid.end(4 * beat + 4, G, beat + 2 / 3) == pytest.approx(beat + 0.99)
    # The last third parted, as by a new note at 5/6, is no click up to the step.
    assert grid.end(3, G, 2 / 3) == pytest.approx(5 / 6 - 0.01)


def test_where_ends_are_as_a_hand_lets_go_all_of_them_tell_how_late_one_may_be() -> None:
    """Onsets are on a grid, as in pop arrangements. Written ends go by their part of the beat."""
    ends = (0.45, 0.93, 1.38, 1.97, 2.41, 3.06)
    loose = touch(*((at / 2, end, C + at) for at, end in enumerate(ends)))
    assert loose.ends.latest == pytest.approx([-0.05] * 4)
    triplets = touch(*((third / 3, (third + 1) / 3 - 0.01, C + third) for third in range(9)))
    late, early = 1 / 12 - 0.01, -1 / 12 - 0.01
    # None ends about a quaver.
    assert triplets.ends.latest == pytest.approx([-0.01, late, late, early])


def test_on_a_grid_no_note_ends_as_late_as_a_thirty_second() -> None:
    """One ends an eighth of a beat behind a step; what ended so late would count in the next."""
    grid = touch((0.0, 0.24, C), (0.5, 0.625, C), (0.625, 0.99, C), (1.0, 1.99, E))
    assert grid.end(2, C, 0.0) == pytest.approx(0.49)
    assert grid.end(10, C, 2.0) == pytest.approx(2.49)
    alone = touch((0.0, 0.125, C), (0.5, 0.625, C))
    assert alone.end(1, C, 0.0) == pytest.approx(0.3625)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4), st.integers(55, 70)), min_size=1),
    st.integers(1, 16),
    st.integers(40, 80),
)
def test_music_on_a_grid_stays_on_it(rows, step, pitch) -> None:
    """Sixteenths, and no two notes of a key at a time."""
    rows = sorted({(at, key): length for at, length, key in rows}.items())
    grid = touch(*((at / 4, (at + length) / 4, key) for (at, key), length in rows))
    if step < 16:
        assert grid.onset(step, pitch) == step / 4
    assert grid.end(step, pitch, (step - 1) / 4) == step / 4


def test_a_new_note_is_as_loud_as_one_near_it() -> None:
    """A soft left hand and a loud right one, an octave and more apart."""
    left, right = [36, 40, 43, 48, 36, 40], [72, 76, 79, 84, 72, 76]
    onset = np.repeat(np.arange(6.0) / 2, 2)
    notes = Notes.of(onset, onset + 0.4, np.ravel([left, right], "F"), [30, 90] * 6)
    played = Touch(Window(notes))
    assert {played.velocity(step, 41, 1.0) for step in range(12)} == {30.0}
    assert {played.velocity(step, 77, 1.0) for step in range(12)} == {90.0}
    assert Touch(Window(Notes.empty())).velocity(3, 60, 55.0) == 55.0


def test_where_nothing_is_struck_a_new_note_is_as_loud_as_what_rings_in() -> None:
    rings = Notes.of([-1.0, -1.0], [2.0, 4.0], [40, 76], [35, 65])
    heard = Touch(Window(rings))
    assert {heard.velocity(step, pitch, 1.0) for step in range(16) for pitch in (41, 77)} == {
        35,
        65,
    }
