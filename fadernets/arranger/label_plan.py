"""Plans: rhythm and note labels with exactly the densities that were asked for (not in the paper).

A plan says of each step whether it rests, holds or strikes, and how many notes sound. Some pairs of
labels cannot be played: a rest sounds no note, a hold at most as many notes as the step before, and
a segment begins with an onset. Among the plans that can be played and have the asked number of
onsets, dynamic programming over (onsets so far, notes sounding) finds the cheapest. The asked sum
of notes is a second constraint: a price on every note (a Lagrange multiplier), found by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fadernets.music.attributes import HOLD, MAX_POLYPHONY, ONSET, REST
from fadernets.music.notes import STEPS

COUNTS = MAX_POLYPHONY + 1  # numbers of sounding notes, 0 to 15
NEVER = 1e6  # cost of a plan that cannot be played
MAX_PRICE = 16.0  # nats a note: beyond it a plan has as few, or as many, notes as it can have
HALVINGS = 10  # of the interval of prices


@dataclass(frozen=True)
class LabelPlan:
    """Labels of b segments: int64 tensors, shape (b, 16), as in `fadernets.music.attributes`."""

    rhythm: Tensor
    note: Tensor


def cheapest(
    rhythm: Tensor, note: Tensor, onsets: Tensor, notes: Tensor, repeats: Tensor | None = None
) -> LabelPlan:
    """The cheapest plans with the given numbers of onsets and notes.

    The number of onsets is always met. The sum of notes is met where a plan with that many onsets
    can have it (from one note a sounding step to 15), and met as nearly as possible elsewhere.

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
    repeats : int64 tensor, shape (b, 16), optional
        Notes of each step that may be of a key that counts already: they cannot be held beside it.
        Without it there are none.

    Raises
    ------
    ValueError
        If a number of onsets is not in 1 to 16.
    """
    if len(onsets) and not (1 <= int(onsets.min()) and int(onsets.max()) <= STEPS):
        raise ValueError(f"onsets {onsets.tolist()} are not all in 1 to {STEPS}")
    if repeats is None:
        repeats = torch.zeros_like(rhythm[..., 0], dtype=torch.long)
    counts = torch.arange(COUNTS, dtype=note.dtype, device=note.device)
    low = torch.full(onsets.shape, -MAX_PRICE, device=note.device)
    high = -low
    best = LabelPlan(*(torch.zeros_like(rhythm[..., 0], dtype=torch.long) for _ in range(2)))
    best_gap = torch.full_like(notes, 2 * STEPS * MAX_POLYPHONY)  # larger than any gap
    rows = torch.arange(len(onsets), device=note.device)  # those whose sum is not met yet
    for _ in range(HALVINGS):
        # The cheapest plan at a price has no more notes at a higher one, so the price that meets
        # the sum lies on a known side of the one tried.
        price = (low[rows] + high[rows]) / 2
        priced = note[rows] + price[:, None, None] * counts
        plan = LabelPlan(*_path(rhythm[rows], priced, onsets[rows], repeats[rows]))
        total = plan.note.sum(1)
        too_many = total > notes[rows]
        low[rows] = torch.where(too_many, price, low[rows])
        high[rows] = torch.where(too_many, high[rows], price)
        gap = (total - notes[rows]).abs()
        nearer = gap < best_gap[rows]
        for stored, new in (
            (best.rhythm, plan.rhythm),
            (best.note, plan.note),
            (best_gap, gap),
        ):
            stored[rows[nearer]] = new[nearer]
        rows = rows[best_gap[rows] > 0]
        if not len(rows):
            break
    return _completed(best, rhythm, note, notes, repeats)


def playable(plan: LabelPlan, repeats: Tensor | int = 0) -> Tensor:
    """Whether each plan can be played, with the repeats of `cheapest`: bool, shape (b,)."""
    keys = torch.maximum(plan.note - repeats, plan.note.clamp(max=1))
    before = torch.cat([torch.zeros_like(keys[:, :1]), keys[:, :-1]], dim=1)
    sounds = plan.note >= 1
    valid = torch.where(plan.rhythm == HOLD, sounds & (plan.note <= before), sounds)
    return torch.where(plan.rhythm == REST, plan.note == 0, valid).all(1)


def _path(rhythm: Tensor, note: Tensor, onsets: Tensor, repeats: Tensor) -> tuple[Tensor, Tensor]:
    """Rhythm and note labels, each (b, 16), of the cheapest plans with so many onsets.

    Dynamic programming (Viterbi): `cost[i, k, j]` is that of the cheapest way to step t with k
    onsets so far and 15 - j notes sounding. Every step may rest (no notes), hold (no more notes
    than before) or strike (at least one note).
    """
    size, device = len(rhythm), rhythm.device
    # Counts run from 15 down to 0: the states that a hold may come from, those with no fewer
    # notes, are then a prefix, and one running minimum serves all counts at once.
    note = note.flip(2)
    cost = torch.full((size, STEPS + 1, COUNTS), NEVER, dtype=note.dtype, device=device)
    cost[:, 1, :-1] = rhythm[:, 0, ONSET, None] + note[:, 0, :-1]  # a segment begins with an onset
    trace, has_repeats = [], (repeats > 0).any(0).tolist()
    for t in range(1, STEPS):
        falling, from_more = cost.cummin(2)  # over the counts before that are no less
        any_count, from_any = falling[:, :, -1], from_more[:, :, -1]
        if has_repeats[t - 1]:
            # A hold of n notes follows n + repeats at least; one note may always be held.
            column = torch.arange(COUNTS, device=device) - repeats[:, t - 1, None]
            column[:, -2] = COUNTS - 2
            shifted = column.clamp(min=0)[:, None].expand_as(falling)
            never = (column < 0)[:, None]
            falling = falling.gather(2, shifted).masked_fill(never, NEVER)
            from_more = from_more.gather(2, shifted)
        cost = falling + rhythm[:, t, HOLD, None, None] + note[:, t, None]
        # An onset may follow any count, and has used one onset more than the step before.
        struck = (any_count[:, :-1] + rhythm[:, t, ONSET, None])[:, :, None] + note[:, t, None]
        held = torch.ones(cost.shape, dtype=torch.bool, device=device)
        torch.le(cost[:, 1:], struck, out=held[:, 1:])
        torch.minimum(cost[:, 1:], struck, out=cost[:, 1:])
        # No notes sound in a rest and in nothing else: overwrite what hold and onset wrote there.
        cost[:, :, -1] = any_count + rhythm[:, t, REST, None] + note[:, t, -1:]
        trace.append((held, from_any, from_more))
    # Back from the last step along the choices that led to the least cost.
    row, used = torch.arange(size, device=device), onsets
    column = COUNTS - 1 - cost[row, used].flip(1).argmin(1)  # of equal costs, the fewest notes
    rhythms, columns = [], [column]
    for held, from_any, from_more in reversed(trace):
        silent = torch.where(column == COUNTS - 1, REST, ONSET)
        label = torch.where(held[row, used, column] & (silent != REST), HOLD, silent)
        used_before = used - (label == ONSET).long()
        column = torch.where(
            label == HOLD, from_more[row, used, column], from_any[row, used_before]
        )
        used = used_before
        rhythms.append(label)
        columns.append(column)
    rhythms.append(torch.full_like(onsets, ONSET))
    return torch.stack(rhythms[::-1], 1), COUNTS - 1 - torch.stack(columns[::-1], 1)


def _completed(
    plan: LabelPlan, rhythm: Tensor, note: Tensor, notes: Tensor, repeats: Tensor
) -> LabelPlan:
    """The plans with single notes added or taken, the cheapest first, until the sums are met.

    A price can jump over a sum: between two neighbouring prices a whole run of steps may change.
    """
    unit = torch.eye(STEPS, dtype=torch.long, device=notes.device)
    for _ in range(STEPS * MAX_POLYPHONY):
        sign = (notes - plan.note.sum(1)).sign()
        if not sign.any():
            break
        counts = plan.note[:, None] + sign[:, None, None] * unit  # (b, 16, 16): one step changed
        inside = (counts >= 0).all(2) & (counts <= MAX_POLYPHONY).all(2)
        counts = counts.clamp(0, MAX_POLYPHONY)
        # The number of onsets stays: a step that falls silent rests, one that gets a note holds.
        silent = torch.where(counts == 0, REST, HOLD)
        label = torch.where((plan.rhythm == ONSET)[:, None], ONSET, silent)
        each = repeats.repeat_interleave(STEPS, 0)
        allowed = playable(LabelPlan(label.flatten(0, 1), counts.flatten(0, 1)), each)
        allowed = allowed.view(inside.shape)
        cost = _cost(label, rhythm) + _cost(counts, note)
        extra = cost - (_cost(plan.rhythm[:, None], rhythm) + _cost(plan.note[:, None], note))
        least, step = torch.where(inside & allowed, extra, NEVER).min(1)
        changes = ((least < NEVER / 2) & (sign != 0))[:, None]
        if not changes.any():
            break
        row = torch.arange(len(step), device=step.device)
        plan = LabelPlan(
            torch.where(changes, label[row, step], plan.rhythm),
            torch.where(changes, counts[row, step], plan.note),
        )
    return plan


def _cost(labels: Tensor, costs: Tensor) -> Tensor:
    """Cost of labels, (b, a, 16), by costs a step, (b, 16, classes): shape (b, a)."""
    expanded = costs[:, None].expand(-1, labels.shape[1], -1, -1)
    return expanded.gather(3, labels[..., None]).sum((2, 3))
