"""Curves: how far a fader or a mood is moved at every time of a piece.

In JSON an amount is a number, which holds all the way, or a list of breakpoints ``[beat, value]``
such as ``[[0, 0.0], [16, 0.5]]``. ``{"bars": [[1, 0.0], [5, 0.5]]}`` counts bars instead. Beats
are those gone by since the beginning of the piece, which is 0; bars have the numbers that musicians
give them: the first is 1, an upbeat is 0. A curve may have gaps, where it asks for nothing: from a
breakpoint whose value is None, ``null`` in JSON, to the next.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.music.windows import Span, Unit

UNITS: tuple[Unit, ...] = ("beats", "bars")
MAX_POINTS = 1000


@dataclass(frozen=True)
class Curve:
    """Values over time: straight lines between breakpoints, the first and the last value held.

    >>> rise = Curve([(0, 0.0), (16, 0.5)])
    >>> rise.at([0, 8, 16, 100]).tolist()
    [0.0, 0.25, 0.5, 0.5]

    Parameters
    ----------
    points : sequence of (time, value or None)
        Times of 0 or more that do not fall; of two points at one time, which make a jump, the
        second holds from there.
    unit : {"beats", "bars"}
        Of the times: quarter notes from the beginning of the piece, which is 0, or numbers of
        bars, of which the first begins at 1 and an upbeat at 0.

    Raises
    ------
    ValueError
        If there is no breakpoint, or more than `MAX_POINTS`, one is no pair of numbers or their
        times fall; one sentence that names the breakpoint, counted from 1.
    """

    points: Sequence[tuple[float, float | None]]
    unit: Unit = "beats"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"a curve counts {' or '.join(UNITS)}, not {self.unit!r}")
        if isinstance(self.points, str) or not isinstance(self.points, Iterable):
            raise ValueError("a curve is a list of breakpoints such as [[0, 0.0], [16, 0.5]]")
        points = tuple(_pair(number, point) for number, point in enumerate(self.points, 1))
        if not points:
            raise ValueError("a curve needs a breakpoint or more, and this one has none")
        if len(points) > MAX_POINTS:
            raise ValueError(f"{len(points)} breakpoints are more than the {MAX_POINTS} of a curve")
        for number, ((before, _), (time, _)) in enumerate(pairwise(points), 2):
            if time < before:
                raise ValueError(
                    f"breakpoint {number} of the curve, at {time:g}, "
                    f"comes before the one ahead of it, at {before:g}"
                )
        object.__setattr__(self, "points", points)

    def __neg__(self) -> Curve:
        """The same breakpoints with the signs of their values turned."""
        points = [(time, None if value is None else -value) for time, value in self.points]
        return Curve(points, self.unit)

    @property
    def has_gaps(self) -> bool:
        """Whether there are times at which it asks for nothing."""
        return any(value is None for _, value in self.points)

    def at(self, times: ArrayLike) -> np.ndarray:
        """Values at times, in the curve's unit: float64, of the same shape, NaN in gaps."""
        time, value = np.array(self.points, float).T
        return np.interp(np.asarray(times, float), time, value)

    def along(self, piece: Piece, segments: Sequence[Segment | Span]) -> np.ndarray:
        """The value in the middle of each of n segments of a piece: float64, (n,), NaN in gaps."""
        middles = np.array([segment.middle for segment in segments])
        return self.at(piece.bars(middles) if self.unit == "bars" else middles)

    def to_json(self) -> dict[str, list[list[float | None]]]:
        """The curve as JSON, which `amount` reads."""
        return {self.unit: [list(point) for point in self.points]}


Amount = float | Curve  # of a fader or a mood, the same all the way or another at every time


def amount(
    value: object, low: float = -math.inf, high: float = math.inf, *, gaps: bool = False
) -> Amount:
    """A number or a curve from plain JSON data; a curve also from its JSON text.

    >>> amount(0.5), amount({"bars": [[1, 0.25]]})
    (0.5, Curve(points=((1.0, 0.25),), unit='bars'))
    >>> amount("[[0, 0.25]]") == amount([[0, 0.25]])
    True

    Raises
    ------
    ValueError
        If it is neither, a value is outside `low` to `high`, or a curve has gaps where there may be
        none; one sentence.
    """
    if is_curve_text(value):
        value = _parsed(value)
    number = _number(value)
    if number is not None:
        if not low <= number <= high:
            raise ValueError(f"{number:g} is outside {low:g} to {high:g}")
        return number
    unit: object = "beats"
    if isinstance(value, dict) and len(value) == 1:
        ((unit, value),) = value.items()
    if not isinstance(value, list | tuple) or unit not in UNITS:
        raise ValueError("it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]")
    curve = Curve(value, unit)
    for place, (_, height) in enumerate(curve.points, 1):
        if height is None:
            if gaps:
                continue
            raise ValueError(f"breakpoint {place} of the curve has no value")
        if not low <= height <= high:
            raise ValueError(
                f"breakpoint {place} of the curve has {height:g}, outside {low:g} to {high:g}"
            )
    return curve


def is_curve_text(value: object) -> TypeGuard[str]:
    """Whether it is text that begins as a curve in JSON does."""
    return isinstance(value, str) and value.lstrip().startswith(("[", "{"))


def _parsed(text: str) -> object:
    """JSON data; raises ValueError if it is no JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the curve is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"the curve is no JSON such as [[0, 0.0], [16, 0.5]]: {error.msg}, column {error.colno}"
        ) from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise ValueError("the curve has a number that is too long") from None


def lowest(value: Amount) -> float:
    """The smallest value of an amount that has one."""
    return min(_values(value))


def moves(value: Amount) -> bool:
    """Whether an amount is anything but 0 at any time."""
    return any(_values(value))


def _values(value: Amount) -> list[float]:
    if not isinstance(value, Curve):
        return [value]
    return [height for _, height in value.points if height is not None]


def along(value: Amount, piece: Piece, segments: Sequence[Segment | Span]) -> np.ndarray:
    """The amount of each segment, of a curve as `Curve.along` has it: float64, (n,)."""
    if isinstance(value, Curve):
        return value.along(piece, segments)
    return np.full(len(segments), float(value))


def moving(amounts: Iterable[Amount], piece: Piece, segments: Sequence[Segment]) -> list[Segment]:
    """The segments of a piece in which one of the amounts is not 0."""
    moved = np.zeros(len(segments), bool)
    for value in amounts:
        moved |= np.nan_to_num(along(value, piece, segments)) != 0
    return [segments[row] for row in np.flatnonzero(moved).tolist()]


def _pair(number: int, point: object) -> tuple[float, float | None]:
    """A breakpoint, its place counted from 1."""
    if isinstance(point, list | tuple) and len(point) == 2:
        time, value = (_number(part) for part in point)
        if time is not None and (value is not None or point[1] is None):
            if time < 0:
                raise ValueError(
                    f"breakpoint {number} of the curve, at {time:g}, is before the piece begins"
                )
            return time, value
    raise ValueError(f"breakpoint {number} of the curve is no pair of numbers such as [16, 0.5]")


def _number(value: object) -> float | None:
    """A finite number, NumPy's too; None for all else, also for true and false."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return None
    try:
        number = float(value)
    except (OverflowError, TypeError):  # a whole number beyond any float; a complex one
        return None
    return number if math.isfinite(number) else None
