"""Rhythms that a request chooses as a whole: by gaps and beats on a grid, in time in takes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger.cheapest_paths import NEVER
from fadernets.arranger.even_rhythm import (
    Uneven,
    evenest,
    uneven_gaps,
    unlike_beats,
    unlike_gaps,
)
from fadernets.arranger.label_plan import PlanLimits
from fadernets.arranger.request import ArrangementRequest
from fadernets.arranger.rhythm_pattern import has_fewer_onsets, has_more_onsets
from fadernets.arranger.touch import are_on_ticks, strike_times
from fadernets.arranger.weights import ArrangementWeights
from fadernets.music.attributes import HOLD, ONSET, PLANNED_ONSETS, REST
from fadernets.music.notes import EARLY

STAYS = 20.0  # nats in favour of the segment's own onsets where more are asked for


def chosen_rhythms(
    request: ArrangementRequest,
    costs: Tensor,
    pace: Tensor,
    onsets: Tensor,
    limits: PlanLimits,
    weights: ArrangementWeights,
) -> Tensor:
    """Onsets of the rhythms that go on most evenly: float, shape (b, 16).

    All 0 where none is chosen as a whole: where no number of onsets changes, and where more are
    asked for of music that follows beats and is not written on them.

    Parameters
    ----------
    request : ArrangementRequest
        For n segments.
    costs : float tensor, shape (b, 16, 3)
        Of the rhythm labels of b plans, as many for each segment.
    pace : float tensor, shape (b, 3, 17)
        As in `fadernets.arranger.label_plan.cheapest`.
    onsets : int64 tensor, shape (b,)
        How many each plan has.
    limits : PlanLimits
        Of the segments.
    weights : ArrangementWeights
    """
    candidates = len(costs) // len(request.windows)
    dear = costs + NEVER * ~limits.repeated(candidates).allowed
    strikes = (dear[..., ONSET] - dear[..., [REST, HOLD]].amin(2)).cpu().numpy()
    paces, counts = pace.cpu().numpy(), onsets.cpu().numpy()
    kinds = np.array([(w.steps, w.beat) for w in request.windows]).repeat(candidates, 0)
    # In a take without a click gaps of steps and beats are the recorder's.
    follows = np.array([window.follows_beats for window in request.windows])
    written = np.array([are_on_ticks(n.onset[n.onset >= -EARLY]) for n in request.notes])
    fewer, more = (x(request).cpu().numpy() for x in (has_fewer_onsets, has_more_onsets))
    times = np.stack([strike_times(window.notes) for window in request.windows])
    times = times.repeat(candidates, 0)
    own = (request.labels[PLANNED_ONSETS] == ONSET).cpu().numpy().repeat(candidates, 0)
    chosen = np.zeros(strikes.shape, bool)
    for changes, uneven, stays in (
        (fewer & follows, _in_beats(weights), 0.0),
        (fewer & ~follows, _in_time(weights.uneven_when_fewer), 0.0),
        (more & follows & written, _in_beats(weights), STAYS),
        (more & ~follows, _in_time(weights.uneven_when_more), STAYS),
    ):
        rows = changes.repeat(candidates)
        if rows.any() and uneven is not None:
            chosen[rows] = evenest(
                strikes[rows] - stays * own[rows],
                paces[rows],
                counts[rows],
                kinds[rows],
                times[rows],
                uneven,
            )
    return torch.from_numpy(chosen).to(costs)


def _in_beats(weights: ArrangementWeights) -> Uneven | None:
    """What gaps and beats cost that are unlike the ones before; None where that is nothing."""
    if not (weights.unlike_gaps or weights.unlike_beats):
        return None

    def costs(times: np.ndarray, steps: int, onsets: int, beat: int) -> np.ndarray:
        by_gap = weights.unlike_gaps * unlike_gaps(times, steps, onsets)
        return by_gap + weights.unlike_beats * unlike_beats(steps, onsets, beat)

    return costs


def _in_time(for_octave: float) -> Uneven | None:
    """What gaps cost by how much they differ, where beats count for nothing."""
    if not for_octave:
        return None
    return lambda times, steps, onsets, _: for_octave * uneven_gaps(times, steps, onsets)
