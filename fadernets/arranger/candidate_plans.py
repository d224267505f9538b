"""The plans of an arrangement's candidates: what labels cost, by the segment and by its codes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.arranger import label_plan
from fadernets.arranger.chosen_rhythms import chosen_rhythms
from fadernets.arranger.free_counts import slack, usual_counts
from fadernets.arranger.label_plan import LabelPlan, PlanLimits
from fadernets.arranger.request import ArrangementRequest
from fadernets.arranger.rhythm_pattern import (
    has_fewer_onsets,
    has_more_onsets,
    metrical_weights,
    of_first_beat,
    steps_from_onsets,
    usual_onsets,
)
from fadernets.arranger.weights import ArrangementWeights
from fadernets.music.attributes import HOLD, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.notes import STEPS, STEPS_PER_BEAT

AGAINST_OWN = 0.9  # of what a change costs: most that a label decoder can say for it
AS_CHOSEN = 24.0  # nats in favour of an onset of the rhythm that is chosen as a whole
MAX_SURPRISE = 6.0  # nats: a label decoder that is surer would override the segment


def candidate_plans(
    request: ArrangementRequest,
    label_logits: dict[str, Tensor],
    noise: Tensor,
    weights: ArrangementWeights,
    not_held: Tensor,
    ringing: Tensor | int = 0,
    limits: PlanLimits | None = None,
    melody: Tensor | None = None,
    passing: Tensor | None = None,
) -> LabelPlan:
    """A plan for every candidate of every segment, (n * candidates, 16).

    `not_held`, (n, 16), is that of `NoteLimits`; `ringing`, (n, 16), is how many notes of each step
    ring in or on; `melody`, bool, (n, 16), whether the highest note of a step is struck in it.
    """
    candidates = noise.shape[1]
    surprise = {
        n: -x.float().log_softmax(-1).clamp(min=-MAX_SURPRISE) for n, x in label_logits.items()
    }
    differs = 1.0 - F.one_hot(request.labels[PLANNED_ONSETS], 3)
    counts = torch.arange(label_plan.COUNTS, device=noise.device)
    held, struck = (
        weights.stays_note * far + weights.even_note * far**2
        for far in (
            (counts - usual[..., None]).abs()
            for usual in usual_counts(request, passing, limits.ringing if limits else None)
        )
    )
    rhythm, note, more_struck = weights.stays_rhythm * differs, held, struck - held
    for cost, name, weight, stays in (
        (rhythm, PLANNED_ONSETS, weights.rhythm_decoder, weights.stays_rhythm),
        (note, PLANNED_COUNTS, weights.note_decoder, weights.stays_note),
    ):
        if name in surprise:
            own = surprise[name].gather(2, request.labels[name][..., None])
            # Where a decoder is wrong about the segment, its own labels stay the cheapest (if they
            # count for anything: without `stays` the plan is the decoder's alone).
            most = AGAINST_OWN * stays if stays else MAX_SURPRISE * weight
            says = (weight * (surprise[name] - own)).clamp(min=-most)
            if name == PLANNED_COUNTS:  # it knows the segment's own numbers and no others
                says = says * ~request.counts_are_free[:, None, None]
            cost += says
    # What rings over a border is let go last: a segment beside would lose it, too.
    note = note + weights.rings * (torch.as_tensor(ringing)[..., None] - counts).clamp(min=0)
    if melody is not None:
        is_lost = 1.0 - F.one_hot(torch.tensor(ONSET, device=noise.device), 3)
        rhythm = rhythm + weights.keeps_melody * melody[..., None] * is_lost
    fewer = has_fewer_onsets(request)[:, None]
    usual = weights.in_pattern * (usual_onsets(request) - 0.5)
    rhythm[..., ONSET] -= fewer * (usual + weights.on_beat * metrical_weights(request))
    more = has_more_onsets(request)[:, None]
    rhythm[..., ONSET] -= more * weights.in_gaps * steps_from_onsets(request)
    rhythm, note = rhythm.repeat_interleave(candidates, 0), note.repeat_interleave(candidates, 0)
    labels = noise[..., :3]
    labels = torch.where(fewer[..., None, None], of_first_beat(request, labels), labels)
    noise = torch.cat([labels, noise[..., 3:]], -1).flatten(0, 1)
    limits = limits or label_plan.PlanLimits.of(len(request.windows), STEPS, noise.device)
    # Strikes alone count beside a key that counts already; where none may come there are none.
    not_held = not_held * limits.allowed[..., ONSET]
    onsets = request.planned(PLANNED_ONSETS).clamp(*limits.onsets)
    notes = request.planned(PLANNED_COUNTS)
    rhythm, pace = rhythm + noise[..., :3], weights.even_rhythm * _off_pace(request)
    onsets, pace = (x.repeat_interleave(candidates, 0) for x in (onsets, pace))
    chosen = chosen_rhythms(request, rhythm, pace, onsets, limits, weights)
    rhythm[..., ONSET] -= AS_CHOSEN * chosen
    return label_plan.cheapest(
        rhythm,
        note + noise[..., 3:],
        onsets,
        notes.repeat_interleave(candidates, 0),
        not_held.repeat_interleave(candidates, 0),
        limits.repeated(candidates),
        pace,
        (weights.lets_go * ~_lets_go(request)).repeat_interleave(candidates, 0),
        more_struck.repeat_interleave(candidates, 0),
        slack(request, weights.free_notes).repeat_interleave(candidates, 0),
    )


def _lets_go(request: ArrangementRequest) -> Tensor:
    """Where the segment itself lets go of a note without striking another: bool, (n, 16)."""
    sounding = request.labels[PLANNED_COUNTS]
    less = sounding[:, 1:] < sounding[:, :-1]
    less &= request.labels[PLANNED_ONSETS][:, 1:] == HOLD
    return F.pad(less, (1, 0), value=True)


def _off_pace(request: ArrangementRequest) -> Tensor:
    """Onsets by which plans are ahead of the segments' own rhythm, or behind it: (n, 3, 17).

    For each number of onsets, 0 to 16, before the second, third and last beat, if onsets are taken
    in proportion from where they are, or added where none are. Half an onset off is no distance.
    """
    own = request.labels[PLANNED_ONSETS] == ONSET
    steps = torch.arange(STEPS, device=own.device)
    free = ~own & (steps < request.steps[:, None])
    onsets = request.planned(PLANNED_ONSETS)
    more = (onsets - own.sum(1)).clamp(min=0)
    share = torch.minimum(onsets / own.sum(1).clamp(min=1), onsets.new_ones(()))
    each = own * share[:, None] + free * (more / free.sum(1).clamp(min=1))[:, None]
    before = each.cumsum(1)[:, STEPS_PER_BEAT - 1 : -1 : STEPS_PER_BEAT]
    numbers = torch.arange(STEPS + 1, device=own.device)
    return ((numbers - before[..., None]).abs() - 0.5).clamp(min=0)
