"""Arranging: new densities by few changes to a segment's own notes (not in the paper).

First a plan (`fadernets.arranger.label_plan`): the rhythm and note labels with the densities asked
for that cost least, where the segment's own labels and those of the codes' label decoders are
cheap. Then the notes: step by step, as many as the plan says of those that the reviser
(`fadernets.models.reviser`) and the segment make likeliest. The densities are met exactly, and a
note that stays keeps its time, length and loudness. Of several candidates the one nearest to the
segment in harmony, key and notes is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.arranger import label_plan
from fadernets.arranger.borders import further_jumps
from fadernets.arranger.grid_to_notes import grid_to_notes
from fadernets.arranger.label_plan import LabelPlan, PlanLimits
from fadernets.arranger.nearest import harmony, nearest
from fadernets.arranger.note_limits import (
    NoteLimits,
    Repeats,
    note_limits,
    plan_limits,
    repeats_of,
    ringing,
    with_room,
)
from fadernets.arranger.request import ArrangementRequest, grid_of
from fadernets.arranger.weights import ArrangementWeights
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import MAX_POLYPHONY, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid
from fadernets.music.notes import STEPS, STEPS_PER_BEAT, Notes

DEFAULT = ArrangementWeights()
AGAINST_OWN = 0.9  # of what a change costs: most that a label decoder can say for it
FIRST = 1e9  # log-odds beyond all others but those of what must sound
SECOND = 2  # semitones
MAX_SURPRISE = 6.0  # nats: a label decoder that is surer would override the segment


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
    """
    size = len(request.notes)
    if not size:
        return []
    asked = (request.planned(name).tolist() for name in (PLANNED_ONSETS, PLANNED_COUNTS))
    windows = [with_room(*each) for each in zip(request.windows, *asked, strict=True)]
    source = grid_of(request.notes, keys.device)
    plan_noise, note_noise = _noise(size, candidates, seeds, keys.device)
    repeats = repeats_of(request.notes, keys.device)
    limits = note_limits(windows, source, request.labels[PLANNED_COUNTS])
    rings = grid_of([ringing(window) for window in windows], keys.device)
    plans = _plans(
        request,
        label_logits,
        weights.plan_noise * plan_noise,
        weights,
        repeats,
        rings.count,
        plan_limits(windows, source, limits, repeats),
    )
    originals = Grid(
        *(_repeated(x, candidates) for x in (source.onset, source.hold, source.velocity))
    )
    sounding = harmony(source)
    common = sounding / sounding.amax(1, keepdim=True).clamp(min=1e-6)
    preferences = _Preferences(
        weights,
        originals,
        _repeated(weights.in_melody * _melody(source), candidates),
        _repeated(weights.in_harmony * common, candidates),
        weights.note_noise * note_noise.flatten(0, 1),
        _repeated(request.legato, candidates)[:, None, None],
        Repeats(_repeated(repeats.again, candidates), _repeated(repeats.over, candidates)),
        weights.rings * _repeated(rings.onset, candidates),
        weights.rings * _repeated(rings.hold, candidates),
        _repeated(weights.clashes * _clashes(source), candidates),
    )
    grids, label_counts = _revised(
        reviser, plans, _repeated(keys, candidates), preferences, limits.repeated(candidates)
    )
    jumps = weights.beside * further_jumps(windows, source, grids)
    chosen = nearest(source, grids, candidates, weights.recall, jumps)
    chosen += candidates * torch.arange(size)
    cells = (
        x[chosen].cpu().numpy() for x in (grids.onset, grids.hold, grids.velocity, label_counts)
    )
    louder = request.louder.cpu().numpy() * 127
    return [
        grid_to_notes(onset, hold, velocity, window, shift, count)
        for onset, hold, velocity, count, window, shift in zip(
            *cells, request.windows, louder, strict=True
        )
    ]


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


