"""Locked notes come out as they are, and the densities reach what is left possible."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fadernets.arranger.arrange import arrange
from fadernets.arranger.note_limits import note_limits
from fadernets.arranger.reach import reach
from fadernets.arranger.request import arrangement_request, grid_of
from fadernets.music.attributes import MAX_POLYPHONY, ONSET, measure, polyphony, rhythm_label
from fadernets.music.locks import Locks
from fadernets.music.notes import Notes, concatenate, struck_once
from fadernets.music.windows import Window
from tests.fadernets.arranger.density_requests import asking


@st.composite
def windows(draw) -> Window:
    """Segments of any length; notes begin anywhere, and before them."""
    steps = draw(st.integers(1, 16))
    ticks = int(steps / 4 * 480)
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(-300, ticks - 7), st.integers(1, 1500),
                st.integers(50, 70), st.integers(1, 127),
            ),
            min_size=1, max_size=30,
        )
    )  # fmt: skip
    onset, length, pitch, velocity = np.array(rows).T
    notes = struck_once(Notes.of(onset / 480, (onset + length) / 480, pitch, velocity))
    notes = dataclasses.replace(notes, offset=np.minimum(notes.offset, steps / 4))
    early = (notes.onset < 0) & (notes.onset >= -0.0125)
    notes = notes[(notes.offset >= 0.125) & ~early & (notes.offset > notes.onset)]
    return Window(notes, steps)


LOCKS = st.builds(
    Locks,
    melody=st.booleans(),
    bass=st.booleans(),
    hand=st.sampled_from([None, None, "left", "right", "both"]),
    rhythm=st.booleans(),
    pitches=st.booleans(),
)


@pytest.mark.slow
@given(st.lists(st.tuples(windows(), LOCKS), min_size=1, max_size=3), st.data())
def test_what_is_locked_stays_and_the_rest_goes_as_far_as_it_can(reviser, drawn, data):
    locked = [locks.on(window) for window, locks in drawn]
    request = arrangement_request(locked)
    densities = {
        "rhythm": data.draw(st.floats(0, 1)),
        "note": data.draw(st.floats(0, 15)),
    }
    size = len(locked)
    request = dataclasses.replace(
        request,
        densities={name: torch.full((size,), value) for name, value in densities.items()},
        louder=torch.full((size,), 0.2),
    )
    arranged = arrange(reviser, request, {}, torch.zeros(size, dtype=torch.long), candidates=2)
    for window, notes, reached in zip(locked, arranged, reach(request, arranged), strict=True):
        assert set(window.locked) <= set(notes)
        ring_in = window.notes[window.notes.onset < -0.0125]
        places = set(zip(notes.onset, notes.pitch, strict=True))
        assert {(on, pitch) for on, _, pitch, _ in ring_in} <= places
        new = notes[notes.onset >= -0.0125]
        if window.keeps_pitches:
            assert set(new.pitch) <= set(window.notes.pitch)
        if window.keeps_rhythm:
            before, after = (
                rhythm_label(n)[: window.steps] == ONSET for n in (window.notes, notes)
            )
            assert before.tolist() == after.tolist()
            assert set(new.onset) <= set(window.notes.onset)
        for name, density in reached.items():
            assert density.reached == measure(notes, [name], window.steps)[name]
            assert density.lowest <= density.highest
        rhythm = reached["rhythm"]
        nearest = np.clip(rhythm.asked, rhythm.lowest, rhythm.highest)
        assert abs(rhythm.reached - nearest) <= 0.5 / window.steps + 1e-6
        note = reached["note"]
        nearest = np.clip(note.asked, note.lowest, note.highest)
        # A plan knows of keys struck twice in one step, and not which of them will be: each may
        # count for a note too many in what is asked for, and in what the locks leave possible.
        doubled = note_label_excess(notes) + note_label_excess(window.notes)
        assert abs(note.reached - nearest) <= (0.5 + 2 * doubled) / window.steps + 1e-6


def test_a_note_that_rings_in_leaves_the_only_open_key_to_an_onset(reviser):
    """The other key of the locked pitches is the locked hand's, in which nothing new is struck."""
    notes = Notes.of([-0.0146, 0.2375], [0.125, 0.2396], [60, 50], [1, 1])
    window = Locks(hand="left", pitches=True).on(Window(notes, 2))
    request = asking(arrangement_request([window]), rhythm=1.0, note=2.0)
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long))
    assert reach(request, arranged)[0]["rhythm"].reached == 1.0


@pytest.mark.parametrize(("rhythm", "note"), [(1.0, 0.0), (1 / 3, 3.0)])
def test_a_locked_note_that_rings_in_counts_beside_a_strike_of_its_key(reviser, rhythm, note):
    """Else the plan of the first step has a note too few, and a step behind it loses its own."""
    notes = Notes.of([-0.0146, 0, 0.125], [0.125, 0.625, 0.1271], [51, 50, 51], [1] * 3)
    window = Locks(hand="left", pitches=True).on(Window(notes, 3))
    request = asking(arrangement_request([window]), rhythm=rhythm, note=note)
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=2)
    assert set(notes) <= set(arranged[0])
    for density in reach(request, arranged)[0].values():
        nearest = np.clip(density.asked, density.lowest, density.highest)
        assert density.reached == pytest.approx(nearest)


