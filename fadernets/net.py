"""FaderNet: a trained model as musicians and researchers use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import SupportsIndex, cast, overload

import numpy as np
import torch
from torch import Tensor, nn

from fadernets import checkpoint, mood_transfer
from fadernets.arranger.reach import Reach, reach
from fadernets.codes import Codes, Music, Source
from fadernets.faders import Fader
from fadernets.models import losses
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music import events, key, mode
from fadernets.music.attributes import RHYTHM, measure
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece, Segment
from fadernets.music.windows import Window
from fadernets.realisers import BATCH, Arranger, AutoregressiveDecoding, Realiser

MOST_TOKENS = 2 * events.MAX_TOKENS  # of a segment whose codes an arrangement can use
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

    def measure(self, segment: Segment, names: Iterable[str] | None = None) -> dict[str, float]:
        """Densities of a segment as the model takes it, by name."""
        return measure(segment.sounding, names) if self.by_sound else segment.measure(names)

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
    def encode(self, segments: Sequence[Music], locks: Locks = NO_LOCKS) -> Codes:
        """Codes of segments: the means of their posteriors, always the same.

        Parameters
        ----------
        segments : sequence of n Segment, Window or Notes
            Notes alone are four beats into which nothing rings.
        locks : Locks
            What an arrangement leaves as it is; of no use to models that arrange nothing.

        Raises
        ------
        TypeError
            If these are no segments; the message says how to get them.
        ValueError
            If a segment has no notes and the model arranges none.
        """
        windows = [locks.on(window) for window in self._windows(segments)]
        played = [w.notes[w.notes.onset >= 0] for w in windows]
        coded = []
        for number, notes in enumerate(played):
            if not len(notes) and not self.realiser.takes_any:
                raise ValueError(f"segment {number} of {len(segments)} has no notes to encode")
            coded.append(len(notes) > 0)
        tokens = [torch.from_numpy(events.encode(notes)) for notes in played]
        if self.realiser.takes_any:
            coded = [
                any_notes and len(t) <= MOST_TOKENS
                for any_notes, t in zip(coded, tokens, strict=True)
            ]
        is_coded = torch.tensor(coded, dtype=torch.bool, device=self.device)
        numbers = [number for number, has_code in enumerate(coded) if has_code]
        values = {
            name: torch.zeros(len(windows), width, device=self.device)
            for name, width in self.model.sizes.items()
        }
        for first in range(0, len(numbers), BATCH):
            rows = numbers[first : first + BATCH]
            chunk = [tokens[row] for row in rows]
            lengths = torch.tensor([len(t) for t in chunk], device=self.device)
            padded = nn.utils.rnn.pad_sequence(chunk, batch_first=True).to(self.device)
            densities = self._densities([played[row] for row in rows])
            for name, code in self.model.encode(padded, lengths, densities).items():
                values[name][rows] = code
        heard = [w.notes for w in windows] if self.realiser.takes_any else played
        keys = [key.find(notes) if len(notes) else 0 for notes in heard]
        return Codes(
            values,
            torch.tensor(keys, dtype=torch.long, device=self.device),
            self.realiser.request(windows, self.device),
            None if is_coded.all() else is_coded,
        )

    def coded(self, segments: Sequence[Music], codes: Sequence[Codes]) -> Codes:
        """Codes known before, one each, for segments that ring otherwise into one another now."""
        values = {name: torch.cat([c.values[name] for c in codes]) for name in self.model.sizes}
        return Codes(
            values,
            torch.cat([c.key for c in codes]),
            self.realiser.request(self._windows(segments), self.device),
            torch.cat([c.is_coded for c in codes]),
        )

    def reach(self, codes: Codes, arranged: Sequence[Notes]) -> list[dict[str, Reach]]:
        """How far an arrangement of codes came: asked, reached and possible densities.

        >>> net = FaderNet.load()
        >>> melody = Notes.of([0, 1, 2, 3], [1, 2, 3, 4], [72, 74, 76, 77], [80] * 4)
        >>> codes = net.moved(net.encode([melody], Locks(melody=True)), {"rhythm": 0.0})
        >>> net.reach(codes, net.reconstruct(codes))[0]["rhythm"]
        Reach(asked=0.125, reached=0.25, lowest=0.25, highest=1.0)

        Raises
        ------
        ValueError
            If the model does not arrange notes.
        """
        if codes.request is None:
            raise ValueError(f"{self._described()} arranges no notes: it locks none")
        return reach(codes.request, arranged)

    def _windows(self, source: Sequence[Music]) -> list[Window]:
        """Segments as the model takes them."""
        windows = _windows(source)
        if self.by_sound:
            sounds = zip(source, windows, strict=True)
            return [Window(s.sounding) if isinstance(s, Segment) else w for s, w in sounds]
        return windows

    def problem(self, segment: Segment) -> str | None:
        """Why a segment of a piece cannot be changed by this model, in words; None if it can."""
        return segment.problem if self.realiser.takes_any else segment.paper_problem

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
        coded = first.is_coded & second.is_coded
        request = second.request
        rhythm_request = first.request
        if request is not None and rhythm_request is not None:
            request = replace(
                request,
                labels=request.labels | {RHYTHM: rhythm_request.labels[RHYTHM]},
                densities=request.densities | {RHYTHM: rhythm_request.densities[RHYTHM]},
            )
        mixed = replace(second, values=values, request=request, coded=coded)
        return self.reconstruct(mixed, seed=seed)

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


def _windows(source: object) -> list[Window]:
    """Segments as the arranger sees them; says how to get them where something else is given."""
    how = "[s for s in fadernets.segments(piece) if s.problem is None]"
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
    windows = []
    for number, segment in enumerate(source):
        if isinstance(segment, Segment):
            windows.append(segment.window)
        elif isinstance(segment, Window):
            windows.append(segment)
        elif isinstance(segment, Notes):
            windows.append(Window(segment))
        else:
            raise TypeError(f"segment {number} is a {type(segment).__name__} and no Notes")
    return windows


def _whole(seed: object) -> int:
    """A seed as a Python int, of NumPy's integers, too."""
    try:
        return index(cast(SupportsIndex, seed))
    except TypeError:
        raise TypeError(f"seed {seed!r} is not a whole number") from None


def _like(given: float | np.ndarray, values: np.ndarray) -> float | np.ndarray:
    """A float for a number, an array for an array."""
    return float(values) if np.ndim(given) == 0 else values