def _plans(
    request: ArrangementRequest,
    label_logits: dict[str, Tensor],
    noise: Tensor,
    weights: ArrangementWeights,
    repeats: Repeats,
    ringing: Tensor | int = 0,
    limits: PlanLimits | None = None,
) -> LabelPlan:
    """A plan for every candidate of every segment, (n * candidates, 16).

    `ringing`, (n, 16), is how many notes of each step ring in or on.
    """
    candidates = noise.shape[1]
    surprise = {
        n: -x.float().log_softmax(-1).clamp(min=-MAX_SURPRISE) for n, x in label_logits.items()
    }
    differs = 1.0 - F.one_hot(request.labels[PLANNED_ONSETS], 3)
    counts = torch.arange(label_plan.COUNTS, device=noise.device)
    distance = (counts - request.labels[PLANNED_COUNTS][..., None]).abs().float()
    rhythm, note = weights.stays_rhythm * differs, weights.stays_note * distance
    for cost, name, weight, stays in (
        (rhythm, PLANNED_ONSETS, weights.rhythm_decoder, weights.stays_rhythm),
        (note, PLANNED_COUNTS, weights.note_decoder, weights.stays_note),
    ):
        if name in surprise:
            own = surprise[name].gather(2, request.labels[name][..., None])
            # Where a decoder is wrong about the segment, its own labels stay the cheapest (if they
            # count for anything: without `stays` the plan is the decoder's alone).
            most = AGAINST_OWN * stays if stays else MAX_SURPRISE * weight
            cost += (weight * (surprise[name] - own)).clamp(min=-most)
    # What rings over a border is let go last: a segment beside would lose it, too.
    note = note + weights.rings * (torch.as_tensor(ringing)[..., None] - counts).clamp(min=0)
    note = note + weights.even_note * distance**2
    rhythm, note = _repeated(rhythm, candidates), _repeated(note, candidates)
    noise = noise.flatten(0, 1)
    limits = limits or label_plan.PlanLimits.of(len(request.windows), STEPS, noise.device)
    onsets = request.planned(PLANNED_ONSETS).clamp(*limits.onsets)
    notes = request.planned(PLANNED_COUNTS)
    return label_plan.cheapest(
        rhythm + noise[..., :3],
        note + noise[..., 3:],
        _repeated(onsets, candidates),
        _repeated(notes, candidates),
        _repeated((repeats.again + repeats.over).sum(2), candidates),
        limits.repeated(candidates),
        _repeated(weights.even_rhythm * _off_pace(request), candidates),
    )


def _off_pace(request: ArrangementRequest) -> Tensor:
    """Onsets by which plans are ahead of the segments' own rhythm, or behind it: (n, 3, 17).

    For each number of onsets, 0 to 16, before the second, third and last beat, if onsets are taken
    in proportion from where they are, or added where none are. Half an onset off is no distance.
    """
    own = request.labels[PLANNED_ONSETS] == ONSET
    steps = torch.arange(STEPS, device=own.device)
    free = ~own & (steps < request.steps[:, None])
    asked = request.planned(PLANNED_ONSETS)
    more = (asked - own.sum(1)).clamp(min=0)
    share = torch.minimum(asked / own.sum(1).clamp(min=1), asked.new_ones(()))
    each = own * share[:, None] + free * (more / free.sum(1).clamp(min=1))[:, None]
    before = each.cumsum(1)[:, STEPS_PER_BEAT - 1 : -1 : STEPS_PER_BEAT]
    numbers = torch.arange(STEPS + 1, device=own.device)
    return ((numbers - before[..., None]).abs() - 0.5).clamp(min=0)


@dataclass(frozen=True)
class _Preferences:
    """What is added to the reviser's log-odds: source, melody, harmony, noise and legato."""

    weights: ArrangementWeights
    source: Grid
    melody: Tensor  # (b, 16, 88)
    harmony: Tensor  # (b, 88)
    noise: Tensor  # (b, 2, 16, 88)
    legato: Tensor  # (b, 1, 1)
    repeats: Repeats
    rings_onset: Tensor | float = 0.0  # (b, 16, 88)
    rings_hold: Tensor | float = 0.0
    clashes: Tensor | float = 0.0

    def onset(self, logits: Tensor) -> Tensor:
        # A melody note that is held must not win an onset: a new onset shall add a note, not strike
        # the melody again. Keys above it (negative) stay unlikely.
        melody = torch.where(self.source.hold > 0, self.melody.clamp(max=0), self.melody)
        bonus = self.weights.stays_onset * self.source.onset + melody + self.harmony[:, None]
        return logits + bonus + self.rings_onset + self.noise[:, 0] - self.legato - self.clashes

    def hold(self, logits: Tensor) -> Tensor:
        stays = self.weights.stays_hold * (self.source.hold - 0.5)
        bonus = stays + self.melody + 0.5 * self.harmony[:, None]
        return logits + bonus + self.rings_hold + self.noise[:, 1] + self.legato


def _revised(
    reviser: Reviser,
    plans: LabelPlan,
    keys: Tensor,
    preferences: _Preferences,
    limits: NoteLimits,
) -> tuple[Grid, Tensor]:
    """The notes that carry the plans out, and how many each cell counts for, as `select` has it."""
    labels = {PLANNED_ONSETS: plans.rhythm, PLANNED_COUNTS: plans.note}
    source = shown = preferences.source
    for _ in range(preferences.weights.passes):
        with torch.autocast(keys.device.type, torch.bfloat16, enabled=half_precision(keys.device)):
            onset, hold, velocity = reviser(shown, labels, keys)
        onset, hold = onset.float(), hold.float()
        # The reviser has never seen a note that rings in: what speaks for holding it a step later
        # has to do.
        hold = torch.cat([hold[:, 1:2], hold[:, 1:]], 1)
        struck, held, count = select(
            preferences.onset(onset),
            preferences.hold(hold),
            plans,
            source.onset > 0,
            preferences.repeats,
            limits,
            preferences.weights.again,
        )
        velocity = torch.where(source.onset > 0, source.velocity, velocity.float().clamp(0.05, 1.0))
        shown = Grid(struck.float(), held.float(), velocity * struck)
    return shown, count