def test_locks_leave_a_density_that_only_a_dear_plan_has(reviser):
    """The second onset has to leave its step, which costs more than any usual price of notes."""
    notes = Notes.of([-0.0146, 0.0188, 1.7375], [1.125, 1.8646, 1.7396], [51, 50, 51], [1] * 3)
    window = Locks(bass=True, pitches=True).on(Window(notes, 8))
    request = asking(arrangement_request([window]), rhythm=0.25, note=2.0)
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=2)
    note = reach(request, arranged)[0]["note"]
    assert note.reached == note.highest == 1.75


def note_label_excess(notes: Notes) -> int:
    """Notes that the label counts and a grid does not."""
    cells = grid_of([notes]).count[0].numpy().clip(max=MAX_POLYPHONY)
    return int(np.abs(polyphony(notes).clip(max=MAX_POLYPHONY) - cells).sum())


def test_what_is_locked_goes_before_a_key_that_is_struck_twice(reviser):
    """A held melody and, below it, a key struck twice in a step, of which one strike is enough."""
    notes = Notes.of([0, 0.2375, 0.24], [1.375, 0.24, 0.2425], [51, 50, 50], [64] * 3)
    request = arrangement_request([Locks(melody=True, rhythm=True).on(Window(notes, 6))])
    request = dataclasses.replace(request, densities=request.densities | {"note": torch.zeros(1)})
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=2)
    assert polyphony(arranged[0])[:6].tolist() == [1, 2, 1, 1, 1, 1]
    (density,) = (reached["note"] for reached in reach(request, arranged))
    assert density.reached == pytest.approx(density.lowest)


def test_a_locked_note_counts_twice_where_one_of_its_key_ends_as_it_begins(reviser):
    """Else no plan fits the locks, and another key is struck where none may be."""
    notes = Notes.of([0, 0.7375, 1.125], [1.125, 1.625, 1.375], [60, 61, 60], [64] * 3)
    locks = Locks(melody=True, bass=True, pitches=True)
    request = arrangement_request([locks.on(Window(notes, 8), np.ones(3, bool))])
    densities = {"rhythm": torch.ones(1), "note": torch.zeros(1)}
    request = dataclasses.replace(request, densities=densities)
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=2)
    assert set(notes) <= set(arranged[0])
    assert set(arranged[0].pitch) == {60, 61}
    (rhythm,) = (reached["rhythm"] for reached in reach(request, arranged))
    assert rhythm.reached == rhythm.highest == 0.75


LEFT = Notes.of([0, 1, 1, 2], [1, 2, 2, 3], [48, 52, 60, 55], [60] * 4)
RIGHT = Notes.of([0.5, 2, 3], [1.5, 3, 4], [72, 71, 64], [60] * 3)


@pytest.mark.parametrize(
    ("hand", "beat", "keys"),
    [
        ("left", 1, range(61, 109)),  # not beside its notes
        ("left", 2, range(56, 109)),
        ("left", 3, range(61, 109)),  # where it rests, as high as it goes at all
        ("right", 1, range(21, 72)),
        ("right", 2, range(21, 71)),
        (None, 1, range(21, 109)),
        ("both", 1, []),
    ],
)
def test_a_locked_hand_gets_no_new_notes(hand, beat, keys):
    window = Window(concatenate([LEFT, RIGHT]))
    source = grid_of([window.notes])
    locked = Locks(hand=hand, split=62).on(window)
    limits = note_limits([locked], source, source.count)
    new = limits.may_strike[0] & (source.onset[0] == 0) & ~limits.must_hold[0]
    can = {key + 21 for key in new[4 * beat].nonzero().flatten().tolist()}
    of_hands = set(window.notes.pitch.tolist())  # may sound, or be struck already
    assert can - of_hands == set(keys) - of_hands


def test_a_hand_that_rests_keeps_its_side_of_middle_c():
    source = grid_of([RIGHT])
    limits = note_limits([Locks(hand="left", split=62).on(Window(RIGHT))], source, source.count)
    assert limits.may_strike[0].any(0).nonzero().flatten().min() + 21 == 60


def test_more_than_fifteen_notes_at_once_need_not_all_be_held(reviser):
    """All keys are held, and some struck again: what cannot be held is beyond what counts."""
    keys = np.arange(21, 109)
    onset, again = np.zeros(88), np.arange(1.0, 15.0) / 4 + 0.05
    onset = np.concatenate([onset, again, again + 0.1])
    offset = np.concatenate([np.full(88, 4.0), again + 0.08, again + 0.18])
    pitch = np.concatenate([keys, keys[::6][:14], keys[::6][:14]])
    window = Window(struck_once(Notes.of(onset, offset, pitch, np.full(len(pitch), 60))))
    request = asking(arrangement_request([window]), rhythm=0.4, note=15.0)
    arranged = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=2)
    assert measure(arranged[0], ["rhythm", "note"]) == {"rhythm": 6 / 16, "note": 15.0}
