"""Arranging: new densities by few changes to a segment's own notes (not in the paper).

First a plan (`fadernets.arranger.label_plan`): the rhythm and note labels with the densities asked
for that cost least, where the segment's own labels and those of the codes' label decoders are
cheap. Then the notes: step by step, as many as the plan says of those that the reviser
(`fadernets.models.reviser`) and the segment make likeliest. The densities are met exactly, and a
note that stays keeps its time, length and loudness. Of several candidates one is taken that
is near to the segment in harmony, key and notes, and that a discriminator cannot tell from music.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger import label_plan
from fadernets.arranger.borders import further_jumps
from fadernets.arranger.candidate_plans import candidate_plans
from fadernets.arranger.free_counts import passing_notes, slack
from fadernets.arranger.grid_to_notes import Cells, GridReader
from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.nearness import further_changed, harmony, nearness
from fadernets.arranger.note_limits import (
    NoteLimits,
    Repeats,
    note_limits,
    plan_limits,
    repeats_of,
    ringing,
    with_room,
)
from fadernets.arranger.preferences import (
    Preferences,
    against_new,
    bass,
    gets_nothing_new,
    has_what_is_asked,
    melody,
)
from fadernets.arranger.request import ArrangementRequest, grid_of
from fadernets.arranger.rhythm_pattern import has_fewer_onsets, has_more_onsets
from fadernets.arranger.selection import select
from fadernets.arranger.split_gaps import with_gaps_split
from fadernets.arranger.weights import ArrangementWeights
from fadernets.discriminator.discriminator import Candidates, Discriminates
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid, a_step_later
from fadernets.music.notes import STEPS, Notes
from fadernets.music.windows import NO_NOTES

DEFAULT = ArrangementWeights()


@torch.inference_mode()
def arrange(
    reviser: Reviser,
    request: ArrangementRequest,
    label_logits: dict[str, Tensor],
    keys: Tensor,
    *,
    candidates: int = 1,
    seeds: Sequence[int] | None = None,
    weights: ArrangementWeights = DEFAULT,
    discriminator: Discriminates | None = None,
) -> list[Notes]:
    """Segments rearranged so that they have the densities of a request.

    Parameters
    ----------
    reviser : Reviser
    request : ArrangementRequest
        For n segments.
    label_logits : name -> float tensor, shape (n, 16, classes)
        Of the codes' label decoders, given the labels of the request; may lack attributes.
    keys : int64 tensor, shape (n,)
    candidates : int
        Arrangements of each segment to choose from.
    seeds : sequence of n int, optional
        Draw an arrangement at random, the same for the same seed; None gives the likeliest.
    weights : ArrangementWeights
    discriminator : Discriminates, optional
        Has its say in which of several candidates is taken.
    """
    size = len(request.notes)
    if not size:
        return []
    most = request.planned(PLANNED_COUNTS) + slack(request, weights.free_notes)
    onsets_and_notes = request.planned(PLANNED_ONSETS).tolist(), most.tolist()
    # Where onsets come to a segment, its own stay; to go on behind its start, notes of the one
    # before would have to be held through the new ones there.
    fewer = has_fewer_onsets(request).tolist()
    own = [
        window if loses else replace(window, may_ring=NO_NOTES)
        for window, loses in zip(request.windows, fewer, strict=True)
    ]
    windows = [with_room(*each) for each in zip(own, *onsets_and_notes, strict=True)]
    source = grid_of(request.notes, keys.device)
    plan_noise, note_noise = _noise(size, candidates, seeds, keys.device)
    repeats = repeats_of(request.notes, keys.device)
    limits = note_limits(windows, source, request.labels[PLANNED_COUNTS])
    rings = grid_of([ringing(window) for window in windows], keys.device)
    passing = passing_notes(request.notes, keys.device)
    plans = candidate_plans(
        request,
        label_logits,
        weights.plan_noise * plan_noise,
        weights,
        limits.not_held(repeats),
        rings.count,
        plan_limits(windows, source, limits, repeats),
        ((melody(source) > 0) & (source.onset > 0)).any(2),
        passing.sum(2),
    )
    originals = Grid(
        *(_repeated(x, candidates) for x in (source.onset, source.hold, source.velocity))
    )
    against_passing = weights.passes_by * a_step_later(passing)
    sounding = harmony(source)
    common = sounding / sounding.amax(1, keepdim=True).clamp(min=1e-6)
    nothing_new = gets_nothing_new(request, source)
    preferences = Preferences(
        weights,
        originals,
        _repeated(weights.in_melody * melody(source) + weights.in_bass * bass(source), candidates),
        _repeated(weights.in_harmony * common, candidates),
        weights.note_noise * note_noise.flatten(0, 1),
        _repeated(request.legato, candidates)[:, None, None],
        Repeats(_repeated(repeats.again, candidates), _repeated(repeats.over, candidates)),
        _repeated(weights.rings * rings.onset, candidates),
        _repeated(weights.rings * rings.hold - against_passing, candidates),
        _repeated(against_new(weights, nothing_new, source), candidates),
        _repeated(nothing_new.float(), candidates)[:, None, None],
    )
    grids, label_counts, log_odds = _revised(
        reviser,
        plans,
        _repeated(keys, candidates),
        preferences,
        limits.repeated(candidates),
        candidates,
    )
    cells = [x.cpu().numpy() for x in (grids.onset, grids.hold, grids.velocity, label_counts)]
    odds_of_onsets = log_odds.cpu().numpy()
    room = _room(plans, request, most).tolist()
    louder = request.louder.cpu().numpy() * 127
    readers = [GridReader(window) for window in request.windows]

    @cache
    def notes_of(row: int) -> Notes:
        segment = row // candidates
        reader = readers[segment]
        notes = reader.read(Cells(*(x[row] for x in cells)), float(louder[segment]))
        if room[row] > 0 and reader.touch.is_played:
            notes = with_gaps_split(notes, odds_of_onsets[row], reader.touch, room[row])
        return notes

    if candidates == 1:
        return [notes_of(row) for row in range(size)]
    jumps = weights.beside * further_jumps(windows, source, grids)
    score = nearness(source, grids, candidates, weights.recall, jumps)
    if discriminator is not None:
        every = [notes_of(row) for row in range(len(grids.onset))]
        steps = request.steps.repeat_interleave(candidates)
        odds = discriminator.log_odds(Candidates(every, steps.tolist(), _moved(plans, request)))
        # What has the densities that are asked for is to stay as it is, however unusual.
        stays = has_what_is_asked(request, source) & (request.legato == 0)
        say = weights.unlike_music * ~stays.cpu()[:, None] * odds.view(size, candidates)
        further = further_changed(source, grids, score.argmax(1), nothing_new)
        further &= ~_fewer_onsets_alone(request).cpu()[:, None]
        score = (score - say).masked_fill(further, -torch.inf)
    return [
        notes_of(segment * candidates + best)
        for segment, best in enumerate(score.argmax(1).tolist())
    ]


def _fewer_onsets_alone(request: ArrangementRequest) -> Tensor:
    """Whether all that is asked for is fewer onsets, not fewer notes or longer ones: bool, (n,).

    Music that is calmer or thinner gets nothing new; onsets may be fewer in other places.
    """
    counts = request.labels[PLANNED_COUNTS].sum(1)
    is_thinner = request.planned(PLANNED_COUNTS) < counts
    return has_fewer_onsets(request) & ~is_thinner & (request.legato == 0)


def _moved(plans: LabelPlan, request: ArrangementRequest) -> np.ndarray:
    """How far plans move the densities of their segments: float64, (n * candidates, 2)."""
    size = len(request.windows)
    labels = request.labels[PLANNED_ONSETS] == ONSET, request.labels[PLANNED_COUNTS]
    moved = [
        (planned.view(size, -1, STEPS).sum(2) - own.sum(1)[:, None]) / request.steps[:, None]
        for planned, own in zip((plans.rhythm == ONSET, plans.note), labels, strict=True)
    ]
    return torch.stack(moved, 2).flatten(0, 1).cpu().double().numpy()


def _room(plans: LabelPlan, request: ArrangementRequest, most: Tensor) -> Tensor:
    """Notes that may come beside a plan's where runs of a take get more onsets: int64, (m,).

    Where anything is locked none may: one between two notes of a locked melody is heard as its own.
    """
    closed = [window.follows_beats or window.is_locked for window in request.windows]
    gets = has_more_onsets(request) & request.counts_are_free
    gets &= ~torch.tensor(closed, device=most.device)
    left = most[:, None] - plans.note.view(len(most), -1, STEPS).sum(2)
    return torch.where(gets[:, None], left, 0).flatten()


def _repeated(x: Tensor, times: int) -> Tensor:
    return x.repeat_interleave(times, 0)


def _noise(
    size: int, candidates: int, seeds: Sequence[int] | None, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Noise for plans, (n, candidates, 16, 19), and notes, (n, candidates, 2, 16, 88).

    A row depends on its seed alone. Without seeds the first candidate has no noise.
    """
    classes = 3 + label_plan.COUNTS
    rows = []
    for seed in [0] if seeds is None else seeds:
        generator = torch.Generator().manual_seed(int(seed) % 2**63)
        labels = torch.rand(candidates, STEPS, classes, generator=generator)
        notes = torch.randn(candidates, 2, STEPS, PITCHES, generator=generator)
        rows.append((labels, notes))
    labels, notes = (torch.stack(x).to(device) for x in zip(*rows, strict=True))
    if seeds is None:
        labels[:, 0], notes[:, 0] = 0.0, 0.0
    return labels.expand(size, -1, -1, -1), notes.expand(size, -1, -1, -1, -1)


