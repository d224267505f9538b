"""Grids against the labels and the token reader, which count in their own ways."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from fadernets.arranger.request import grid_of, step_notes
from fadernets.music import events
from fadernets.music.attributes import HOLD, ONSET, REST, note_label, polyphony, rhythm_label
from fadernets.music.grid import counts, grid, notes_of_tokens, strikes
from fadernets.music.notes import Notes


def random_segment(seed: int, size: int) -> Notes:
    rng = np.random.default_rng(seed)
    onset = rng.uniform(0, 3.8, size)
    return Notes.of(
        onset,
        np.minimum(onset + rng.uniform(0.05, 2, size), 4.0),
        rng.integers(21, 109, size),
        rng.integers(1, 128, size),
    )


def test_a_grid_worked_out_by_hand():
    # C4 on the first beat for one and a half beats, E4 from the second beat to the third
    notes = Notes.of([0.0, 1.0], [1.5, 2.0], [60, 64], [127, 64])
    cells = grid_of([notes])
    assert cells.onset.shape == (1, 16, 88)
    assert cells.onset[0].nonzero().tolist() == [[0, 39], [4, 43]]
    assert cells.hold[0, :, 39].nonzero().flatten().tolist() == [1, 2, 3, 4, 5]
    assert cells.hold[0, :, 43].nonzero().flatten().tolist() == [5, 6, 7]
    assert cells.velocity[0, 0, 39] == 1.0
    expected = [ONSET, HOLD, HOLD, HOLD, ONSET, HOLD, HOLD, HOLD] + [REST] * 8
    assert cells.rhythm[0].tolist() == expected
    assert cells.count[0].tolist() == [1, 1, 1, 1, 2, 2, 1, 1] + [0] * 8


def test_a_key_struck_again_is_an_onset_and_no_hold():
    notes = Notes.of([0.0, 1.0], [1.0, 2.0], [60, 60], [80, 80])
    cells = grid_of([notes])
    assert cells.onset[0, 4, 39] == 1 and cells.hold[0, 4, 39] == 0


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_tokens_and_notes_make_the_same_grid(seed, size):
    tokens = events.encode(random_segment(seed, size))
    padded = torch.from_numpy(np.append(tokens, [events.PAD] * 3))[None]
    from_tokens = grid(notes_of_tokens(padded), 1)
    from_notes = grid_of([events.decode(tokens)])
    assert from_tokens.onset.equal(from_notes.onset)
    assert from_tokens.hold.equal(from_notes.hold)
    torch.testing.assert_close(from_tokens.velocity, from_notes.velocity)


MOVES = [events.NOTE_ON + 39, events.NOTE_OFF + 39, events.NOTE_ON + 40, events.NOTE_OFF + 40]
SHIFTS = [events.TIME_SHIFT + ticks for ticks in (0, 5, 11, 99)]


@given(st.lists(st.sampled_from([*MOVES, *SHIFTS]), max_size=20))
def test_tokens_that_no_segment_has_are_read_as_the_token_reader_reads_them(tokens):
    """Keys let go at once, let go twice or never, struck twice, and struck past the end."""
    row = np.array([events.VELOCITY + 30, *tokens, events.EOS, events.PAD])
    from_tokens = grid(notes_of_tokens(torch.from_numpy(row)[None]), 1)
    from_notes = grid_of([events.decode(row)])
    assert from_tokens.onset.equal(from_notes.onset)
    assert from_tokens.hold.equal(from_notes.hold)


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_a_grid_has_the_labels_but_for_keys_that_sound_twice_in_a_step(seed, size):
    notes = random_segment(seed, size)
    cells = grid_of([notes])
    assert cells.rhythm[0].numpy().tolist() == rhythm_label(notes).tolist()
    assert (cells.count[0].clamp(max=15).numpy() <= note_label(notes)).all()
    if len(np.unique(notes.pitch)) == len(notes):
        assert cells.count[0].clamp(max=15).tolist() == note_label(notes).tolist()
    counted = counts(step_notes([notes]), 1)[0]
    assert counted.sum(1).tolist() == polyphony(notes).tolist()
    assert strikes(step_notes([notes]), 1).sum() == size
    assert (counted >= (cells.onset + cells.hold)[0]).all()


def test_segments_do_not_mix():
    first, second = random_segment(1, 9), random_segment(2, 14)
    together = grid_of([first, Notes.empty(), second])
    assert together.onset[0].equal(grid_of([first]).onset[0])
    assert together.onset[1].sum() == 0
    assert together.hold[2].equal(grid_of([second]).hold[0])
