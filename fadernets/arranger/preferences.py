"""What an arrangement adds to the reviser's log-odds: what of the segment is to stay, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.arranger.note_limits import Repeats
from fadernets.arranger.request import ArrangementRequest
from fadernets.arranger.weights import ArrangementWeights
from fadernets.music.attributes import ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.grid import Grid

SECOND = 2  # semitones


@dataclass(frozen=True)
class Preferences:
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
    against_new: Tensor | float = 0.0  # (b, 16, 88)
    nothing_new: Tensor | float = 1.0  # (b, 1, 1)

    def onset(self, logits: Tensor) -> Tensor:
        # A melody note that is held must not win an onset: a new onset shall add a note, not strike
        # the melody again. Keys above it (negative) stay unlikely.
        melody = torch.where(self.source.hold > 0, self.melody.clamp(max=0), self.melody)
        bonus = self.weights.stays_onset * self.source.onset + melody + self.harmony[:, None]
        return logits + bonus + self.rings_onset + self.noise[:, 0] - self.legato - self.against_new

    def hold(self, logits: Tensor) -> Tensor:
        own, half = self.source.hold, 0.5 * self.weights.stays_hold
        # Where new notes come, others are held longer, too, so that less has to be struck.
        stays = half * own - half * (1 - own) * self.nothing_new
        bonus = stays + self.melody + 0.5 * self.harmony[:, None]
        return logits + bonus + self.rings_hold + self.noise[:, 1] + self.legato


def melody(notes: Grid) -> Tensor:
    """1 at the highest key that sounds in each step, -1 above it, else 0: (b, 16, 88)."""
    sounds = notes.onset + notes.hold
    higher = sounds.flip(2).cumsum(2).flip(2)  # keys that sound from here upwards
    highest = (sounds > 0) & (higher == 1)
    above = (higher == 0) & (sounds.amax(2, keepdim=True) > 0)
    return highest.float() - above.float()


def bass(notes: Grid) -> Tensor:
    """1 at the lowest key that sounds in each step, -1 below it, else 0: (b, 16, 88)."""
    return melody(Grid(*(x.flip(2) for x in (notes.onset, notes.hold, notes.velocity)))).flip(2)


def gets_nothing_new(request: ArrangementRequest, source: Grid) -> Tensor:
    """Whether neither more onsets nor more notes are asked for of each segment: bool, (n,)."""
    return _all_asked(request, source, torch.le)


def has_what_is_asked(request: ArrangementRequest, source: Grid) -> Tensor:
    """Whether each segment has the densities that are asked for already: bool, (n,)."""
    return _all_asked(request, source, torch.eq)


def _all_asked(
    request: ArrangementRequest, source: Grid, compared: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Whether what is asked for of each segment compares so with what it has: bool, (n,)."""
    # With another segment's labels there is everything to strike.
    are_all = (source.rhythm == request.labels[PLANNED_ONSETS]).all(1)
    own = {PLANNED_ONSETS: request.labels[PLANNED_ONSETS] == ONSET}
    own[PLANNED_COUNTS] = request.labels[PLANNED_COUNTS]
    for name, label in own.items():
        are_all &= compared(request.planned(name), label.sum(1))
    return are_all


def against_new(weights: ArrangementWeights, nothing_new: Tensor, source: Grid) -> Tensor:
    """Log-odds against new strikes: (n, 16, 88)."""
    adds = nothing_new[:, None, None] & (source.onset == 0)
    return weights.clashes * clashes_of(source) + weights.adds * adds


def clashes_of(notes: Grid) -> Tensor:
    """Where a key that is not struck is a second away from one that sounds: bool, (b, 16, 88)."""
    sounds = F.pad(notes.onset + notes.hold, (SECOND, SECOND))
    within = F.max_pool1d(sounds, 2 * SECOND + 1, 1)
    return (within > 0) & (notes.onset + notes.hold == 0)