def _revised(
    reviser: Reviser,
    plans: LabelPlan,
    keys: Tensor,
    preferences: Preferences,
    limits: NoteLimits,
    candidates: int,
) -> tuple[Grid, Tensor, Tensor]:
    """The notes that carry the plans out, how many each cell counts for, and log-odds of onsets.

    The second is as `select` has it; keys that may not be struck have log-odds of minus infinity.
    """
    labels = {PLANNED_ONSETS: plans.rhythm, PLANNED_COUNTS: plans.note}
    source = grid = preferences.source
    for number in range(preferences.weights.passes):
        rows, answer = _different(plans, candidates) if number == 0 else (slice(None),) * 2
        with torch.autocast(keys.device.type, torch.bfloat16, enabled=half_precision(keys.device)):
            onset, hold, velocity = (
                x.float()[answer]
                for x in reviser(
                    Grid(grid.onset[rows], grid.hold[rows], grid.velocity[rows]),
                    {name: label[rows] for name, label in labels.items()},
                    keys[rows],
                )
            )
        # The reviser has never seen a note that rings in: what speaks for holding it a step later
        # has to do.
        hold = torch.cat([hold[:, 1:2], hold[:, 1:]], 1)
        wish = preferences.onset(onset)
        struck, held, count = select(
            wish,
            preferences.hold(hold),
            plans,
            source.onset > 0,
            preferences.repeats,
            limits,
            preferences.weights.again,
        )
        velocity = torch.where(source.onset > 0, source.velocity, velocity.clamp(0.05, 1.0))
        grid = Grid(struck.float(), held.float(), velocity * struck)
    return grid, count, wish.masked_fill(~limits.may_strike, -torch.inf)


def _different(plans: LabelPlan, candidates: int) -> tuple[Tensor, Tensor]:
    """Rows of one candidate for every plan of each segment, and each row's place among these.

    Candidates often agree on a plan, and a fifth of the reviser's work would be done again.
    """
    rows = torch.arange(len(plans.rhythm), device=plans.rhythm.device)
    segment = rows[:, None] // candidates
    each = torch.cat([segment, plans.rhythm, plans.note], 1)
    unique, of_row = each.unique(dim=0, return_inverse=True)
    first = torch.empty(len(unique), dtype=torch.long, device=rows.device)
    return first.scatter_(0, of_row, rows), of_row


def half_precision(device: torch.device) -> bool:
    """Whether the reviser computes in half precision, as it does where that is faster."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.backends.cpu.get_cpu_capability() == "AVX512"
