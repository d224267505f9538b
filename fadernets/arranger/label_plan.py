"""Plans: rhythm and note labels with exactly the densities that were asked for (not in the paper).

A plan says of each step whether it rests, holds or strikes, and how many notes sound. Some pairs of
labels cannot be played: a rest sounds no note, a hold at most as many notes as the step before. A
segment may begin with notes that ring into it, and notes that are locked bound the labels further
(`PlanLimits`). Among the plans that can be played and have the asked number of onsets, dynamic
programming over (onsets so far, notes sounding) finds the cheapest. The asked sum of notes is a
second constraint: a price on every note (a Lagrange multiplier), found by bisection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from fadernets.music.attributes import HOLD, MAX_POLYPHONY, ONSET, REST
from fadernets.music.notes import STEPS, STEPS_PER_BEAT

COUNTS = MAX_POLYPHONY + 1  # numbers of sounding notes, 0 to 15
NEVER = 1e6  # cost of a plan that cannot be played
MAX_PRICE = 16.0  # nats a note: beyond it a plan has as few, or as many, notes as it can have
HALVINGS = 10  # of the interval of prices
ROWS_AT_ONCE = 128  # plans whose computing costs little more time than that of one


@dataclass(frozen=True)
class LabelPlan:
    """Labels of b segments: int64 tensors, shape (b, 16), as in `fadernets.music.attributes`."""

    rhythm: Tensor
    note: Tensor


@dataclass(frozen=True)
class PlanLimits:
    """What the plans of b segments may be. Without locks it can be played as it stands.

    Attributes
    ----------
    ringing : int64 tensor, shape (b,)
        Notes that ring in, which the first step may hold.
    allowed : bool tensor, shape (b, 16, 3)
        Labels that each step may have.
    least_held, least_struck : int64 tensors, shape (b, 16)
        Fewest notes of a step that holds, and of one with an onset.
    most_struck : int64 tensor, shape (b, 16)
        Most notes of a step with an onset.
    released : int64 tensor, shape (b, 16)
        Notes of the step before that cannot be held.
    """

    ringing: Tensor
    allowed: Tensor
    least_held: Tensor
    least_struck: Tensor
    most_struck: Tensor
    released: Tensor

    @classmethod
    def of(cls, size: int, steps: int, device: torch.device | str = "cpu") -> PlanLimits:
        """Of segments that begin with an onset, and nothing else is known of."""
        allowed = torch.ones(size, steps, 3, dtype=torch.bool, device=device)
        allowed[:, 0, [REST, HOLD]] = False
        none = torch.zeros(size, steps, dtype=torch.long, device=device)
        return cls(none[:, 0], allowed, none + 1, none + 1, none + MAX_POLYPHONY, none)

    def __getitem__(self, rows: Tensor) -> PlanLimits:
        """Those of some segments."""
        return PlanLimits(*(getattr(self, field.name)[rows] for field in fields(self)))

    def repeated(self, times: int) -> PlanLimits:
        """Each segment's, so many times."""
        rows = torch.arange(len(self.ringing), device=self.ringing.device)
        return self[rows.repeat_interleave(times)]

    @property
    def onsets(self) -> tuple[Tensor, Tensor]:
        """Fewest and most steps with an onset: int64, shape (b,) each."""
        strikes = self.allowed[..., ONSET]
        must = strikes & ~self.allowed[..., HOLD] & ~self.allowed[..., REST]
        return must.sum(1), strikes.sum(1)


