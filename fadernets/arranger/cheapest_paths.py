"""The cheapest plans at a price of notes, by dynamic programming.

It is many small operations, of which NumPy's take a third of the time of PyTorch's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from fadernets.music.attributes import HOLD, ONSET, REST
from fadernets.music.notes import STEPS_PER_BEAT

NEVER = 1e6  # cost of a plan that cannot be played


@dataclass(frozen=True)
class Costs:
    """What the plans of b rows cost; rows come last, so that runs of states are added at once.

    Numbers of notes run from the highest, c - 1, down to 0: the states that a hold may come from,
    those with no fewer notes, are then a prefix, and one running minimum serves all of them.

    Attributes
    ----------
    label : float array, shape (t, 3, b)
        Of rest, hold and onset at each step, dear where one is not allowed.
    note : float array, shape (t, c, b)
        Of each number of sounding notes.
    held, struck : float arrays, shape (t, c, b)
        `NEVER` where a step that holds, or one with an onset, may not have so many notes.
    lost, released : int64 arrays, shape (t, b)
        Notes of the step before that cannot be held; those of them that are locked and end.
    ringing : int64 array, shape (b,)
        Notes that the first step may hold.
    let_go : float array, shape (t, b)
        Of each note more of the step before than must be let go by a step that holds.
    pace : float array, shape (3, t + 1, b)
        Of each number of onsets before the second, third and last beat.
    """

    label: np.ndarray
    note: np.ndarray
    held: np.ndarray
    struck: np.ndarray
    lost: np.ndarray
    released: np.ndarray
    ringing: np.ndarray
    let_go: np.ndarray
    pace: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Costs:
        """The costs of some rows."""
        return Costs(*(getattr(self, field.name).take(rows, -1) for field in fields(self)))


def _least(cost: np.ndarray, let_go: np.ndarray) -> np.ndarray:
    """The least cost of each number of notes after one that is no less, and what it lets go.

    Passes over ever more counts at once: one count after the other takes four times as many of
    NumPy's calls, and its own `accumulate` three times as long.
    """
    far, least = 1, cost
    while far < len(cost):
        longer = least.copy()
        np.minimum(least[far:], least[:-far] + far * let_go, out=longer[far:])
        far, least = 2 * far, longer
    return least


def cheapest_paths(
    costs: Costs, onsets: np.ndarray, price: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rhythm and note labels, int64, each (b, t), of the cheapest plans with so many onsets.

    Dynamic programming (Viterbi): `cost[j, k, i]` is that of the cheapest way of row i to step t
    with k onsets so far and c - 1 - j notes sounding. Every step may rest (no notes), hold (no more
    notes than before) or strike (at least one note).

    Parameters
    ----------
    costs : Costs
    onsets : int64 array, shape (b,)
    price : float array, shape (b,)
        Cost of each note.
    """
    steps, count, size = costs.note.shape
    label, last = costs.label, count - 1
    note = costs.note + price * np.arange(last, -1, -1, dtype=price.dtype)[:, None]
    held, struck = ((note + extra)[:, :, None] for extra in (costs.held, costs.struck))
    is_lost = [lost.any() for lost in costs.lost > 0]
    row, column = np.arange(size), np.arange(count)[:, None]
    # Only numbers of onsets that can have come by step t, and can still become those asked for.
    fewest, most = int(onsets.min()), int(onsets.max())
    lows = [max(0, fewest - (steps - t)) for t in range(steps + 1)]
    highs = [min(t, most) for t in range(steps + 1)]
    cost = np.full((count, 1, size), NEVER, note.dtype)
    cost[last - np.minimum(costs.ringing, last), 0, row] = 0.0
    trace, reaches = [], []
    for t in range(steps):
        beat, between = divmod(t, STEPS_PER_BEAT)
        if beat and not between:
            cost = cost + costs.pace[beat - 1, lows[t] : highs[t] + 1]
        trace.append(cost)
        any_count = cost.min(0)
        least = _least(cost, costs.let_go[t])
        reach = column  # of each count, the last one that a hold may come from
        if is_lost[t]:
            # A hold of n notes follows n + lost at least; but for a locked one that ends, one note
            # may always be held.
            reach = column - costs.lost[t]
            reach[-2] = np.where(costs.released[t] > 0, reach[-2], count - 2)
            some = np.maximum(reach, 0)[:, None]
            least = least[some, np.arange(least.shape[1])[:, None], row]
            least = np.where(reach[:, None] < 0, note.dtype.type(NEVER), least)
        reaches.append(reach)
        low, high = lows[t + 1], highs[t + 1]
        stays = slice(low - lows[t], highs[t] - lows[t] + 1)  # so many onsets already
        same = highs[t] - low + 1
        cost = np.full((count, high - low + 1, size), NEVER, note.dtype)
        np.add(least[:, stays] + label[t, HOLD], held[t], out=cost[:, :same])
        # An onset may follow any count, and has used one onset more than the step before.
        first = max(low - 1, lows[t])
        strikes = (any_count[first - lows[t] : high - lows[t]] + label[t, ONSET]) + struck[t]
        now = cost[:, first + 1 - low :]
        np.minimum(now, strikes, out=now)
        # No notes sound in a rest and in nothing else: overwrite what hold and onset wrote there.
        cost[-1] = NEVER
        cost[-1, :same] = any_count[stays] + label[t, REST] + note[t, -1]
    # Back from the last step along the choices that led to the least cost.
    onset_sum = onsets
    at = last - cost[:, onset_sum - lows[-1], row][::-1].argmin(0)  # of equal, the fewest notes
    rhythms, notes = np.empty((2, size, steps), np.int64)
    for t in range(steps - 1, -1, -1):
        notes[:, t] = last - at
        flat = trace[t].reshape(count, -1)
        # Of both ways the one that cannot be is read somewhere else, and not taken.
        # NumPy's `clip` takes three times as long as both of these.
        place = np.minimum(np.maximum(onset_sum - lows[t], 0), highs[t] - lows[t])
        less = np.minimum(np.maximum(onset_sum - 1 - lows[t], 0), highs[t] - lows[t])
        before, before_strike = (flat.take(k * size + row, 1) for k in (place, less))
        reach = reaches[t][at, row if is_lost[t] else 0]
        holds = before + costs.let_go[t] * (reach - column)
        holds = np.where(column > reach, note.dtype.type(np.inf), holds)
        by_hold = np.where(reach < 0, note.dtype.type(NEVER), holds.min(0)) + label[t, HOLD]
        by_strike = before_strike.min(0) + label[t, ONSET]
        is_held = by_hold + held[t, at, 0, row] <= by_strike + struck[t, at, 0, row]
        is_held = (is_held & (onset_sum <= highs[t])) | (onset_sum <= lows[t])
        labels = np.where(at == last, REST, np.where(is_held, HOLD, ONSET))
        source = np.where(labels == HOLD, holds, np.where(labels == REST, before, before_strike))
        at = last - source[::-1].argmin(0)
        onset_sum = onset_sum - (labels == ONSET)
        rhythms[:, t] = labels
    return rhythms, notes
