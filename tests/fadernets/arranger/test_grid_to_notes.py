"""Notes of a grid, worked out by hand: where they begin, how long they last, how loud they are."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.arranger.grid_to_notes import Cells, GridReader
from fadernets.music.notes import Notes
from fadernets.music.windows import Window

C, E = 60, 64
PLAYED = Notes.of([0.05, 0.26, 1.02], [0.55, 0.4, 2.2], [C, E, C], [90, 30, 100])


def grids(*rows: tuple[int, int, int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Onset, hold and velocity of rows (pitch, first step, steps, velocity)."""
    onset, hold, velocity = (np.zeros((16, 88)) for _ in range(3))
    for pitch, first, steps, loud in rows:
        onset[first, pitch - 21] = 1
        velocity[first, pitch - 21] = loud
        hold[first + 1 : first + steps, pitch - 21] = 1
    return onset, hold, velocity


def played(*rows: tuple[int, int, int, float], source: Notes = PLAYED, louder: float = 0.0) -> list:
    return [
        tuple(round(value, 6) for value in note)
        for note in GridReader(Window(source)).read(Cells(*grids(*rows)), louder)
    ]


def test_a_note_of_the_source_is_as_it_was_played() -> None:
    rows = [(C, 0, 2, 0.1), (E, 1, 1, 0.9), (C, 4, 5, 0.5)]
    assert played(*rows) == [tuple(note) for note in PLAYED]


def test_one_that_lasts_otherwise_begins_and_sounds_as_it_was_played() -> None:
    """It ends as a note of the source ends about its step: .05 late, .1 early or .05 early."""
    assert played((C, 0, 3, 0.1)) == [(0.05, 0.8, C, 90)]
    assert played((C, 0, 5, 0.1)) == [(0.05, 1.2, C, 90)]


def test_a_new_note_begins_with_those_of_its_step_or_as_far_from_the_nearest() -> None:
    assert played((62, 4, 2, 1.0)) == [(1.045, 1.4, 62, 30)]  # .025 behind C, and ends as E
    assert played((62, 8, 2, 0.5)) == [(2.01, 2.55, 62, 100)]  # a beat behind C, less .01
    chord = Notes.of([1.0, 1.06], [2.0, 2.0], [C, E], [64, 64])
    assert played((62, 4, 1, 0.5), source=chord) == [(1.06, 1.3625, 62, 64)]  # as E
    assert played((C, 3, 1, 0.5), source=Notes.empty()) == [(0.75, 1.0, C, 64)]


def test_a_note_lasts_40_ms_and_ends_with_the_segment() -> None:
    late = Notes.of([0.23], [0.9], [C], [64])  # almost the second step
    assert played((C, 0, 1, 0.5), source=late) == [(0.23, 0.31, C, 64)]
    assert played((C, 15, 1, 0.5), source=Notes.empty()) == [(3.75, 4.0, C, 64)]
    final_note = Notes.of([3.97], [4.0], [C], [64])
    assert played((C, 15, 1, 0.5), source=final_note) == [(3.97, 4.0, C, 64)]


def test_on_a_grid_a_note_ends_before_the_bar_line_as_others_end_before_steps() -> None:
    """But for one that the next segment goes on with."""
    grid = Notes.of([0.0, 1.0, 2.0, 3.0], [0.99, 1.99, 2.99, 4.0], [C, C, C, E], [64] * 4)
    rows = (C, 0, 4, 0.5), (C, 12, 4, 0.5), (E, 14, 2, 0.5)
    ends = {start: stop for start, stop, pitch, _ in played(*rows, source=grid) if pitch == C}
    assert ends == {0.0: 0.99, 3.0: 3.99}
    goes_on = Window(grid, ring_out=Notes.of([3.0], [4.0], [C], [64]))
    last = GridReader(goes_on).read(Cells(*grids((C, 12, 4, 0.5))))
    assert last.offset.tolist() == [4.0]


