"""What an arrangement may do: notes that ring in or are locked, steps that a segment has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger.label_plan import PlanLimits
from fadernets.arranger.request import grid_of, step_notes
from fadernets.music.attributes import HOLD, MAX_POLYPHONY, ONSET, REST, polyphony
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid, a_step_later, counts, grid, strikes
from fadernets.music.notes import EARLY, LOWEST_PITCH, STEPS, Notes, concatenate, first_steps
from fadernets.music.windows import Hand, Window, among

B3 = 59 - LOWEST_PITCH  # number of the key below middle C
C4_FROM_TOP = PITCHES - 1 - (60 - LOWEST_PITCH)


@dataclass(frozen=True)
class NoteLimits:
    """Which notes b segments may have and must have.

    Attributes
    ----------
    ringing : bool tensor, shape (b, 88)
        Keys that ring in or may do so, which the first step may hold.
    held_on : bool tensor, shape (b, 88)
        Those of them that ring in only where the first step strikes nothing.
    may_strike, may_hold, must_strike, must_hold : bool tensors, shape (b, 16, 88)
    beyond : int64 tensor, shape (b, 16)
        Notes of the segment beyond 15 at once: the note label ends there, and means so many more.
    """

    ringing: Tensor
    held_on: Tensor
    may_strike: Tensor
    may_hold: Tensor
    must_strike: Tensor
    must_hold: Tensor
    beyond: Tensor

    def not_held(self, repeats: Repeats) -> Tensor:
        """Notes of each step that cannot go on, being of a key that counts already: int64, (b, 16).

        Those of keys that may not be struck never come. Where there are more than 15, so many fewer
        need be missed.
        """
        struck = (repeats.again + repeats.over) * self.may_strike
        return (struck.sum(2) - self.beyond).clamp(min=0)

    def repeated(self, times: int) -> NoteLimits:
        """Each segment's, so many times."""
        values = (getattr(self, field.name) for field in fields(self))
        return NoteLimits(*(value.repeat_interleave(times, 0) for value in values))


@dataclass(frozen=True)
class Repeats:
    """Notes of the source that a grid does not show and the note label counts: int64, (b, 16, 88).

    Attributes
    ----------
    again : Tensor
        Strikes of a key in a step beyond the first.
    over : Tensor
        1 where a key is struck in a step that an earlier note of it counts in, too.
    """

    again: Tensor
    over: Tensor


def repeats_of(segments: Sequence[Notes], device: torch.device | str = "cpu") -> Repeats:
    """What of segments' notes the grid does not show."""
    notes, size = step_notes(segments), len(segments)
    struck, counted = strikes(notes, size), counts(notes, size)
    note_grid = grid(notes, size)
    again = (struck - 1).clamp(min=0)
    over = (counted - (note_grid.onset + note_grid.hold).long() - again).clamp(max=1) * (struck > 0)
    return Repeats(again.to(device), over.to(device))


def note_limits(windows: Sequence[Window], source: Grid, counts: Tensor) -> NoteLimits:
    """The limits of segments' notes.

    Parameters
    ----------
    windows : sequence of b Window
    source : Grid
        Of their notes.
    counts : int64 tensor, shape (b, 16)
        Notes of each step, as the note label has them.
    """
    device = source.onset.device
    fixed = grid_of([concatenate([w.locked, w.ring_out]) for w in windows], device)
    is_struck = source.onset > 0
    # Where the key of a locked note is struck again in the note's last step, that strike stays.
    must_strike = (fixed.onset > 0) | ((fixed.hold > 0) & is_struck)
    must_hold = (fixed.hold > 0) & ~is_struck
    # A locked note ends where it does: its key is neither held in the step behind it, nor struck
    # there by a new note, which might come before the end.
    ends = a_step_later(must_strike | must_hold) & ~must_hold
    rings_in = grid_of([window.ring_in for window in windows], device).hold[:, 0] > 0
    must_hold[:, 0] |= rings_in & ~is_struck[:, 0]
    may_strike = ~must_hold & (~ends | is_struck)
    if any(window.keeps_pitches for window in windows):
        pattern = grid_of([window.kept_pattern for window in windows], device)
        own_keys = (pattern.onset + pattern.hold > 0).any(1)
        keeps_pitches = torch.tensor([w.keeps_pitches for w in windows], device=device)
        may_strike &= (own_keys | ~keeps_pitches[:, None])[:, None]
    if any(window.closed for window in windows):
        # Notes of another piece that are to be mixed in are new to the hand.
        own = [w.notes if w.pattern is None else w.locked for w in windows]
        may_strike &= ~_closed(windows, device) | (grid_of(own, device).onset > 0)
    rings, may_ring = source.hold[:, 0] > 0, _may_ring(windows, device)
    return NoteLimits(
        rings | may_ring,
        may_ring & ~rings,
        may_strike,
        ~ends,
        must_strike,
        must_hold,
        (torch.maximum(source.count, counts) - MAX_POLYPHONY).clamp(min=0),
    )


def _may_ring(windows: Sequence[Window], device: torch.device) -> Tensor:
    """Keys that may be held on from before beat 0: bool, (b, 88)."""
    keys = torch.zeros(len(windows), PITCHES, dtype=torch.bool)
    for row, window in enumerate(windows):
        keys[row, torch.from_numpy(window.may_ring.pitch) - LOWEST_PITCH] = True
    return keys.to(device)


