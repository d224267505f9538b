"""The pattern of a segment's rhythm: where in its beats it strikes.

Where onsets are taken, those go first that stand where few other beats have one, so that what is
left goes on from beat to beat as it did.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fadernets.arranger.request import ArrangementRequest
from fadernets.music.attributes import ONSET, PLANNED_ONSETS
from fadernets.music.notes import STEPS

FAR_ENOUGH = 2  # steps: farther ones are alike, so that new onsets spread in a long gap
OFF_BEAT = 0.5  # what the quavers between two beats weigh, of a beat


def has_fewer_onsets(request: ArrangementRequest) -> Tensor:
    """Whether fewer onsets are asked for than a segment has: bool, shape (n,)."""
    own = request.labels[PLANNED_ONSETS] == ONSET
    return request.planned(PLANNED_ONSETS) < own.sum(1)


def has_more_onsets(request: ArrangementRequest) -> Tensor:
    """Whether more onsets are asked for than a segment has: bool, shape (n,)."""
    own = request.labels[PLANNED_ONSETS] == ONSET
    return request.planned(PLANNED_ONSETS) > own.sum(1)


def steps_from_onsets(request: ArrangementRequest) -> Tensor:
    """Steps of each from the nearest onset or the end, less one, 2 at most: float, shape (n, 16).

    At an onset 2, so that none gives way to a new one; all is 0 where there is no onset.
    """
    own = request.labels[PLANNED_ONSETS] == ONSET
    step = torch.arange(STEPS, device=own.device)
    far = torch.where(own[:, None], (step[:, None] - step).abs(), STEPS).amin(2)
    to_end = request.steps[:, None] - step
    between = (torch.minimum(far, to_end) - 1).clamp(0, FAR_ENOUGH)
    return torch.where(own, FAR_ENOUGH, between).float() * own.any(1, keepdim=True)


def usual_onsets(request: ArrangementRequest) -> Tensor:
    """Share of a segment's beats, and pairs of beats, that have an onset at the place of each step.

    Returns
    -------
    float tensor, shape (n, 16), 0 to 1
        The mean of both shares.
    """
    beat = _beats(request)
    own = request.labels[PLANNED_ONSETS] == ONSET
    inside = torch.arange(STEPS, device=own.device) < request.steps[:, None]
    return (_shares(own, inside, beat) + _shares(own, inside, 2 * beat)) / 2


def _shares(own: Tensor, inside: Tensor, period: Tensor) -> Tensor:
    """Share of the periods of each row that have an onset at the place of each step."""
    place = _place(period)
    none = torch.zeros(own.shape, device=own.device)
    onsets, times = (none.scatter_add(1, place, x.float()) for x in (own & inside, inside))
    return (onsets / times.clamp(min=1)).gather(1, place)


def metrical_weights(request: ArrangementRequest) -> Tensor:
    """1 on the beats of a segment, half as much on other quavers, else 0: float, shape (n, 16).

    All 0 in a take without a click: what is kept on its beats, which are the recorder's, is
    no pattern of its own, and is told from real takes by just that.
    """
    place = _place(_beats(request))
    weights = torch.where(place == 0, 1.0, OFF_BEAT * (place % 2 == 0))
    follows = [window.follows_beats for window in request.windows]
    return weights * torch.tensor(follows, device=weights.device)[:, None]


def of_first_beat(request: ArrangementRequest, values: Tensor) -> Tensor:
    """Values, (n, c, 16, k), of every step as they are at its place in the first beat."""
    place = _place(_beats(request))[:, None, :, None]
    return values.gather(2, place.expand_as(values))


def _beats(request: ArrangementRequest) -> Tensor:
    """Steps of each segment's beat: int64, shape (n,)."""
    return torch.tensor([w.beat for w in request.windows], device=request.louder.device)


def _place(period: Tensor) -> Tensor:
    """Place of each step in its period: int64, shape (n, 16)."""
    return torch.arange(STEPS, device=period.device) % period[:, None]
