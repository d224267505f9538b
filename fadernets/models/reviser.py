"""Reviser: which notes fit a plan of labels, given the current notes (not in the paper).

The paper's decoder plays a segment from its codes alone and loses half of its notes. The reviser
sees the segment itself, as a grid of steps by keys, and a plan: the rhythm and note labels that the
result must have. For every step and key it predicts the probability that a note is struck and that
one is held; `fadernets.arranger.arrange` takes the likeliest, as many as the plan says.

It is trained as a denoiser: notes of a training segment are left out, lengthened or added, and it
has to restore the segment from this and the labels of the segment's grid. Where the plan asks for
more notes than are shown it has to add fitting ones; where for fewer, to drop the least important.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets.compute.transformer import transformed
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.music.attributes import (
    MAX_POLYPHONY,
    ONSET,
    PLANNED,
    PLANNED_COUNTS,
    PLANNED_ONSETS,
    attribute,
)
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid, StepNotes, grid, notes_of_tokens
from fadernets.music.key import KEYS
from fadernets.music.notes import STEPS

OCTAVE = 12
FEEDFORWARD = 3  # widths of the inner layer, in widths of the outer
SHOWN_LOG_ODDS = 3.0  # log-odds of a shown note before training
HOLD_WEIGHT, VELOCITY_WEIGHT = 2.0, 5.0  # brings the three losses to about one size
INTERVALS = (0, 0, 0, 12, -12, 7, -5, 4, -3, 3, -4)  # semitones from a note to an added one


Draw = Callable[..., Tensor]  # a shape -> uniform numbers from 0 to 1


class Reviser(nn.Module):
    """A transformer over the sixteen steps of a segment.

    Its plan says where notes begin and how many sound, whatever further attributes the
    configuration names: those have no part in an arrangement.

    Attributes
    ----------
    poles : float tensor, shape (2, 2)
        Rhythm density and velocity (0 to 1) at the ends of the way from low arousal, first row, to
        high. Measured by `train.export` once a model is trained.
    """

    poles: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.shown = nn.Linear(3 * PITCHES, width)
        self.labels = nn.ModuleDict({n: nn.Embedding(attribute(n).classes, width) for n in PLANNED})
        self.key = nn.Embedding(KEYS, width)
        self.place = nn.Parameter(0.02 * torch.randn(STEPS, width))
        layer = nn.TransformerEncoderLayer(
            width,
            config.heads,
            FEEDFORWARD * width,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, 3 * PITCHES)
        self.belief = nn.Parameter(torch.tensor([SHOWN_LOG_ODDS, SHOWN_LOG_ODDS]))
        self.register_buffer("poles", torch.zeros(2, 2))

    def forward(
        self, source: Grid, labels: dict[str, Tensor], key: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Log-odds of onsets and of holds, and velocities (about 0 to 1): each (b, 16, 88).

        Parameters
        ----------
        source : Grid
            The current notes.
        labels : name -> int64 tensor, shape (b, 16)
            The plan.
        key : int64 tensor, shape (b,)
        """
        hidden = self.shown(torch.cat([source.onset, source.hold, source.velocity], dim=2))
        hidden = hidden + self.key(key)[:, None] + self.place
        for name, embed in self.labels.items():
            hidden = hidden + embed(labels[name])
        onset, hold, velocity = self.output(self.norm(transformed(self.layers, hidden))).chunk(
            3, dim=2
        )
        # Few keys are struck at a step.
        onset = onset + self.belief[0] * source.onset - SHOWN_LOG_ODDS
        return onset, hold + self.belief[1] * source.hold, velocity

    def losses(self, batch: Batch, beta: float) -> dict[str, Tensor]:
        """Cross-entropies of onsets (nats a note) and holds, error of velocities, and "total".

        `beta` is for models with codes; there is none here.
        """
        notes, key = notes_of_tokens(batch.tokens), batch.key
        segments = len(batch.tokens)
        if self.training:
            notes, key = transposed(notes, key)
        target, source = grid(notes, segments), grid(damaged(notes, segments), segments)
        counts = target.count.clamp(max=MAX_POLYPHONY)
        plan = {PLANNED_ONSETS: target.rhythm, PLANNED_COUNTS: counts}
        onset, hold, velocity = (x.float() for x in self(source, plan, key))
        struck = plan[PLANNED_ONSETS] == ONSET  # only there is anything to choose
        wrong = F.binary_cross_entropy_with_logits(
            onset[struck], target.onset[struck], reduction="sum"
        )
        terms = {"onset": wrong / target.onset.sum()}
        before = F.pad((target.onset + target.hold)[:, :-1], (0, 0, 1, 0)) > 0
        wrong = F.binary_cross_entropy_with_logits(
            hold[before], target.hold[before], reduction="sum"
        )
        terms["hold"] = wrong / before.sum()
        is_struck = target.onset > 0
        wrong = F.mse_loss(velocity[is_struck], target.velocity[is_struck], reduction="sum")
        terms["velocity"] = wrong / is_struck.sum()
        total = terms["onset"] + HOLD_WEIGHT * terms["hold"] + VELOCITY_WEIGHT * terms["velocity"]
        return terms | {"total": total}


