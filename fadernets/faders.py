"""Faders: positions from 0 to 1, the densities they ask for, and the codes that bring them.

A fader's scale is linear in density. `Fader.code` is the calibration, a monotone map from density
to the regularised dimension z^d of a code, fitted when a model is exported.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


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
        for value in np.asarray(position, object).flat:
            if value is None:
                raise TypeError(
                    f"{self.name} fader position None is no number: "
                    f"leave {self.name} out of the positions where it shall stay"
                )
            if isinstance(value, str):  # float() would take some
                point = value.replace(",", ".")
                hint = f": write {point}" if re.fullmatch(r"\d*\.?\d+", point) else ""
                raise TypeError(f"{self.name} fader position {value!r} is text, no number{hint}")
        position = np.asarray(position, float)
        if not ((position >= 0) & (position <= 1)).all():
            bad = position[~((position >= 0) & (position <= 1))].flat[0]
            raise ValueError(f"{self.name} fader position {bad:g} is outside 0 to 1")
        low, high = self.density[0], self.density[-1]
        return low + position * (high - low)

    def position_of(self, density: float | np.ndarray) -> np.ndarray:
        """The position that stands for densities, those beyond the scale at its ends."""
        low, high = self.density[0], self.density[-1]
        return np.clip((np.asarray(density, float) - low) / (high - low), 0.0, 1.0)

    def code_at(self, position: ArrayLike) -> np.ndarray:
        """z^d that positions set; raises like `density_at`."""
        return np.interp(self.density_at(position), self.density, self.code)


def save(faders: dict[str, Fader], path: Path) -> None:
    """Write the faders as JSON."""
    path.write_text(json.dumps([asdict(f) for f in faders.values()], indent=1) + "\n")


def load(path: Path) -> dict[str, Fader]:
    """The faders that `save` wrote, by name."""
    rows = json.loads(path.read_text())
    return {r["name"]: Fader(r["name"], tuple(r["density"]), tuple(r["code"])) for r in rows}
