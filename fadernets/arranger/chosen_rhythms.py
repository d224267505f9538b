"""Rhythms that a request chooses as a whole: by gaps and beats on a grid, in time in takes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger.cheapest_paths import NEVER
from fadernets.arranger.even_rhythm import evenest, evenest_in_time
from fadernets.arranger.label_plan import PlanLimits
from fadernets.arranger.request import ArrangementRequest
from fadernets.arranger.rhythm_pattern import has_fewer_onsets, has_more_onsets
from fadernets.arranger.touch import strike_times
from fadernets.arranger.weights import ArrangementWeights
from fadernets.music.attributes import HOLD, ONSET, PLANNED_ONSETS, REST

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

    All 0 where none is chosen as a whole: where no number of onsets changes, and on a grid where
    more are asked for.

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
    fewer, more = (x(request).cpu().numpy() for x in (has_fewer_onsets, has_more_onsets))
    times = np.stack([strike_times(window.notes) for window in request.windows])
    times = times.repeat(candidates, 0)
    chosen = np.zeros(strikes.shape, bool)
    rows = (fewer & follows).repeat(candidates)
    if rows.any() and (weights.unlike_gaps or weights.unlike_beats):
        chosen[rows] = evenest(
            strikes[rows],
            paces[rows],
            counts[rows],
            kinds[rows],
            times[rows],
            weights.unlike_gaps,
            weights.unlike_beats,
        )
    own = (request.labels[PLANNED_ONSETS] == ONSET).cpu().numpy().repeat(candidates, 0)
    for changes, for_octave, stays in (
        (fewer, weights.uneven_when_fewer, 0.0),
        (more, weights.uneven_when_more, STAYS),
    ):
        rows = (changes & ~follows).repeat(candidates)
        if rows.any() and for_octave:
            chosen[rows] = evenest_in_time(
                strikes[rows] - stays * own[rows],
                paces[rows],
                counts[rows],
                kinds[rows, 0],
                times[rows],
                for_octave,
            )
    return torch.from_numpy(chosen).to(costs)
