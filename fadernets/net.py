"""FaderNet: a trained model as musicians and researchers use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import SupportsIndex, cast, overload

import numpy as np
import torch
from torch import Tensor, nn

from fadernets import checkpoint, mood_transfer
from fadernets.codes import Codes, Source
from fadernets.faders import Fader
from fadernets.models import losses
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music import events, key, mode
from fadernets.music.attributes import RHYTHM, measure
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece, Segment
from fadernets.realisers import BATCH, Arranger, AutoregressiveDecoding, Realiser

# Of faders, by name: one for all segments, or one each.
Positions = Mapping[str, float | Sequence[float] | np.ndarray]


class FaderNet:
    """A model that takes segments apart into codes and plays codes as segments.

    Every method takes many segments at once and decodes them in one batch. Without a seed the
    likeliest notes are played; with one, notes are drawn at random, and the same seed draws the
    same notes for a segment whatever is decoded beside it. A sequence of seeds gives each segment
    its own.

    >>> from fadernets import FaderNet, Notes, measure
    >>> chords = Notes.of([0, 0, 2, 2], [2, 2, 4, 4], [60, 64, 62, 65], [80] * 4)
    >>> net = FaderNet.load()
    >>> net.faders
    ('rhythm', 'note')
    >>> (busier,) = net.slide([chords], {"rhythm": net.position("rhythm", 0.5)})
    >>> measure(busier)
    {'rhythm': 0.5, 'note': 2.0}

    Parameters
    ----------
    model : torch module
        Of `fadernets.models`.
    faders : name -> Fader
    name : str
    realiser : Realiser, optional
        How codes become notes; by default the model's own decoder tells them.
    """

    def __init__(
        self,
        model: SegmentVAE,
        faders: Mapping[str, Fader],
        name: str = "",
        realiser: Realiser | None = None,
    ) -> None:
        self.model = model
        self.scales = dict(faders)
        self.name = name
        self.realiser = realiser or AutoregressiveDecoding()

    @classmethod
    def load(
        cls, name: str | Path | None = None, device: str = "cpu", *, by_sound: bool = False
    ) -> FaderNet:
        """A shipped model by name, any model by its folder, or the default one.

        Parameters
        ----------
        name : str or Path, optional
        device : str
            PyTorch's name.
        by_sound : bool
            For segments lengthened by the pedal: an arranger's faders then have the scales of the
            model that makes its codes.

        Raises
        ------
        fadernets.checkpoint.CheckpointError
            If there is none or it is damaged.
        """
        folder = checkpoint.find(name)
        model, faders = checkpoint.load(folder, device)
        if not isinstance(model, Reviser):
            return cls(model, faders, folder.name)
        coder, of_sound = checkpoint.load(checkpoint.find(model.config.codes), device)
        if isinstance(coder, Reviser):
            raise checkpoint.CheckpointError(f"{folder} goes with {model.config.codes}: no codes")
        if by_sound:
            faders = {name: of_sound[name] for name in faders if name in of_sound}
        return cls(coder, faders, folder.name, Arranger(model))

    @property
    def by_sound(self) -> bool:
        """Whether segments are to be given as they sound, lengthened by the pedal.

        So the models were trained, and their own decoders tell them so. The arranger changes keys.
        """
        return not isinstance(self.realiser, Arranger)

    def input_notes(self, music: Segment | Piece) -> Notes:
        """The notes of a segment or a piece that the model takes and its faders measure."""
        return music.sounding if self.by_sound else music.notes

    @property
    def faders(self) -> tuple[str, ...]:
        """Names of the faders."""
        return tuple(self.scales)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.model.parameters()).device

    @overload
    def density(self, name: str, position: float) -> float: ...
    @overload
    def density(self, name: str, position: np.ndarray) -> np.ndarray: ...
    def density(self, name: str, position: float | np.ndarray) -> float | np.ndarray:
        """The density that a position, 0 to 1, of a fader asks for."""
        return _like(position, self._scale(name).density_at(position))

    @overload
    def position(self, name: str, density: float) -> float: ...
    @overload
    def position(self, name: str, density: np.ndarray) -> np.ndarray: ...
    def position(self, name: str, density: float | np.ndarray) -> float | np.ndarray:
        """The position, 0 to 1, that stands for a density, clipped to the fader's ends."""
        return _like(density, self._scale(name).position_of(density))

    @torch.inference_mode()
    def encode(self, segments: Sequence[Notes]) -> Codes:
        """Codes of segments: the means of their posteriors, always the same.

        Raises
        ------
        TypeError
            If these are no segments' notes; the message says how to get them.
        ValueError
            If a segment has no notes.
        """
        _check_segments(segments)
        for number, notes in enumerate(segments):
            if not len(notes):
                raise ValueError(f"segment {number} of {len(segments)} has no notes to encode")
        parts: dict[str, list[Tensor]] = {
            name: [torch.empty(0, width, device=self.device)]
            for name, width in self.model.sizes.items()
        }
        for first in range(0, len(segments), BATCH):
            chunk = segments[first : first + BATCH]
            tokens = [torch.from_numpy(events.encode(notes)) for notes in chunk]
            lengths = torch.tensor([len(t) for t in tokens], device=self.device)
            padded = nn.utils.rnn.pad_sequence(tokens, batch_first=True).to(self.device)
            for name, code in self.model.encode(padded, lengths, self._densities(chunk)).items():
                parts[name].append(code)
        keys = torch.tensor([key.find(n) for n in segments], dtype=torch.long, device=self.device)
        values = {name: torch.cat(chunks) for name, chunks in parts.items()}
        return Codes(values, keys, self.realiser.request(segments, self.device))

    def _densities(self, segments: Sequence[Notes]) -> dict[str, Tensor]:
        """Every density of segments, each (n,)."""
        names = self.model.config.attributes
        measured = [measure(notes, names) for notes in segments]
        return {
            name: torch.tensor([m[name] for m in measured], device=self.device) for name in names
        }

    @torch.inference_mode()
    def reconstruct(
        self, source: Source, *, seed: int | Sequence[int] | None = None
    ) -> list[Notes]:
        """What the model plays for segments or for codes as they are.

        Raises
        ------
        TypeError
            If a seed is no whole number.
        ValueError
            If there is not one seed for all segments or one each.
        """
        codes = self._codes(source)
        if not len(codes):
            return []
        seeds = None
        if seed is not None:
            each = cast(Sequence[int], seed if np.ndim(seed) else [seed] * len(codes))
            seeds = [_whole(s) for s in each]
            if len(seeds) != len(codes):
                raise ValueError(f"{len(seeds)} seeds for {len(codes)} segments")
        return self.realiser.notes_of(self.model, codes, seeds)

    def slide(
        self,
        source: Source,
        positions: Positions,
        *,
        seed: int | Sequence[int] | None = None,
    ) -> list[Notes]:
        """Segments with faders moved.

        Parameters
        ----------
        source : sequence of n Notes, or Codes
        positions : name -> position, or n positions
            0 and 1 are the ends of the training range. A fader not named stays where each
            segment has it.
        seed : int or n int, optional

        Raises
        ------
        TypeError
            If a position is text or None, or a seed no whole number.
        ValueError
            If a name is no fader, a position is outside 0 to 1, there are not n of them, or the
            model arranges notes and has no plan for an attribute.
        """
        return self.reconstruct(self.moved(source, positions), seed=seed)

    def moved(self, source: Source, positions: Positions) -> Codes:
        """The codes that `slide` plays."""
        if not isinstance(positions, Mapping):
            raise TypeError('positions name their faders, such as {"rhythm": 0.5}')
        codes = self._codes(source)
        values, request = dict(codes.values), codes.request
        for name, given in positions.items():
            scale = self._scale(name)
            if np.ndim(given) and np.shape(given) != (len(codes),):
                raise ValueError(
                    f"{np.size(given)} positions of the {name} fader for {len(codes)} segments"
                )
            level = scale.code_at(given)
            if request is not None:
                if name not in request.densities:
                    planned = (
                        f"{self._described()} arranges notes by {' and '.join(request.densities)}"
                    )
                    raise ValueError(f"{planned} and leaves {name} as it is")
                density = torch.as_tensor(scale.density_at(given)).to(request.densities[name])
                density = density.expand_as(request.densities[name])
                request = replace(request, densities=request.densities | {name: density})
            handle = self.model.handles[name]
            code = values[handle.code].clone()
            code[:, handle.dimension] = torch.as_tensor(level, dtype=code.dtype, device=code.device)
            values[handle.code] = code
        return replace(codes, values=values, request=request)

    def transfer(
        self,
        source: Source,
        target: mood_transfer.Target,
        strength: float = 1.0,
        *,
        seed: int | Sequence[int] | None = None,
    ) -> list[Notes]:
        """Segments with arousal moved towards "low" or "high" (paper 5.2), or with any mood.

        Parameters
        ----------
        source : sequence of n Notes, or Codes
        target : {"low", "high"} or mapping
            Of arousal, or mood -> "low" or "high", such as
            ``{"arousal": "high", "valence": "low"}`` or one of `fadernets.mood_transfer.PRESETS`.
        strength : float
            0 moves nothing, 1 the whole way.
        seed : int or n int, optional

        Raises
        ------
        ValueError
            If `target` is none of these, `strength` is no number of 0 or more or the model does
            not know a mood.
        """
        return self.reconstruct(self.shifted(source, target, strength), seed=seed)

    def shifted(self, source: Source, target: mood_transfer.Target, strength: float = 1.0) -> Codes:
        """The codes that `transfer` plays."""
        codes = self._codes(source)
        sides = mood_transfer.sides_of(target)
        if "arousal" in sides:
            codes = self._shift_arousal(codes, sides["arousal"], strength)
        return (
            self._shift_valence(codes, sides["valence"], strength) if "valence" in sides else codes
        )

    def _shift_arousal(self, codes: Codes, target: str, strength: float) -> Codes:
        """Codes with arousal moved towards low or high."""
        logits = self._component_logits(codes)
        mixed = {name: codes.values[name] for name in logits}
        shifted = mood_transfer.shift(mixed, logits, self.model.poles, target, strength)
        by = strength if target == "low" else -strength
        request = self.realiser.shift_arousal(codes.request, by)
        return replace(codes, values=codes.values | shifted, request=request)

    def _shift_valence(self, codes: Codes, target: str, strength: float) -> Codes:
        """Codes with valence moved towards low or high, their keys towards minor or major."""
        poles = self.model.valence
        if not poles:
            raise ValueError(f"{self._described()} has no poles of valence: it knows no valence")
        mixed = {name: codes.values[name] for name in poles}
        sides = {name: losses.component_logits(mixed[name], poles[name], 0.0) for name in poles}
        shifted = mood_transfer.shift(mixed, sides, poles, target, strength)
        request = self.realiser.to_parallel_mode(codes.request, codes.key, target, strength)
        keys = mode.parallel(codes.key, target) if mode.degrees(target, strength) else codes.key
        return replace(codes, values=codes.values | shifted, key=keys, request=request)

    def mix(
        self, rhythm: Source, notes: Source, *, seed: int | Sequence[int] | None = None
    ) -> list[Notes]:
        """The rhythm code of one music with every other code, and the key, of another (paper 5).

        Raises
        ------
        ValueError
            If the two are not equally many segments, or the model's rhythm has no code of its own.
        """
        first, second = self._codes(rhythm), self._codes(notes)
        if len(first) != len(second):
            raise ValueError(f"{len(first)} segments cannot be mixed with {len(second)}")
        if RHYTHM not in first.values:
            raise ValueError(f"{self._described()} has no code of its own for the rhythm to mix")
        values = second.values | {RHYTHM: first.values[RHYTHM]}
        request = second.request
        rhythm_request = first.request
        if request is not None and rhythm_request is not None:
            request = replace(
                request,
                labels=request.labels | {RHYTHM: rhythm_request.labels[RHYTHM]},
                densities=request.densities | {RHYTHM: rhythm_request.densities[RHYTHM]},
            )
        return self.reconstruct(replace(second, values=values, request=request), seed=seed)

    @torch.inference_mode()
    def arousal(self, source: Source) -> np.ndarray:
        """Probability of high arousal of each segment, the mean over its codes: float64, (n,).

        Raises
        ------
        ValueError
            If the model knows no arousal.
        """
        logits = self._component_logits(self._codes(source))
        high = [
            value.double().softmax(1)[:, mood_transfer.AROUSAL["high"]] for value in logits.values()
        ]
        return torch.stack(high).mean(0).cpu().numpy()

    def _codes(self, source: Source) -> Codes:
        return source if isinstance(source, Codes) else self.encode(source)

    def _component_logits(self, codes: Codes) -> dict[str, Tensor]:
        """log p(c|z) of every code that has a mixture."""
        logits = self.model.component_logits(codes.values)
        if not logits:
            raise ValueError(f"{self._described()} has no mixture components: it knows no arousal")
        return logits

    def _described(self) -> str:
        return f"model {(self.name or self.model.config.model)!r}"

    def _scale(self, name: str) -> Fader:
        if name not in self.scales:
            raise ValueError(f"no fader {name!r}; there are: {', '.join(self.scales) or 'none'}")
        return self.scales[name]


