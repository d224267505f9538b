"""How codes become notes: decoded token by token, or by rearranging the segment's own notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from fadernets.arranger.arrange import DEFAULT, arrange
from fadernets.arranger.request import ArrangementRequest, arrangement_request
from fadernets.arranger.weights import ArrangementWeights
from fadernets.codes import Codes
from fadernets.compute.threads import side_by_side
from fadernets.decoding.generate import generate
from fadernets.discriminator.discriminator import Discriminates
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.models.vanilla import VanillaVAE
from fadernets.music import events, mode
from fadernets.music.attributes import ONSET, PLANNED_ONSETS
from fadernets.music.notes import STEPS, Notes
from fadernets.music.windows import Window, among

TEMPERATURE = 0.8  # of sampled decoding
BATCH = 256  # segments decoded together at most, which bounds memory
CANDIDATES = 8  # arrangements of a segment to choose from
LOUDNESS = 0.5  # of the way between the poles: music of the mood is as far from the middle
# Of what onsets and loudness else move, where arousal moves tempo, too: by half, changed
# music is told more from real music and heard hardly more (train/results/arousal_tries.json).
BESIDE_TEMPO = 1 / 3
LEGATO, STACCATO = 6.0, 3.0  # log-odds for holding on the way to low arousal, for striking to high


class Realiser(Protocol):
    """What `fadernets.net.FaderNet` plays codes with."""

    takes_any: bool  # every segment in which anything is played, not the paper's alone
    moves_expression: bool  # arousal is in how a piece is played, too

    def request(
        self, segments: Sequence[Window], device: torch.device
    ) -> ArrangementRequest | None:
        """What codes need of their segments to be played; None if they need nothing."""

    def shift_arousal(self, request: Any, by: Tensor) -> ArrangementRequest | None:
        """Move the request by float64 (n,) towards low arousal, below 0 towards high."""

    def to_parallel_mode(
        self, request: Any, keys: Tensor, side: str, strengths: np.ndarray
    ) -> ArrangementRequest | None:
        """Move the request to minor, for side "low", or to major; strengths of shape (n,)."""

    def notes_of(self, model: SegmentVAE, codes: Codes, seeds: Sequence[int] | None) -> list[Notes]:
        """The notes of n codes."""


@dataclass(frozen=True)
class AutoregressiveDecoding:
    """The paper's way: the decoder predicts every token from the codes and the key (3.2)."""

    takes_any = moves_expression = False

    def request(self, segments: Sequence[Window], device: torch.device) -> None:
        """None: the codes are enough."""

    def shift_arousal(self, request: ArrangementRequest | None, by: Tensor) -> None:
        """None: the shifted codes are enough."""

    def to_parallel_mode(
        self, request: ArrangementRequest | None, keys: Tensor, side: str, strengths: np.ndarray
    ) -> None:
        """None: the decoder sees the new keys."""

    def notes_of(self, model: SegmentVAE, codes: Codes, seeds: Sequence[int] | None) -> list[Notes]:
        """The likeliest tokens, or with seeds tokens drawn at random."""
        condition = model.condition(codes.values, codes.key)
        played = []
        for first in range(0, len(codes), BATCH):
            tokens = generate(
                model.decoder,
                condition[first : first + BATCH],
                seeds=None if seeds is None else seeds[first : first + BATCH],
                temperature=1.0 if seeds is None else TEMPERATURE,
            )
            played += [events.decode(row) for row in tokens.cpu().numpy()]
        return played


