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

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger.cheapest_paths import NEVER, Costs, cheapest_paths
from fadernets.music.attributes import HOLD, MAX_POLYPHONY, ONSET, REST
from fadernets.music.notes import STEPS, STEPS_PER_BEAT

COUNTS = MAX_POLYPHONY + 1  # numbers of sounding notes, 0 to 15
MAX_PRICE = 16.0  # nats a note: beyond it most plans have as few or as many as they can have
FAR_PRICE = 1e3  # nats a note: at it all plans have, however dear
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
        """The limits of segments that begin with an onset; nothing else is known of them."""
        allowed = torch.ones(size, steps, 3, dtype=torch.bool, device=device)
        allowed[:, 0, [REST, HOLD]] = False
        none = torch.zeros(size, steps, dtype=torch.long, device=device)
        return cls(none[:, 0], allowed, none + 1, none + 1, none + MAX_POLYPHONY, none)

    def __getitem__(self, rows: Tensor) -> PlanLimits:
        """The limits of some segments."""
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
    let_go: Tensor | None = None,
    struck: Tensor | None = None,
    slack: Tensor | None = None,
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
    let_go : float tensor, shape (b, 16), optional
        Cost of each note that a step lets go of without striking, but for those that it must.
    struck : float tensor, shape (b, 16, 16), optional
        Cost of each number of sounding notes beyond that of `note`, in steps with an onset.
    slack : int64 tensor, shape (b,), optional
        By how much a sum of notes may differ from what is asked for; by default not at all.

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
    struck = torch.zeros_like(note) if struck is None else struck
    slack = torch.zeros_like(notes) if slack is None else slack
    costs = _costs(rhythm, note, repeats, limits, pace, let_go, struck)
    onset_counts, note_counts = onsets.cpu().numpy(), notes.cpu().numpy()
    near = slack.cpu().numpy()
    high = np.full(len(note_counts), MAX_PRICE, costs.note.dtype)
    low = -high
    best = np.zeros((2, len(note_counts), rhythm.shape[1]), np.int64)  # rhythms and notes
    best_gap = np.full_like(note_counts, 2 * STEPS * MAX_POLYPHONY)  # larger than any gap
    rows = np.arange(len(note_counts))  # those whose sum is not met yet
    halvings = 0
    while halvings < HALVINGS and len(rows):
        # The cheapest plan at a price has no more notes at a higher one, so the price that meets
        # the sum lies on a known side of the one tried. Few rows cost no less time than many: all
        # prices that the next halvings may come to are then tried at once.
        depth = min(int(math.log2(ROWS_AT_ONCE / len(rows) + 1)), HALVINGS - halvings)
        price = _prices(low[rows], high[rows], max(depth, 1))
        each = np.tile(rows, len(price))
        plans = np.array(cheapest_paths(costs[each], onset_counts[each], price.ravel()))
        plans = plans.reshape(2, *price.shape, -1)
        node, column = np.zeros_like(rows), np.arange(len(rows))
        for _ in range(max(depth, 1)):
            halvings += 1
            plan = plans[:, node, column]
            total = plan[1].sum(1)
            too_many = total > note_counts[rows]
            now = price[node, column]
            low[rows] = np.where(too_many, now, low[rows])
            high[rows] = np.where(too_many, high[rows], now)
            gap = np.maximum(np.abs(total - note_counts[rows]) - near[rows], 0)
            nearer = gap < best_gap[rows]
            best[:, rows[nearer]] = plan[:, nearer]
            best_gap[rows[nearer]] = gap[nearer]
            node = 2 * node + 1 + too_many
        rows = rows[best_gap[rows] > 0]
    far = rows[(np.abs(low[rows]) == MAX_PRICE) | (high[rows] == MAX_PRICE)]
    if len(far):
        price = np.where(high[far] == MAX_PRICE, FAR_PRICE, -FAR_PRICE).astype(high.dtype)
        plan = np.array(cheapest_paths(costs[far], onset_counts[far], price))
        gap = np.abs(plan[1].sum(1) - note_counts[far])
        nearer = gap < best_gap[far]
        best[:, far[nearer]] = plan[:, nearer]

    def complete(rows: np.ndarray) -> np.ndarray:
        """Bring plans to their sums note by note; those that are still off."""
        some = torch.from_numpy(rows).to(note.device)
        plan = LabelPlan(*(torch.from_numpy(labels[rows]).to(note.device) for labels in best))
        plan = _completed(
            plan,
            rhythm[some],
            note[some],
            notes[some],
            repeats[some],
            limits[some],
            struck[some],
            slack[some],
        )
        best[:, rows] = plan.rhythm.cpu().numpy(), plan.note.cpu().numpy()
        return rows[np.abs(best[1, rows].sum(1) - note_counts[rows]) > near[rows]]

    if len(rows) and len(rows := complete(rows)):
        # No note can be added, or taken, with these onsets: with others it may be.
        before = best[:, rows]
        gap = note_counts[rows] - before[1].sum(1)
        price = (-np.sign(gap) * FAR_PRICE).astype(high.dtype)
        best[:, rows] = cheapest_paths(costs[rows], onset_counts[rows], price)
        complete(rows)
        no_nearer = np.abs(best[1, rows].sum(1) - note_counts[rows]) >= np.abs(gap)
        best[:, rows[no_nearer]] = before[:, no_nearer]
    return LabelPlan(*(torch.from_numpy(labels).to(note.device) for labels in best))