def cheapest(
    rhythm: Tensor,
    note: Tensor,
    onsets: Tensor,
    notes: Tensor,
    repeats: Tensor | None = None,
    limits: PlanLimits | None = None,
    pace: Tensor | None = None,
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
    onsets : int64 tensor, shape (b,)
        Steps with an onset: 16 times the rhythm density.
    notes : int64 tensor, shape (b,)
        Sum of the sounding notes over the steps: 16 times the note density.
    repeats : int64 tensor, shape (b, 16), optional
        Notes of each step that may be of a key that counts already: they cannot be held beside it.
        Without it there are none.
    limits : PlanLimits, optional
        By default every segment begins with an onset.
    pace : float tensor, shape (b, 3, 17), optional
        Cost of each number of onsets, 0 to 16, that the plan has before its second, third and last
        beat.

    Raises
    ------
    ValueError
        If a number of onsets is outside the limits, by default 1 to 16.
    """
    limits = limits or PlanLimits.of(rhythm.shape[0], rhythm.shape[1], rhythm.device)
    fewest, most = limits.onsets
    if not ((fewest <= onsets) & (onsets <= most)).all():
        raise ValueError(
            f"onsets {onsets.tolist()} are not all in {fewest.tolist()} to {most.tolist()}"
        )
    rhythm = rhythm + NEVER * ~limits.allowed
    if repeats is None:
        repeats = torch.zeros_like(rhythm[..., 0], dtype=torch.long)
    counts = torch.arange(COUNTS, dtype=note.dtype, device=note.device)
    low = torch.full(onsets.shape, -MAX_PRICE, device=note.device)
    high = -low
    best = LabelPlan(*(torch.zeros_like(rhythm[..., 0], dtype=torch.long) for _ in range(2)))
    best_gap = torch.full_like(notes, 2 * STEPS * MAX_POLYPHONY)  # larger than any gap
    rows = torch.arange(len(onsets), device=note.device)  # those whose sum is not met yet
    halvings = 0
    while halvings < HALVINGS and len(rows):
        # The cheapest plan at a price has no more notes at a higher one, so the price that meets
        # the sum lies on a known side of the one tried. Few rows cost no less time than many: all
        # prices that the next halvings may come to are then tried at once.
        depth = min(int(math.log2(ROWS_AT_ONCE / len(rows) + 1)), HALVINGS - halvings)
        price = _prices(low[rows], high[rows], max(depth, 1))
        each = rows.repeat(len(price))
        priced = note[each] + price.flatten()[:, None, None] * counts
        path = _path(
            rhythm[each],
            priced,
            onsets[each],
            repeats[each],
            limits[each],
            None if pace is None else pace[each],
        )
        plans = LabelPlan(*(labels.view(*price.shape, -1) for labels in path))
        node = torch.zeros_like(rows)
        column = torch.arange(len(rows), device=note.device)
        for _ in range(max(depth, 1)):
            halvings += 1
            plan = LabelPlan(plans.rhythm[node, column], plans.note[node, column])
            total = plan.note.sum(1)
            too_many = total > notes[rows]
            now = price[node, column]
            low[rows] = torch.where(too_many, now, low[rows])
            high[rows] = torch.where(too_many, high[rows], now)
            gap = (total - notes[rows]).abs()
            nearer = gap < best_gap[rows]
            for stored, new in (
                (best.rhythm, plan.rhythm),
                (best.note, plan.note),
                (best_gap, gap),
            ):
                stored[rows[nearer]] = new[nearer]
            node = 2 * node + 1 + too_many.long()
        rows = rows[best_gap[rows] > 0]
    return _completed(best, rhythm, note, notes, repeats, limits)


def _prices(low: Tensor, high: Tensor, depth: int) -> Tensor:
    """Prices of b rows that so many halvings of (b,) intervals may come to: (2 ** depth - 1, b).

    The two that may follow number k are numbers 2 k + 1, the lower one, and 2 k + 2.
    """
    lows, highs, prices = low[None], high[None], []
    for _ in range(depth):
        middle = (lows + highs) / 2
        prices.append(middle)
        lows = torch.stack([lows, middle], 1).flatten(0, 1)
        highs = torch.stack([middle, highs], 1).flatten(0, 1)
    return torch.cat(prices)


def playable(
    plan: LabelPlan, repeats: Tensor | int = 0, limits: PlanLimits | None = None
) -> Tensor:
    """Whether each plan can be played, as `cheapest` has it: bool, shape (b,)."""
    limits = limits or PlanLimits.of(len(plan.rhythm), plan.rhythm.shape[1], plan.rhythm.device)
    keys = torch.maximum(plan.note - repeats, plan.note.clamp(max=1))
    before = torch.cat([limits.ringing[:, None], keys[:, :-1]], dim=1)
    can_hold = (plan.note >= limits.least_held) & (plan.note <= before - limits.released)
    can_strike = (plan.note >= limits.least_struck) & (plan.note <= limits.most_struck)
    valid = torch.where(plan.rhythm == HOLD, can_hold, can_strike)
    valid = torch.where(plan.rhythm == REST, plan.note == 0, valid)
    return (valid & limits.allowed.gather(2, plan.rhythm[..., None])[..., 0]).all(1)


def _path(
    rhythm: Tensor,
    note: Tensor,
    onsets: Tensor,
    repeats: Tensor,
    limits: PlanLimits | None = None,
    pace: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Rhythm and note labels, each (b, 16), of the cheapest plans with so many onsets.

    Dynamic programming (Viterbi): `cost[j, k, i]` is that of the cheapest way of row i to step t
    with k onsets so far and 15 - j notes sounding. Every step may rest (no notes), hold (no more
    notes than before) or strike (at least one note). `rhythm` is dear where a label is not allowed.
    """
    if limits is None:
        limits = PlanLimits.of(rhythm.shape[0], rhythm.shape[1], rhythm.device)
        rhythm = rhythm + NEVER * ~limits.allowed
    (size, steps), device = rhythm.shape[:2], rhythm.device
    # Counts run from 15 down to 0: the states that a hold may come from, those with no fewer
    # notes, are then a prefix, and one running minimum serves all counts at once.
    note = note.flip(2)
    counts = torch.arange(COUNTS - 1, -1, -1, device=device)
    note_held = note + NEVER * (counts < limits.least_held[..., None])
    outside = (counts < limits.least_struck[..., None]) | (counts > limits.most_struck[..., None])
    note_struck = note + NEVER * outside
    # Notes of the step before that cannot be held.
    lost = torch.cat([torch.zeros_like(repeats[:, :1]), repeats[:, :-1]], 1) + limits.released
    is_lost = (lost > 0).any(0).tolist()
    # Rows come last: what is added to whole runs of states is then added at once.
    label_cost = rhythm.permute(1, 2, 0).contiguous()  # (16, 3, b)
    held_cost, struck_cost, rest_cost = (
        x.permute(1, 2, 0)[:, :, None].contiguous()
        for x in (note_held, note_struck, note[..., -1:])
    )  # (16, counts, 1, b)
    row = torch.arange(size, device=device)
    column = torch.arange(COUNTS, device=device)
    # Only numbers of onsets that can have come by step t, and can still become those asked for.
    fewest, most = int(onsets.min()), int(onsets.max())
    lows = [max(0, fewest - (steps - t)) for t in range(steps + 1)]
    highs = [min(t, most) for t in range(steps + 1)]
    cost = torch.full((COUNTS, 1, size), NEVER, dtype=note.dtype, device=device)
    cost[COUNTS - 1 - limits.ringing.clamp(max=COUNTS - 1), 0, row] = 0.0
    trace, reaches = [], []
    for t in range(steps):
        beat, between = divmod(t, STEPS_PER_BEAT)
        if pace is not None and beat and not between:
            cost = cost + pace[:, beat - 1, lows[t] : highs[t] + 1].T
        trace.append(cost)
        falling = _running_minimum(cost)  # over the counts before that are no less
        any_count = falling[-1]
        reach = column[:, None]  # of each count, the last one that a hold may come from
        if is_lost[t]:
            # A hold of n notes follows n + lost at least; but for a locked one that ends, one note
            # may always be held.
            reach = reach - lost[:, t]
            reach[-2] = torch.where(limits.released[:, t] > 0, reach[-2], COUNTS - 2)
            index = reach.clamp(min=0)[:, None].expand_as(falling)
            falling = falling.gather(0, index).masked_fill(reach[:, None] < 0, NEVER)
        reaches.append(reach.expand(-1, size))
        low, high = lows[t + 1], highs[t + 1]
        stays = slice(low - lows[t], highs[t] - lows[t] + 1)  # so many onsets already
        same = highs[t] - low + 1
        cost = falling.new_full((COUNTS, high - low + 1, size), NEVER)
        torch.add(falling[:, stays] + label_cost[t, HOLD], held_cost[t], out=cost[:, :same])
        # An onset may follow any count, and has used one onset more than the step before.
        first = max(low - 1, lows[t])
        struck = (any_count[first - lows[t] : high - lows[t]] + label_cost[t, ONSET]) + struck_cost[
            t
        ]
        now = cost[:, first + 1 - low :]
        torch.minimum(now, struck, out=now)
        # No notes sound in a rest and in nothing else: overwrite what hold and onset wrote there.
        cost[-1] = NEVER
        cost[-1, :same] = any_count[stays] + label_cost[t, REST] + rest_cost[t, 0]
    # Back from the last step along the choices that led to the least cost.
    used = onsets
    at = COUNTS - 1 - cost[:, used - lows[-1], row].flip(0).argmin(0)  # of equal, the fewest notes
    rhythms, columns = [], [at]
    for t in range(steps - 1, -1, -1):
        place = (used - lows[t]).clamp(0, highs[t] - lows[t])
        less = (used - 1 - lows[t]).clamp(0, highs[t] - lows[t])
        before, before_strike = trace[t][:, place, row], trace[t][:, less, row]
        reach = reaches[t][at, row]
        holds = before.masked_fill(column[:, None] > reach, torch.inf)
        held = torch.where(reach < 0, NEVER, holds.amin(0)) + label_cost[t, HOLD, row]
        struck = before_strike.amin(0) + label_cost[t, ONSET, row]
        is_held = held + held_cost[t, at, 0, row] <= struck + struck_cost[t, at, 0, row]
        is_held = (is_held & (used <= highs[t])) | (used <= lows[t])
        label = torch.where(is_held, HOLD, ONSET)
        label = torch.where(at == COUNTS - 1, REST, label)
        source = torch.where(
            label == HOLD, holds, torch.where(label == REST, before, before_strike)
        )
        at = COUNTS - 1 - source.flip(0).argmin(0)
        used = used - (label == ONSET).long()
        rhythms.append(label)
        columns.append(at)
    return torch.stack(rhythms[::-1], 1), COUNTS - 1 - torch.stack(columns[-2::-1], 1)


def _running_minimum(cost: Tensor) -> Tensor:
    """The least of each row of the first dimension and those before it; same shape."""
    reach = 1
    while reach < len(cost):
        cost = torch.cat([cost[:reach], torch.minimum(cost[reach:], cost[:-reach])])
        reach *= 2
    return cost


def _completed(
    plan: LabelPlan,
    rhythm: Tensor,
    note: Tensor,
    notes: Tensor,
    repeats: Tensor,
    limits: PlanLimits | None = None,
) -> LabelPlan:
    """The plans with single notes added or taken, the cheapest first, until the sums are met.

    A price can jump over a sum: between two neighbouring prices a whole run of steps may change.
    """
    each = (limits or PlanLimits.of(len(notes), plan.rhythm.shape[1], notes.device)).repeated(STEPS)
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
        changed = LabelPlan(label.flatten(0, 1), counts.flatten(0, 1))
        allowed = playable(changed, repeats.repeat_interleave(STEPS, 0), each)
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