@dataclass(frozen=True)
class Arranger:
    """The segment's own notes, rearranged by a plan with the densities asked for.

    Attributes
    ----------
    reviser : Reviser
    candidates : int
        Arrangements of each segment to choose from.
    weights : ArrangementWeights
        How strongly the notes of the segment are preferred.
    strict : bool
        Whether a note density that nobody asked for stays exactly as it is.
    has_tempo : bool
        Whether arousal moves tempo beside notes, which then need not change as much.
    discriminator : Discriminates, optional
        Has its say in which arrangement is taken.
    """

    reviser: Reviser
    candidates: int = CANDIDATES
    weights: ArrangementWeights = DEFAULT
    strict: bool = False
    has_tempo: bool = False
    discriminator: Discriminates | None = None

    takes_any = moves_expression = True

    def request(self, segments: Sequence[Window], device: torch.device) -> ArrangementRequest:
        """The segments as they are."""
        return arrangement_request(segments, device, strict=self.strict)

    def shift_arousal(self, request: ArrangementRequest, by: Tensor) -> ArrangementRequest:
        """Fewer onsets, softer, more held than struck: as labelled calm music differs.


        Labelled calm music also sounds more notes at once, because they are longer. Asking for
        that would add notes, which nobody hears as calm: the note density stays. It is not free
        either, for energetic music has shorter notes, not more of them beside held ones.
        """
        poles = self.reviser.poles
        onsets, velocity = (poles[0] - poles[1]).tolist()
        density = request.densities[PLANNED_ONSETS]
        least = torch.where(density > 0, 1 / request.steps, 0.0)  # of none none may come
        share = BESIDE_TEMPO if self.has_tempo else 1.0
        moved = (density + (by * share * onsets).to(density)).clamp(max=1.0).maximum(least)
        held = by * torch.where(by > 0, LEGATO, STACCATO)
        return replace(
            request,
            densities=request.densities | {PLANNED_ONSETS: torch.where(by == 0, density, moved)},
            louder=request.louder + (by * share * LOUDNESS * velocity).to(density),
            legato=request.legato + held.to(density),
            counts_are_free=request.counts_are_free & (by == 0),
        )

    def to_parallel_mode(
        self, request: ArrangementRequest, keys: Tensor, side: str, strengths: np.ndarray
    ) -> ArrangementRequest:
        """Notes moved between major and minor: a rule of music theory, not learnt.

        Labelled music of high and of low valence has the same densities; what differs is its mode.
        The key is that of the music around a segment, where that is known.
        Locked notes stay, as do those that ring in.
        """
        windows = []
        each = zip(request.windows, keys.tolist(), strengths.tolist(), strict=True)
        for window, own_key, strength in each:
            key = own_key if window.key is None else window.key
            notes, moves = window.notes, window.notes.onset >= 0
            if window.keeps_pitches:
                moves = np.zeros_like(moves)
            moves &= ~among(notes, window.locked)
            ring_on, ring_out = (among(notes, n) for n in (window.ring_on, window.ring_out))
            moved = mode.parallel_pitches(notes, key, side, strength, moves)
            order = np.lexsort((moved, notes.onset))
            there = Notes(notes.onset, notes.offset, moved, notes.velocity)[order]
            ring_on, ring_out = ring_on[order], ring_out[order]
            windows.append(
                replace(window, notes=there, ring_on=there[ring_on], ring_out=there[ring_out])
            )
        return replace(request, windows=tuple(windows))

    def notes_of(self, model: SegmentVAE, codes: Codes, seeds: Sequence[int] | None) -> list[Notes]:
        """The likeliest arrangement, or with seeds one drawn at random."""
        if codes.request is None or not isinstance(model, VanillaVAE):
            raise ValueError("these codes are another model's: they have no notes to arrange")

        def arranged(part: slice) -> list[Notes]:
            return self._arranged(model, codes, part, seeds)

        most = max(1, BATCH // self.candidates)
        parts = side_by_side(arranged, len(codes), most, codes.key.device)
        return [notes for part in parts for notes in part]

    def _arranged(
        self, model: VanillaVAE, codes: Codes, part: slice, seeds: Sequence[int] | None
    ) -> list[Notes]:
        """The notes of some codes."""
        assert codes.request is not None
        request = codes.request[part]
        # Without codes a segment's plan has nothing to go by but its labels. No code knows
        # music that does not begin on the first step: all that was trained on does.
        known = codes.is_coded[part, None].repeat(1, STEPS)
        known[:, 0] &= request.labels[PLANNED_ONSETS][:, 0] == ONSET
        logits: dict[str, Tensor] = {
            name: decoder(codes.values[name][part], request.labels[name]) * known[..., None]
            for name, decoder in model.label_decoders.items()
            if name in request.labels  # others have no part in the plan
        }
        return arrange(
            self.reviser,
            request,
            logits,
            codes.key[part],
            candidates=self.candidates,
            seeds=None if seeds is None else seeds[part],
            weights=self.weights,
            discriminator=self.discriminator,
        )
