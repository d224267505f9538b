"""FaderNet: a trained model as musicians and researchers use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Never, overload

import numpy as np
import torch
from numpy.typing import ArrayLike

from fadernets import checkpoint, code_mix, mood_transfer
from fadernets.arranger.reach import Reach, reach
from fadernets.code_faders import CodeFaders
from fadernets.code_moods import CodeMoods
from fadernets.codes import Codes, Music, Source
from fadernets.encoding import encode
from fadernets.faders import Fader
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music.attributes import measure
from fadernets.music.locks import NO_LOCKS, Locks, unlocked
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.music.windows import NO_NOTES, Window
from fadernets.net_arguments import (
    Each,
    Positions,
    Rows,
    by_name,
    check_count,
    check_given_once,
    of_rows,
    refuse_keywords,
    seeds_of,
    windows_of,
)
from fadernets.realisers import Arranger, AutoregressiveDecoding, Realiser


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
        discriminator = checkpoint.load_discriminator(folder)
        return cls(coder, faders, folder.name, Arranger(model, discriminator=discriminator))

    def strict(self) -> FaderNet:
        """The same model, that holds exactly the note density that nobody asks to change.

        By default an arranger lets it go along with the rhythm where that spares notes: an onset
        more need cut none of two notes that are held.

        >>> net = FaderNet.load()
        >>> held = Notes.of([0, 0], [4, 4], [48, 64], [80] * 2)
        >>> for each in (net, net.strict()):
        ...     (busier,) = each.slide([held], {"rhythm": 0.2})
        ...     print(measure(busier))
        {'rhythm': 0.3125, 'note': 2.25}
        {'rhythm': 0.3125, 'note': 2.0}

        Raises
        ------
        ValueError
            If the model does not arrange notes, and so holds nothing exactly.
        """
        if not isinstance(self.realiser, Arranger):
            raise ValueError(f"{self._described()} arranges no notes: it holds no density exactly")
        return FaderNet(self.model, self.scales, self.name, replace(self.realiser, strict=True))

    def with_tempo(self) -> FaderNet:
        """The same model, for pieces whose tempo goes along with arousal: their notes move less.

        `fadernets.score.expressing` moves the tempo. A model that tells its notes is the same.
        """
        if not isinstance(self.realiser, Arranger):
            return self
        return FaderNet(self.model, self.scales, self.name, replace(self.realiser, has_tempo=True))

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

    def densities(
        self, segments: Sequence[Segment], names: Iterable[str] | None = None
    ) -> dict[str, np.ndarray]:
        """As `measure`, of n segments; by default of the faders: name -> float64, (n,)."""
        names = self.faders if names is None else tuple(names)
        measures = [self.measure(segment, names) for segment in segments]
        return {name: np.array([m[name] for m in measures], float) for name in names}

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

    def offset_density(self, name: str, density: ArrayLike, by: ArrayLike) -> np.ndarray:
        """The densities that offsets, -1 to 1, of a fader ask for where there are others now."""
        return self._scale(name).offset(density, by)

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
        return encode(self.model, self.realiser, windows)

    def coded(self, segments: Sequence[Music], codes: Sequence[Codes]) -> Codes:
        """Codes known before, one each, for segments that ring otherwise into one another now."""
        values = {name: torch.cat([c.values[name] for c in codes]) for name in self.model.sizes}
        return Codes(
            values,
            torch.cat([c.key for c in codes]),
            self.realiser.request(self._windows(segments), self.device),
            torch.cat([c.is_coded for c in codes]),
        )

    def reach(
        self, codes: Codes, arranged: Sequence[Notes], *, locked: bool = True, tied: bool = True
    ) -> list[dict[str, Reach]]:
        """How far an arrangement of codes came: asked, reached and possible densities.

        Where `locked` is false, what is possible is what would be without locks; where `tied` is,
        without notes that have to sound to the end of their segment.

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
        self.check_can_lock()
        request = codes.request
        if request is None:
            raise ValueError("these codes are another model's: they have no notes to lock")
        windows = request.windows
        if not locked:
            windows = tuple(unlocked(window) for window in windows)
        if not tied:
            windows = tuple(replace(window, ring_out=NO_NOTES) for window in windows)
        return reach(replace(request, windows=windows), arranged)

    def check_can_lock(self) -> None:
        """Raises ValueError if the model does not arrange notes, and so leaves none as they are."""
        if not isinstance(self.realiser, Arranger):
            raise ValueError(f"{self._described()} arranges no notes: it locks none")

    def _windows(self, source: Sequence[Music]) -> list[Window]:
        """Segments as the model takes them."""
        windows = windows_of(source)
        if self.by_sound:
            sounds = zip(source, windows, strict=True)
            return [Window(s.sounding) if isinstance(s, Segment) else w for s, w in sounds]
        return [_in_key(*each) for each in zip(source, windows, strict=True)]

    def problem(self, segment: Segment) -> str | None:
        """Why a segment of a piece cannot be changed by this model, in words; None if it can."""
        return segment.problem if self.realiser.takes_any else segment.paper_problem

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
        return self.realiser.notes_of(self.model, codes, seeds_of(seed, len(codes)))

    def slide(
        self,
        source: Source,
        positions: Positions | None = None,
        *,
        offsets: Positions | None = None,
        home: Positions | None = None,
        seed: int | Sequence[int] | None = None,
        **keywords: Never,
    ) -> list[Notes]:
        """Segments with faders moved.

        Parameters
        ----------
        source : sequence of n Segment, Window or Notes, or Codes
        positions : name -> position, or n positions
            0 and 1 are the ends of the training range. A fader not named stays where each
            segment has it.
        offsets : name -> offset, or n offsets
            From what each segment has, -1 to 1, which are the ends; in between segments go equally
            far, less near an end (`Fader.offset`), so that the differences between them stay.
            Segments with no offset but 0 come back as they are; the model does not see them.
        home : name -> n densities, optional
            Where offsets start from; left out, the densities that segments have now.
        seed : int or n int, optional

        Raises
        ------
        TypeError
            If a position or an offset is text or None, a seed is no whole number, or a fader is
            named by a keyword, as in ``slide(notes, rhythm=0.5)``.
        ValueError
            If a name is no fader or is given both ways, a position is outside 0 to 1 or an
            offset outside -1 to 1, there are not n of them, or the model arranges notes and has
            no plan for an attribute.
        """
        refuse_keywords("slide", keywords, self.faders)
        positions, offsets, home = (by_name(amounts) for amounts in (positions, offsets, home))
        moving = None
        if offsets and not positions and not isinstance(source, Codes):
            moving = self._moving(source, offsets)

        def change(part: Source, rows: Rows) -> Codes:
            to, by, start = (of_rows(each, rows) for each in (positions, offsets, home))
            return self.moved(part, to, offsets=by, home=start)

        return self._play(source, moving, change, seed)

    def _moving(self, source: Sequence[Music], offsets: Positions) -> np.ndarray:
        """Which of n segments have an offset other than 0: bool, (n,)."""
        moving = np.zeros(len(windows_of(source)), bool)
        for name, amounts in offsets.items():
            scale = self._scale(name)
            check_count(amounts, len(source), f"offsets of the {name} fader")
            moving |= scale.checked(amounts, "offset") != 0
        return moving

    def _play(
        self,
        source: Source,
        moving: np.ndarray | None,
        change: Callable[[Source, Rows], Codes],
        seed: int | Sequence[int] | None,
    ) -> list[Notes]:
        """What becomes of n segments; those that do not move stay as they are.

        Parameters
        ----------
        source : sequence of n Notes, or Codes
        moving : bool array, shape (n,), or None
            None plays all of them.
        change : function
            Codes of some segments, and which of the n they are, to what is played.
        """
        if moving is None or isinstance(source, Codes):
            return self.reconstruct(change(source, None), seed=seed)
        seeds, rows = seeds_of(seed, len(source)), np.flatnonzero(moving)
        notes = [window.notes for window in windows_of(source)]
        if len(rows):
            codes = change([source[row] for row in rows.tolist()], rows)
            played = self.reconstruct(codes, seed=seeds and [seeds[row] for row in rows])
            for row, new in zip(rows, played, strict=True):
                notes[row] = new
        return notes

    def moved(
        self,
        source: Source,
        positions: Positions | None = None,
        *,
        offsets: Positions | None = None,
        home: Positions | None = None,
        **keywords: Never,
    ) -> Codes:
        """The codes that `slide` plays."""
        refuse_keywords("moved", keywords, self.faders)
        positions, offsets, home = (by_name(amounts) for amounts in (positions, offsets, home))
        check_given_once(positions, offsets)
        return self._code_faders.moved(self._codes(source), positions, offsets, home)

    def wanted_densities(self, source: Source) -> dict[str, np.ndarray]:
        """The densities, by name of the fader, that codes ask for: float64, each (n,).

        Where notes are arranged, those of the plan; elsewhere those that the codes stand for.
        """
        return self._code_faders.wanted_densities(self._codes(source))

    def transfer(
        self,
        source: Source,
        target: mood_transfer.Target,
        strength: Each = 1.0,
        *,
        seed: int | Sequence[int] | None = None,
    ) -> list[Notes]:
        """Segments with arousal moved towards "low" or "high" (paper 5.2), or with any mood.

        Parameters
        ----------
        source : sequence of n Segment, Window or Notes, or Codes
        target : {"low", "high"} or mapping
            Of arousal, or mood -> "low" or "high", such as
            ``{"arousal": "high", "valence": "low"}`` or one of `fadernets.mood_transfer.PRESETS`.
        strength : float, or n floats
            0 moves nothing, 1 the whole way. Segments with 0 come back as they are; the model
            does not see them.
        seed : int or n int, optional

        Raises
        ------
        ValueError
            If `target` is none of these, a `strength` is no number of 0 or more, there are not n
            of them or the model does not know a mood.
        """
        mood_transfer.sides_of(target)
        moving = None
        if not isinstance(source, Codes):
            windows_of(source)
            moving = mood_transfer.strengths_of(strength, len(source)) > 0
        by = {"strength": strength}
        return self._play(
            source,
            moving,
            lambda part, rows: self.shifted(part, target, of_rows(by, rows)["strength"]),
            seed,
        )

    def shifted(self, source: Source, target: mood_transfer.Target, strength: Each = 1.0) -> Codes:
        """The codes that `transfer` plays."""
        return self._code_moods.shifted(self._codes(source), target, strength)

    def mix(
        self, rhythm: Source, notes: Source, *, seed: int | Sequence[int] | None = None
    ) -> list[Notes]:
        """The rhythm code of one music with every other code, and the key, of another (paper 5).

        Parameters
        ----------
        rhythm, notes : sequence of n Segment, Window or Notes, or Codes
            What is locked in `rhythm`, as `Locks.on` locks a window or `encode` codes, stays; the
            notes of `notes` make room for it.
        seed : int or n int, optional

        Raises
        ------
        ValueError
            If the two are not equally many segments, or the model's rhythm has no code of its own.
        """
        return self.reconstruct(self.mixed(rhythm, notes), seed=seed)

    def mixed(self, rhythm: Source, notes: Source) -> Codes:
        """The codes that `mix` plays."""
        return code_mix.mixed(self._codes(rhythm), self._codes(notes), self._described())

    @torch.inference_mode()
    def arousal(self, source: Source) -> np.ndarray:
        """Probability of high arousal of each segment, the mean over its codes: float64, (n,).

        Raises
        ------
        ValueError
            If the model knows no arousal.
        """
        return self._code_moods.arousal(self._codes(source))

    def _codes(self, source: Source) -> Codes:
        return source if isinstance(source, Codes) else self.encode(source)

    def _described(self) -> str:
        return f"model {(self.name or self.model.config.model)!r}"

    @property
    def _code_faders(self) -> CodeFaders:
        return CodeFaders(self.model, self.scales, self._described())

    @property
    def _code_moods(self) -> CodeMoods:
        return CodeMoods(self.model, self.realiser, self._described())

    def _scale(self, name: str) -> Fader:
        return self._code_faders.scale(name)


def _in_key(music: Music, window: Window) -> Window:
    """A window that knows the key of the piece around it, where it is of a piece."""
    if window.key is not None or not isinstance(music, Segment):
        return window
    return replace(window, key=music.piece.key_at(music.middle))


def _like(template: float | np.ndarray, values: np.ndarray) -> float | np.ndarray:
    """A float for a number, an array for an array."""
    return float(values) if np.ndim(template) == 0 else values
