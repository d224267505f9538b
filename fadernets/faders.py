"""Faders: positions and offsets, the densities they ask for, and the codes that bring them.

A fader's scale is linear in density. A position, 0 to 1, is a place on it, the same for whatever
segment. An offset, -1 to 1, moves all segments from what each has: 0 stays, 1 and -1 are the ends
of the scale. In between they go equally far, those near the end that they go to less. So no end is
overshot, segments keep their order, and differences between them stay until they come near an end.

`Fader.code` is the calibration, a monotone map from density to the regularised dimension z^d of a
code, fitted when a model is exported.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fadernets.curve import Curve

LOWEST = {"position": 0, "offset": -1}  # the highest of either is 1
NEAR_END = 0.1  # of the scale: within about this of an end, segments go less far than the others
# Of the scale, how far an offset of 1 would go without an end; .5 moves the training segments about
# as far, on average, as half of their way to the end.
FARTHEST = 0.7


@dataclass(frozen=True)
class Fader:
    """The scale of one attribute's fader.

    Attributes
    ----------
    name : str
        Of `fadernets.music.attributes.ATTRIBUTES`.
    density : tuple of float
        Knots of the calibration, rising. The first and last are the fader's ends: the range of
        the training segments without the outermost percent on either side.
    code : tuple of float
        z^d at each knot, rising.
    """

    name: str
    density: tuple[float, ...]
    code: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.density) < 2 or len(self.density) != len(self.code):
            raise ValueError(f"fader {self.name!r} needs two knots or more, and a code for each")
        if not (np.diff(self.density) > 0).all() or not (np.diff(self.code) > 0).all():
            raise ValueError(f"the knots of fader {self.name!r} do not rise")

    def density_at(self, position: ArrayLike) -> np.ndarray:
        """The density that positions ask for.

        Raises
        ------
        TypeError
            If a position is text or None.
        ValueError
            If a position is outside 0 to 1.
        """
        low, high = self.density[0], self.density[-1]
        return low + self.checked(position, "position") * (high - low)

    def offset(self, density: ArrayLike, by: ArrayLike) -> np.ndarray:
        """Densities moved by offsets; those beyond an end of the scale go no further.

        A density at a distance v from the end, as a share of the scale, comes to the distance
        ``NEAR_END * log(1 + (exp(v / NEAR_END) - 1) * remains(by))``. Far from the end an offset
        takes a constant from v, near the end a part of v; 1 and -1 leave nothing of it.

        >>> fader = Fader("note", (1.0, 9.0), (-1.0, 1.0))
        >>> fader.offset([2.0, 4.0, 9.5], 0.5).round(1).tolist()
        [4.8, 6.8, 9.5]
        >>> fader.offset([2.0, 4.0, 9.5], -1).tolist()
        [1.0, 1.0, 1.0]

        Raises
        ------
        TypeError
            If an offset is text or None.
        ValueError
            If an offset is outside -1 to 1.
        """
        density, by = np.asarray(density, float), self.checked(by, "offset")
        low, high = self.density[0], self.density[-1]
        room = np.where(by > 0, np.maximum(high - density, 0), np.maximum(density - low, 0))
        share = room / (high - low) / NEAR_END
        remains = _remains(by)
        with np.errstate(divide="ignore"):  # the logarithm of the sum, however large the share is
            summed = np.logaddexp(np.log(1 - remains), share + np.log(remains))
        way = np.clip(room - summed * NEAR_END * (high - low), 0, room)
        return density + np.sign(by) * way

    def checked(self, values: ArrayLike, kind: Literal["position", "offset"]) -> np.ndarray:
        """Positions or offsets as numbers; raises like `density_at` or `offset`."""
        for value in np.asarray(values, object).flat:
            if value is None:
                raise TypeError(
                    f"{self.name} fader {kind} None is no number: "
                    f"leave {self.name} out of the {kind}s where it shall stay"
                )
            if isinstance(value, str):  # float() would take some
                point = value.replace(",", ".")
                hint = f": write {point}" if re.fullmatch(r"-?\d*\.?\d+", point) else ""
                raise TypeError(f"{self.name} fader {kind} {value!r} is text, no number{hint}")
            if isinstance(value, Curve):
                raise TypeError(
                    f"{self.name} fader {kind} is a curve and no number: "
                    "write curve.along(piece, segments)"
                )
        numbers, lowest = np.asarray(values, float), LOWEST[kind]
        inside = (numbers >= lowest) & (numbers <= 1)
        if not inside.all():
            bad = numbers[~inside].flat[0]
            raise ValueError(f"{self.name} fader {kind} {bad:g} is outside {lowest} to 1")
        return numbers

    def position_of(self, density: float | np.ndarray) -> np.ndarray:
        """The position that stands for densities, those beyond the scale at its ends."""
        low, high = self.density[0], self.density[-1]
        return np.clip((np.asarray(density, float) - low) / (high - low), 0.0, 1.0)

    def code_at(self, position: ArrayLike) -> np.ndarray:
        """z^d that positions set; raises like `density_at`."""
        return self.code_of(self.density_at(position))

    def code_of(self, density: ArrayLike) -> np.ndarray:
        """z^d that brings densities, those beyond the scale at its ends."""
        return np.interp(np.asarray(density, float), self.density, self.code)

    def density_of(self, code: ArrayLike) -> np.ndarray:
        """The densities that z^d brings, the inverse of `code_of`."""
        return np.interp(np.asarray(code, float), self.code, self.density)


def _remains(by: np.ndarray) -> np.ndarray:
    """The part of the way to an end that offsets leave of a very short one: 1 for 0, 0 for 1."""
    far = FARTHEST / NEAR_END
    return np.expm1(far * (1 - np.abs(by))) / np.expm1(far)


def save(faders: dict[str, Fader], path: Path) -> None:
    """Write the faders as JSON."""
    path.write_text(json.dumps([asdict(f) for f in faders.values()], indent=1) + "\n")


def load(path: Path) -> dict[str, Fader]:
    """The faders that `save` wrote, by name."""
    rows = json.loads(path.read_text())
    return {r["name"]: Fader(r["name"], tuple(r["density"]), tuple(r["code"])) for r in rows}