def half_precision(device: torch.device) -> bool:
    """Whether the reviser computes in half precision, as it does where that is faster."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def select(
    onset: Tensor,
    hold: Tensor,
    plans: LabelPlan,
    own: Tensor,
    repeats: Repeats,
    limits: NoteLimits | None = None,
    again: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """From left to right, the likeliest notes at every step, as many as the plan says.

    Parameters
    ----------
    onset, hold : float tensors, shape (b, 16, 88)
        Log-odds that a note is struck, and that one goes on sounding.
    plans : LabelPlan
        Of b segments.
    own : bool tensor, shape (b, 16, 88)
        Where the source strikes a key.
    repeats : Repeats
        Of the source: what its strikes count for beyond one. The last key chosen in a step counts
        for no more than the plan has left.
    limits : NoteLimits, optional
        By default nothing rings in and nothing is locked.
    again : float
        Log-odds taken from a new strike of a key that sounds in the step before.

    Returns
    -------
    struck, held : bool tensors, shape (b, 16, 88)
        At a step with an onset at least one note is struck, at others none; only what sounded in
        the step before can be held.
    count : int64 tensor, shape (b, 16, 88)
        Notes that each cell counts for in the note label.
    """
    sounding = torch.zeros_like(onset[:, 0], dtype=torch.bool)
    never = torch.tensor(-torch.inf, device=onset.device)
    notes, must = plans.note, None
    if limits is not None:
        sounding, must = limits.ringing, limits.must_strike
        onset = onset.masked_fill(~limits.may_strike, -torch.inf).masked_fill(must, torch.inf)
        hold = hold.masked_fill(~limits.may_hold, -torch.inf)
        hold = hold.masked_fill(limits.must_hold, torch.inf)
        notes = notes + torch.where(notes == MAX_POLYPHONY, limits.beyond, 0)
    is_own = sounding  # whether a note that sounds is the source's last one of its key
    row = torch.arange(len(onset), device=onset.device)
    struck, held, count = [], [], []
    for t in range(STEPS):
        strikes = (plans.rhythm[:, t] == ONSET)[:, None]
        wish = onset[:, t] - again * (sounding & ~own[:, t])
        on = torch.where(strikes, wish, never)
        # The likeliest onset goes before all but what must sound, for which the plan has room:
        # holds alone could fill the step, and the plan's onset would be lost.
        first = torch.zeros_like(sounding)
        first[row, wish.argmax(1)] = True
        on = torch.where(first & strikes, on.clamp(min=FIRST), on)
        off = torch.where(sounding, hold[:, t], never)
        score = torch.maximum(on, off)
        order = score.argsort(dim=1, descending=True, stable=True)
        wanted = 1 + (on >= off) * (repeats.again[:, t] + repeats.over[:, t] * is_own)
        in_order = wanted.gather(1, order)
        left = notes[:, t, None] - (in_order.cumsum(1) - in_order)
        taken = torch.minimum(in_order, left.clamp(min=0))
        if must is not None:  # of a locked key all strikes stay
            taken = torch.where(must[:, t].gather(1, order), in_order, taken)
        counted = torch.empty_like(taken).scatter_(1, order, taken) * (score > never)
        sounding = counted > 0
        struck.append(sounding & (on >= off))
        held.append(sounding & (on < off))
        count.append(counted)
        is_own = (struck[-1] & own[:, t]) | (held[-1] & is_own & ~own[:, t])
    return torch.stack(struck, 1), torch.stack(held, 1), torch.stack(count, 1)


def _melody(notes: Grid) -> Tensor:
    """1 at the highest key that sounds in each step, -1 above it, else 0: (b, 16, 88)."""
    sounds = notes.onset + notes.hold
    higher = sounds.flip(2).cumsum(2).flip(2)  # keys that sound from here upwards
    highest = (sounds > 0) & (higher == 1)
    above = (higher == 0) & (sounds.amax(2, keepdim=True) > 0)
    return highest.float() - above.float()


def _clashes(notes: Grid) -> Tensor:
    """Where a key that is not struck is a second away from one that sounds: bool, (b, 16, 88)."""
    sounds = F.pad(notes.onset + notes.hold, (SECOND, SECOND))
    within = F.max_pool1d(sounds, 2 * SECOND + 1, 1)
    return (within > 0) & (notes.onset + notes.hold == 0)