def sums(onsets: Tensor, repeats: Tensor, limits: PlanLimits) -> tuple[Tensor, Tensor]:
    """The least and the greatest sum of notes of plans with so many onsets: int64, (b,) each.

    Parameters
    ----------
    onsets, repeats, limits
        As in `cheapest`.
    """
    rhythm = NEVER * ~limits.allowed
    costs = _costs(rhythm, rhythm.new_zeros(*repeats.shape, COUNTS), repeats, limits)
    rows = np.tile(np.arange(len(onsets)), 2)
    price = np.repeat(np.array([1.0, -1.0], costs.note.dtype), len(onsets))
    _, notes = cheapest_paths(costs[rows], onsets.cpu().numpy()[rows], price)
    least, greatest = torch.from_numpy(notes.sum(1)).to(onsets.device).chunk(2)
    return least, greatest


def _costs(
    rhythm: Tensor,
    note: Tensor,
    repeats: Tensor,
    limits: PlanLimits,
    pace: Tensor | None = None,
    let_go: Tensor | None = None,
    struck: Tensor | None = None,
) -> Costs:
    """The costs of plans as the dynamic programme wants them; `rhythm` is dear where forbidden."""
    counts = torch.arange(note.shape[2] - 1, -1, -1, device=note.device)
    outside = (counts < limits.least_struck[..., None]) | (counts > limits.most_struck[..., None])
    dear = torch.tensor(NEVER, dtype=note.dtype, device=note.device)
    lost = torch.cat([torch.zeros_like(repeats[:, :1]), repeats[:, :-1]], 1) + limits.released
    if pace is None:
        pace = note.new_zeros(len(note), STEPS // STEPS_PER_BEAT - 1, STEPS + 1)
    if let_go is None:
        let_go = torch.zeros_like(note[..., 0])
    if struck is None:
        struck = torch.zeros_like(note)
    terms = (
        rhythm,
        note.flip(2),
        dear * (counts < limits.least_held[..., None]),
        dear * outside + struck.flip(2),
        lost,
        limits.released,
        limits.ringing,
        let_go,
        pace,
    )
    return Costs(*(np.ascontiguousarray(np.moveaxis(x.cpu().numpy(), 0, -1)) for x in terms))


def _prices(low: np.ndarray, high: np.ndarray, depth: int) -> np.ndarray:
    """Prices of b rows that so many halvings of (b,) intervals may come to: (2 ** depth - 1, b).

    The two that may follow number k are numbers 2 k + 1, the lower one, and 2 k + 2.
    """
    lows, highs, prices = low[None], high[None], []
    for _ in range(depth):
        middle = (lows + highs) / 2
        prices.append(middle)
        lows = np.stack([lows, middle], 1).reshape(-1, len(low))
        highs = np.stack([middle, highs], 1).reshape(-1, len(low))
    return np.concatenate(prices)


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


def _completed(
    plan: LabelPlan,
    rhythm: Tensor,
    note: Tensor,
    notes: Tensor,
    repeats: Tensor,
    limits: PlanLimits,
    struck: Tensor,
    slack: Tensor,
) -> LabelPlan:
    """The plans with single notes added or taken, the cheapest first, until the sums are met.

    A price can jump over a sum: between two neighbouring prices a whole run of steps may change.
    """
    each = limits.repeated(STEPS)
    unit = torch.eye(STEPS, dtype=torch.long, device=notes.device)
    for _ in range(STEPS * MAX_POLYPHONY):
        missing = notes - plan.note.sum(1)
        sign = torch.where(missing.abs() > slack, missing.sign(), 0)
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
        cost = _cost(label, rhythm) + _cost(counts, note) + _cost(counts, struck, label == ONSET)
        now = plan.rhythm[:, None], plan.note[:, None]
        extra = cost - _cost(now[0], rhythm) - _cost(now[1], note)
        extra = extra - _cost(now[1], struck, now[0] == ONSET)
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


def _cost(labels: Tensor, costs: Tensor, counted: Tensor | float = 1.0) -> Tensor:
    """Cost of labels, (b, a, 16), by costs a step, (b, 16, classes): shape (b, a)."""
    expanded = costs[:, None].expand(-1, labels.shape[1], -1, -1)
    return (expanded.gather(3, labels[..., None])[..., 0] * counted).sum(2)