def test_a_string_that_is_struck_again_is_free_by_then() -> None:
    repeated_note = Notes.of([0.0, 0.45], [0.45, 1.0], [C, C], [64, 64])
    assert played((C, 0, 1, 0.5), (C, 1, 3, 0.5), source=repeated_note)[0] == (0.0, 0.3625, C, 64)
    # The source's own note lasts into the step in which it is struck again: to its beginning.
    # Where that strike is the source's own, too, both stay as they are.
    source = Notes.of([0.0], [0.37], [C], [64])
    assert played((C, 0, 1, 0.5), (C, 1, 1, 0.5), source=source)[0] == (0.0, 0.25, C, 64)
    late = Notes.of([0.235, 0.48], [0.374, 0.9], [C, C], [64, 64])
    first, second = played((C, 0, 1, 0.5), (C, 1, 3, 0.5), source=late)
    assert first == (0.235, 0.374, C, 64) and second == (0.48, 0.9, C, 64)


def test_a_key_that_is_struck_again_soon_is_down_for_half_of_the_time_at_least() -> None:
    """The segment lets go of no key before it is struck again: usual would be .15 of a beat."""
    source = Notes.of([0.11, 0.345], [0.6, 1.1], [E, C], [64, 64])
    (start, stop, pitch, _), *_ = played((C, 0, 1, 0.5), (C, 1, 2, 0.5), source=source)
    assert pitch == C
    assert stop == pytest.approx((start + 0.345) / 2)


@pytest.mark.parametrize(
    ("press", "end"),
    [
        ((1.93, 3.9), 1.9175),  # ends before it, and counts in as many steps
        ((1.5, 1.96), 1.96),  # or after it
        ((1.5, 3.9), 1.95),  # no end near by is free of it
        ((0.94, 3.9), 1.95),  # held the note before, too
        ((2.0, 3.9), 1.95),  # begins later
    ],
)
def test_a_note_made_longer_is_not_caught_by_the_next_pedal(press, end) -> None:
    """It ends .05 early, as the source's."""
    window = Window(Notes.of([0.0], [0.95], [C], [64]), pedal=np.array([[0.0, 0.9], press]))
    ((_, stop, _, _),) = GridReader(window).read(Cells(*grids((C, 0, 8, 0.5))))
    assert stop == pytest.approx(end)


def test_a_new_note_ends_before_the_pedal_of_the_next_bar() -> None:
    window = Window(Notes.of([0.0], [1.0], [C], [64]), pedal=np.array([[0.0, 3.9], [4.0, 7.9]]))
    cells = Cells(*grids((C, 0, 16, 0.5), (E, 8, 8, 0.5)))
    stops = [stop for _, stop, *_ in GridReader(window).read(cells)]
    assert stops == pytest.approx([3.9875, 3.9875])
    assert list(GridReader(window).read(Cells(*grids((C, 0, 4, 0.5))))) == list(window.notes)


def test_a_count_says_how_many_strikes_of_a_step_stay_and_whether_a_note_lasts_into_it() -> None:
    source = Notes.of([0.0, 0.1, 0.16, 0.45], [0.09, 0.15, 0.44, 0.9], [C] * 4, [61, 62, 63, 64])
    rows = (C, 0, 1, 0.5), (C, 1, 3, 0.5)

    def counted(first: int, second: int) -> list:
        count = np.zeros((16, 88), int)
        count[0, C - 21], count[1, C - 21] = first, second
        return list(GridReader(Window(source)).read(Cells(*grids(*rows), count)))

    assert counted(3, 2) == list(source)
    assert counted(2, 2) == list(source)[1:]
    (cut, other) = counted(1, 1)
    assert cut == (0.16, pytest.approx(0.34), C, 63) and other == list(source)[3]


@pytest.mark.parametrize(
    ("louder", "expected"),
    [(0, [90, 90]), (10.4, [100, 100]), (-10, [80, 80]), (60, [127, 127]), (-127, [1, 1])],
)
def test_all_notes_are_louder_by_as_much_within_what_there_is(louder, expected) -> None:
    notes = played((C, 0, 2, 0.5), (E, 8, 1, 0.5), louder=louder)
    assert [velocity for *_, velocity in notes] == expected


def test_no_onsets_are_no_notes() -> None:
    assert played() == []
    assert (
        len(GridReader(Window(PLAYED)).read(Cells(np.zeros((16, 88)), *np.ones((2, 16, 88))))) == 0
    )