def transposed(notes: StepNotes, key: Tensor) -> tuple[StepNotes, Tensor]:
    """Each segment up to half an octave up or down, notes beyond the keyboard an octave back."""
    shift = torch.randint(-6, 6, key.shape, device=key.device)
    pitch = notes.pitch + shift[notes.segment]
    pitch = torch.where(pitch < 0, pitch + OCTAVE, pitch)
    pitch = torch.where(pitch >= PITCHES, pitch - OCTAVE, pitch)
    moved = StepNotes(notes.segment, notes.first, notes.last, pitch, notes.velocity)
    mode = key // OCTAVE * OCTAVE
    return moved, mode + (key - mode + shift) % OCTAVE


def damaged(notes: StepNotes, segments: int) -> StepNotes:
    """Notes with some left out, some of another length, and some wrong among them.

    A fifth of the segments lose no note, a tenth lose all; the others lose a random share, half of
    them by whole steps.
    """
    device = notes.pitch.device

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, device=device)

    share = draw(segments)
    share = torch.where(draw(segments) < 0.2, 1.0, share)
    share = torch.where(draw(segments) < 0.1, 0.0, share)
    by_step = (draw(segments) < 0.5)[notes.segment]
    chance = torch.where(
        by_step, draw(segments, STEPS)[notes.segment, notes.first], draw(len(notes))
    )
    remaining = _lengthened(notes[chance < share[notes.segment]], draw)
    wrong = _wrong_notes(notes, segments, draw)
    return StepNotes(
        torch.cat([remaining.segment, wrong.segment]),
        torch.cat([remaining.first, wrong.first]),
        torch.cat([remaining.last, wrong.last]),
        torch.cat([remaining.pitch, wrong.pitch]),
        torch.cat([remaining.velocity, wrong.velocity]),
    )


def _lengthened(notes: StepNotes, draw: Draw) -> StepNotes:
    """A random share of the notes of six segments in ten ends at a random step."""
    segments = int(notes.segment.max()) + 1 if len(notes) else 0
    share = draw(segments) * (draw(segments) < 0.6)
    end = torch.maximum(notes.first, (draw(len(notes)) * STEPS).long())
    last = torch.where(draw(len(notes)) < share[notes.segment], end, notes.last)
    return StepNotes(notes.segment, notes.first, last, notes.pitch, notes.velocity)


def _wrong_notes(notes: StepNotes, segments: int, draw: Draw) -> StepNotes:
    """Wrong notes for six segments in ten: its own elsewhere, or some of another segment."""
    amount = 0.8 * draw(segments) * (draw(segments) < 0.6)
    picked = notes[draw(len(notes)) < amount[notes.segment]]
    own = (draw(segments) < 0.7)[picked.segment]
    moved = own & (draw(len(picked)) < 0.7)
    first = torch.where(moved, (draw(len(picked)) * STEPS).long(), picked.first)
    last = (first + picked.last - picked.first).clamp(max=STEPS - 1)
    intervals = torch.tensor(INTERVALS, device=notes.pitch.device)
    interval = intervals[(draw(len(picked)) * len(intervals)).long()]
    near = (draw(len(picked)) * 5).long() - 2
    pitch = (picked.pitch + torch.where(own, interval, near)).clamp(0, PITCHES - 1)
    elsewhere = torch.argsort(draw(segments))[picked.segment]
    segment = torch.where(own, picked.segment, elsewhere)
    return StepNotes(segment, first, last, pitch, picked.velocity)