def _check_segments(source: object) -> None:
    """Say how to get segments' notes out of what was given in their place."""
    how = "[s.notes for s in fadernets.segments(piece) if s.problem is None]"
    if isinstance(source, Notes):
        raise TypeError("one segment's notes are no list of segments: write [notes]")
    if isinstance(source, Piece):
        raise TypeError(f"a piece is no list of segments: write {how}")
    if isinstance(source, str | Path):
        raise TypeError(
            f"a file's name is no list of segments: with piece = fadernets.read(...), write {how}"
        )
    if not isinstance(source, Sequence | np.ndarray):
        raise TypeError(f"a {type(source).__name__} is no list of segments' notes")
    for number, notes in enumerate(source):
        if isinstance(notes, Segment):
            raise TypeError(f"segment {number} is to be given by its notes: write {how}")
        if not isinstance(notes, Notes):
            raise TypeError(f"segment {number} is a {type(notes).__name__} and no Notes")


def _whole(seed: object) -> int:
    """A seed as a Python int, of NumPy's integers, too."""
    try:
        return index(cast(SupportsIndex, seed))
    except TypeError:
        raise TypeError(f"seed {seed!r} is not a whole number") from None


def _like(given: float | np.ndarray, values: np.ndarray) -> float | np.ndarray:
    """A float for a number, an array for an array."""
    return float(values) if np.ndim(given) == 0 else values