def _closed(windows: Sequence[Window], device: torch.device) -> Tensor:
    """Keys of locked hands, among which nothing new is struck: bool, (b, 16, 88)."""
    sounds = grid_of([window.hand for window in windows], device)
    held = sounds.onset + sounds.hold > 0
    left, right, both = (
        torch.tensor([w.closed == side for w in windows], device=device)[:, None, None]
        for side in get_args(Hand)
    )
    right_keys = _up_to_top(held.flip(2), C4_FROM_TOP).flip(2)
    return both | left & _up_to_top(held, B3) | right & right_keys


def _up_to_top(held: Tensor, resting: int) -> Tensor:
    """Keys up to the highest that is held at a step: bool, (b, 16, 88).

    Where none is held then, up to the highest of the segment; where none is at all, to `resting`.
    """
    key = torch.arange(PITCHES, device=held.device)
    highest = torch.where(held, key, -1).amax(2)
    usual = highest.amax(1, keepdim=True)
    usual = torch.where(usual < 0, resting, usual)
    return key <= torch.where(highest < 0, usual, highest)[..., None]


def ringing(window: Window) -> Notes:
    """The notes of a segment that ring in or on."""
    return concatenate([window.ring_on, window.notes[window.notes.onset < -EARLY]])


def with_room(window: Window, onsets: int, total: int) -> Window:
    """A segment with notes that have to go on over its borders, as many as its densities allow.

    Where a note ends is decided once, by the segment that it ends in: one that rings in sounds in
    the first step at least, and none ends at the border. The longest come first; each takes one of
    the `total` of the note label, of which the fixed notes and a note for every onset are left.
    What has to sound to the segment's end is what can be struck in so many steps; steps in which
    most of it begins come first.
    """
    first, own = (first_steps(notes.onset) for notes in (window.ring_out, window.kept_pattern))
    # Then something is struck in the first step anyway.
    begins = 0 in own and not len(window.may_ring)
    onsets = max(onsets, len(np.unique(own[own >= 0])) if window.keeps_rhythm else begins)
    fixed = concatenate([window.locked, window.ring_out])
    rings = window.notes[(window.notes.onset < -EARLY) & ~among(window.notes, fixed)]
    room = max(total - onsets - (int(polyphony(fixed).sum()) if len(fixed) else 0), 0)
    if window.keeps_pitches and onsets >= window.steps:
        # Something is struck in the first step, too: on an open key that nothing rings on.
        keys = np.setdiff1d(window.kept_pattern.pitch, fixed.pitch[fixed.onset < -EARLY])
        closed = _closed([window], torch.device("cpu"))[0, 0].numpy()
        struck = window.locked.pitch[first_steps(window.locked.onset) == 0]
        keys = keys[~closed[keys - LOWEST_PITCH] | np.isin(keys, struck)]
        room = min(room, max(len(keys) - 1, 0))
    longest = np.argsort(-rings.offset, kind="stable")[:room]
    window = replace(window, ring_in=rings[np.sort(longest)])
    steps, counts = np.unique(first[first >= begins], return_counts=True)
    dropped = steps[np.argsort(-counts, kind="stable")[max(onsets - begins, 0) :]]
    if not len(dropped):
        return window
    return replace(window, ring_out=window.ring_out[~np.isin(first, dropped)])


def plan_limits(
    windows: Sequence[Window], source: Grid, notes: NoteLimits, repeats: Repeats
) -> PlanLimits:
    """The limits of segments' labels, so that notes within theirs can carry every plan out."""
    device = source.onset.device
    step = torch.arange(STEPS, device=device)
    is_inside = step < torch.tensor([w.steps for w in windows], device=device)[:, None]
    is_struck = (grid_of([w.kept_pattern for w in windows], device).onset > 0).any(2)
    # A locked note that is struck while an earlier locked note of its key ends counts for both.
    before = a_step_later(notes.must_strike | notes.must_hold)
    before[:, 0] = grid_of([w.locked[w.locked.onset < -EARLY] for w in windows], device).hold[:, 0]
    over = repeats.over * before
    held = notes.must_hold.sum(2)
    struck = (notes.must_strike * (1 + repeats.again + over)).sum(2)
    least_struck = held + struck.clamp(min=1)
    may_sound = notes.may_strike | notes.must_hold
    most_struck = (may_sound * (1 + repeats.again + over)).sum(2)
    keeps_rhythm = torch.tensor([w.keeps_rhythm for w in windows], device=device)[:, None]
    # Music that begins on the first step goes on doing so, unless what ends there may be held on.
    begins = torch.tensor([not len(w.may_ring) for w in windows], device=device)[:, None]
    must = (struck > 0) | (is_struck & (keeps_rhythm | (begins & (step == 0))))
    allowed = torch.ones(len(windows), STEPS, 3, dtype=torch.bool, device=device)
    allowed[..., ONSET] = is_inside & (most_struck >= least_struck) & (~keeps_rhythm | must)
    allowed[..., HOLD] = is_inside & ~must
    allowed[..., REST] = ~must & (held == 0)
    return PlanLimits(
        notes.ringing.sum(1),
        allowed,
        held.clamp(1, MAX_POLYPHONY),
        least_struck.clamp(max=MAX_POLYPHONY),
        most_struck.clamp(max=MAX_POLYPHONY),
        (~notes.may_hold).sum(2),
    )
