"""Whole pieces moved by a fader, and real music of the same densities, by both counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fadernets import whole_piece
from fadernets.music.notes import Notes, concatenate, cut
from fadernets.music.segments import Segment, segments
from fadernets.music.windows import Span
from fadernets.net import FaderNet
from train.evaluation.naturalness import Excerpt
from train.metrics.half_step import HALF_STEP, consistency_of_windows, of_windows
from train.reporting.results.half_step import BothCounts

POSITIONS = np.linspace(0, 1, 8)  # as in Table 1
LEAST_WINDOWS = 10  # real ones of one density that tell how they differ half a step later
NEAREST = 0.5 + 1e-6  # onsets or notes of all steps: no whole number is nearer
DIGITS = 4


@dataclass(frozen=True, eq=False)
class CountedWindows:
    """Densities of n windows by both counts.

    Attributes
    ----------
    own, later : name -> float64 array, shape (n,)
        In the windows themselves, and from half a step later.
    steps : int64 array, shape (n,)
    piece : int64 array, shape (n,)
        Its number.
    """

    own: Mapping[str, np.ndarray]
    later: Mapping[str, np.ndarray]
    steps: np.ndarray
    piece: np.ndarray

    @classmethod
    def of(
        cls, notes: Notes, spans: Sequence[Span], names: Sequence[str], piece: int
    ) -> CountedWindows:
        """Both counts of some windows of one piece, in order."""
        own, later = (of_windows(notes, spans, names, by).T for by in (0.0, HALF_STEP))
        steps = np.array([span.steps for span in spans], np.int64)
        return cls(
            dict(zip(names, own, strict=True)),
            dict(zip(names, later, strict=True)),
            steps,
            np.full(len(spans), piece),
        )


def joined(parts: Sequence[CountedWindows]) -> CountedWindows:
    """All windows of several pieces."""
    own, later = (
        {name: np.concatenate([getattr(p, kind)[name] for p in parts]) for name in parts[0].own}
        for kind in ("own", "later")
    )
    steps, piece = (np.concatenate([getattr(p, n) for p in parts]) for n in ("steps", "piece"))
    return CountedWindows(own, later, steps, piece)


def of_real(parts: Sequence[Sequence[Segment]], names: Sequence[str]) -> CountedWindows:
    """Both counts of real segments, a list of each piece, by keys."""
    return joined(
        [
            CountedWindows.of(
                some[0].piece.notes, sorted((s.span for s in some), key=_start), names, piece
            )
            for piece, some in enumerate(parts)
            if some
        ]
    )


def _start(span: Span) -> float:
    return span.start


def moved(net: FaderNet, source: Excerpt, name: str, position: float) -> CountedWindows:
    """Both counts of an excerpt with a fader at a position.

    The segments between and beside those of the excerpt are changed too, as where the fader of a
    whole piece is moved, and not counted: in front of one that stays, notes that go on there stay.
    Of a model that plays segments one by one, those count behind which it plays another.
    """
    numbers = range(source.numbers[0] - 1, source.numbers[-1] + 2)
    positions = {name: position}
    if not net.by_sound:
        piece = whole_piece.changed(source.piece, numbers, lambda part: net.slide(part, positions))
        return CountedWindows.of(
            piece.notes, [s.span for s in source.segments()], [name], source.group
        )
    every = segments(source.piece, numbers=set(numbers))
    parts = [segment for segment in every if net.problem(segment) is None]
    played = net.slide(parts, positions) if parts else []
    notes = [
        cut(part, 0, segment.beats).shifted(segment.start)
        for part, segment in zip(played, parts, strict=True)
    ]
    whole = set(source.numbers) & {segment.index - 1 for segment in parts}
    spans = [segment.span for segment in parts if segment.index in whole]
    return CountedWindows.of(concatenate(notes), spans, [name], source.group)


def by_position(
    targets: Sequence[float], counts: Sequence[CountedWindows], name: str, sd: float
) -> BothCounts:
    """Windows at each density asked for, as results have them.

    Raises
    ------
    ValueError
        If there is none at one of them.
    """
    own, later = ([getattr(c, kind)[name] for c in counts] for kind in ("own", "later"))
    if not all(len(values) for values in own):
        raise ValueError(f"no window has a density of {name} that was asked for")
    pieces = [c.piece for c in counts]
    consistency, _ = consistency_of_windows([values / sd for values in own], pieces)
    score, interval = consistency_of_windows([values / sd for values in later], pieces)
    return BothCounts(
        densities=[round(float(target), DIGITS) for target in targets],
        windows=[len(values) for values in own],
        errors=[
            round(float(np.abs(values - target).mean()), DIGITS)
            for values, target in zip(own, targets, strict=True)
        ],
        reached=[
            round(float((np.abs(values - target) * c.steps <= NEAREST).mean()), DIGITS)
            for values, target, c in zip(own, targets, counts, strict=True)
        ],
        consistency=round(consistency, DIGITS),
        later=round(score, DIGITS),
        later_interval=interval and [round(end, DIGITS) for end in interval],
        later_by=[round(float((b - a).mean()), DIGITS) for a, b in zip(own, later, strict=True)],
    )


def of_densities(
    targets: Sequence[float], real: CountedWindows, name: str, sd: float
) -> BothCounts:
    """Real windows of each density asked for, or the nearest that a window of its steps can have.

    A density that too few windows have is left out.

    Raises
    ------
    ValueError
        If all are.
    """
    chosen = []
    for target in targets:
        nearest = np.rint(target * real.steps) / real.steps
        rows = np.flatnonzero(np.isclose(real.own[name], nearest))
        if len(rows) >= LEAST_WINDOWS:
            own, later = ({name: getattr(real, kind)[name][rows]} for kind in ("own", "later"))
            chosen.append((target, CountedWindows(own, later, real.steps[rows], real.piece[rows])))
    if not chosen:
        raise ValueError(f"real music has no density of {name} that was asked for")
    some, counts = zip(*chosen, strict=True)
    return by_position(some, counts, name, sd)
