"""Plans: rhythm and note labels with exactly the densities that were asked for (not in the paper).

A plan says of each step whether it rests, holds or strikes, and how many notes sound. Not every
pair of labels can be played: a rest sounds no note, a hold at most as many as the step before, and
a segment begins with an onset. Among the plans that can be played and have the asked number of
onsets, the cheapest is found by dynamic programming over (onsets so far, notes sounding); the
asked sum of notes is met by putting a price on every note, which is searched for by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fadernets.music.attributes import HOLD, MAX_POLYPHONY, ONSET, REST
from fadernets.music.notes import STEPS

COUNTS = MAX_POLYPHONY + 1
NEVER = 1e6  # cost of what cannot be
STEEPEST = 16.0  # nats a note: the price at which a plan has as few, or as many, notes as can be
HALVINGS = 10  # of the interval of prices


@dataclass(frozen=True)
class LabelPlan:
    """Labels of b segments: int64 tensors, shape (b, 16), as in `fadernets.music.attributes`."""

    rhythm: Tensor
    note: Tensor


def cheapest(rhythm: Tensor, note: Tensor, onsets: Tensor, notes: Tensor) -> LabelPlan:
    """The plans with so many onsets and so many notes that cost least.

    The number of onsets is always met. The sum of notes is met where a plan with that many onsets
    can have it (from 16 - rests to 15 a step), and is as near as may be elsewhere.

    Parameters
    ----------
    rhythm : float tensor, shape (b, 16, 3)
        Cost of rest, hold and onset at each step, such as -log p.
    note : float tensor, shape (b, 16, 16)
        Cost of each number of sounding notes.
    onsets : int64 tensor, shape (b,), 1 to 16
        Steps with an onset: 16 times the rhythm density.
    notes : int64 tensor, shape (b,)
        Sum of the sounding notes over the steps: 16 times the note density.

    Raises
    ------
    ValueError
        If a number of onsets is not in 1 to 16.
    """
    if len(onsets) and not (1 <= int(onsets.min()) and int(onsets.max()) <= STEPS):
        raise ValueError(f"onsets {onsets.tolist()} are not all in 1 to {STEPS}")
    each = torch.arange(COUNTS, dtype=note.dtype, device=note.device)
    low = torch.full(onsets.shape, -STEEPEST, device=note.device)
    high = -low
    best = LabelPlan(*(torch.zeros_like(rhythm[..., 0], dtype=torch.long) for _ in range(2)))
    gap = torch.full_like(notes, 2 * STEPS * MAX_POLYPHONY)  # above any
    rows = torch.arange(len(onsets), device=note.device)  # those whose sum is not met yet
    for _ in range(HALVINGS):
        price = (low[rows] + high[rows]) / 2
        dear = note[rows] + price[:, None, None] * each
        found = LabelPlan(*_path(rhythm[rows], dear, onsets[rows]))
        total = found.note.sum(1)
        many = total > notes[rows]
        low[rows] = torch.where(many, price, low[rows])
        high[rows] = torch.where(many, high[rows], price)
        away = (total - notes[rows]).abs()
        nearer = away < gap[rows]
        for kept, new in ((best.rhythm, found.rhythm), (best.note, found.note), (gap, away)):
            kept[rows[nearer]] = new[nearer]
        rows = rows[gap[rows] > 0]
        if not len(rows):
            break
    return _completed(best, rhythm, note, notes)


def playable(plan: LabelPlan) -> Tensor:
    """Whether each plan can be played: bool, shape (b,)."""
    before = torch.cat([torch.zeros_like(plan.note[:, :1]), plan.note[:, :-1]], dim=1)
    some = plan.note >= 1
    held = torch.where(plan.rhythm == HOLD, some & (plan.note <= before), some)
    return torch.where(plan.rhythm == REST, plan.note == 0, held).all(1)


def _path(rhythm: Tensor, note: Tensor, onsets: Tensor) -> tuple[Tensor, Tensor]:
    """Rhythm and note labels, each (b, 16), of the cheapest plans with so many onsets.

    `cost[i, k, j]` is that of the cheapest way to step t with k onsets so far and 15 - j notes
    sounding; every step may rest (no notes), hold (no more than before) or strike (any but none).
    """
    size, device = len(rhythm), rhythm.device
    note = note.flip(2)
    cost = torch.full((size, STEPS + 1, COUNTS), NEVER, dtype=note.dtype, device=device)
    cost[:, 1, :-1] = rhythm[:, 0, ONSET, None] + note[:, 0, :-1]
    trace = []
    for t in range(1, STEPS):
        falling, from_more = cost.cummin(2)  # over the counts before that are no less
        any_count, from_any = falling[:, :, -1], from_more[:, :, -1]
        cost = falling + rhythm[:, t, HOLD, None, None] + note[:, t, None]
        struck = (any_count[:, :-1] + rhythm[:, t, ONSET, None])[:, :, None] + note[:, t, None]
        held = torch.ones(cost.shape, dtype=torch.bool, device=device)
        torch.le(cost[:, 1:], struck, out=held[:, 1:])
        torch.minimum(cost[:, 1:], struck, out=cost[:, 1:])
        cost[:, :, -1] = any_count + rhythm[:, t, REST, None] + note[:, t, -1:]
        trace.append((held, from_any, from_more))
    row, used = torch.arange(size, device=device), onsets
    place = COUNTS - 1 - cost[row, used].flip(1).argmin(1)  # of equals, the fewest notes
    rhythms, places = [], [place]
    for held, from_any, from_more in reversed(trace):
        silent = torch.where(place == COUNTS - 1, REST, ONSET)
        here = torch.where(held[row, used, place] & (silent != REST), HOLD, silent)
        used_before = used - (here == ONSET).long()
        place = torch.where(here == HOLD, from_more[row, used, place], from_any[row, used_before])
        used = used_before
        rhythms.append(here)
        places.append(place)
    rhythms.append(torch.full_like(onsets, ONSET))
    return torch.stack(rhythms[::-1], 1), COUNTS - 1 - torch.stack(places[::-1], 1)


def _completed(plan: LabelPlan, rhythm: Tensor, note: Tensor, notes: Tensor) -> LabelPlan:
    """The plans with single notes added or taken, cheapest first, until the sums are met.

    A price can jump over a sum: between two neighbouring prices a whole run of steps may change.
    """
    step = torch.eye(STEPS, dtype=torch.long, device=notes.device)
    for _ in range(STEPS * MAX_POLYPHONY):
        sign = (notes - plan.note.sum(1)).sign()
        if not sign.any():
            break
        tried = plan.note[:, None] + sign[:, None, None] * step  # (b, 16, 16): one step changed
        inside = (tried >= 0).all(2) & (tried <= MAX_POLYPHONY).all(2)
        tried = tried.clamp(0, MAX_POLYPHONY)
        silent = torch.where(tried == 0, REST, HOLD)
        label = torch.where((plan.rhythm == ONSET)[:, None], ONSET, silent)
        allowed = playable(LabelPlan(label.flatten(0, 1), tried.flatten(0, 1))).view(inside.shape)
        then = _cost(label, rhythm) + _cost(tried, note)
        extra = then - (_cost(plan.rhythm[:, None], rhythm) + _cost(plan.note[:, None], note))
        least, where = torch.where(inside & allowed, extra, NEVER).min(1)
        can = ((least < NEVER / 2) & (sign != 0))[:, None]
        if not can.any():
            break
        row = torch.arange(len(where), device=where.device)
        plan = LabelPlan(
            torch.where(can, label[row, where], plan.rhythm),
            torch.where(can, tried[row, where], plan.note),
        )
    return plan


def _cost(labels: Tensor, costs: Tensor) -> Tensor:
    """Cost of labels, (b, a, 16), by costs a step, (b, 16, classes): shape (b, a)."""
    every = costs[:, None].expand(-1, labels.shape[1], -1, -1)
    return every.gather(3, labels[..., None]).sum((2, 3))
