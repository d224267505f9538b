"""How far the faders came beside what is locked, over all segments that were changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fadernets.music.attributes import title
from fadernets.music.notes import Notes

if TYPE_CHECKING:  # the server of the page has no PyTorch
    from fadernets.arranger.reach import Reach
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

FIELDS = ("asked", "reached", "lowest", "highest")
SMALLEST_DIFFERENCE = 0.02  # of densities that a sentence is worth: less is rounding to steps


class LockReport:
    """Gathers batch by batch how far segments came, and says it.

    Parameters
    ----------
    sentence : str
        What stays, as `fadernets.lock_words.LockWords.sentence` has it.
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self._rows: dict[str, list[tuple[Reach, float]]] = {}

    def add(self, net: FaderNet, codes: Codes, arranged: Sequence[Notes]) -> None:
        """Count some segments' codes, with the locks on them, and what the model made of them.

        Raises
        ------
        ValueError
            If the model does not arrange notes.
        """
        locked = net.reach(codes, arranged)
        free = locked
        possible = all(density.is_possible for row in locked for density in row.values())
        if not possible:  # of some of it the locks may be innocent
            free = net.reach(codes, arranged, locked=False)
        for with_locks, without in zip(locked, free, strict=True):
            for name, density in with_locks.items():
                held_back = _nearest(density) - _nearest(without[name])
                self._rows.setdefault(name, []).append((density, held_back))

    def means(self) -> dict[str, dict[str, float]]:
        """By name of the density the means of `FIELDS` over all segments."""
        return {
            name: {
                field: float(np.mean([getattr(density, field) for density, _ in rows]))
                for field in FIELDS
            }
            for name, rows in self._rows.items()
        }

    def sentences(self, names: Collection[str]) -> list[str]:
        """Of each density of those named that the locks hold back: how far it came.

        Such as "Rhythm density 0.62, asked 0.80: the melody stays." What is asked is rounded to
        whole steps in every segment, which is not the locks' doing: nothing is said where the
        figures are alike or differ to the other side.
        """
        means = self.means()
        sentences = []
        for name, rows in self._rows.items():
            asked, reached = means[name]["asked"], means[name]["reached"]
            held_back = np.array([difference for _, difference in rows])
            is_held = np.abs(held_back).mean() >= SMALLEST_DIFFERENCE
            is_to_its_side = (reached - asked) * held_back.mean() > 0
            figures = f"{reached:.2f}", f"{asked:.2f}"
            if name in names and is_held and is_to_its_side and len(set(figures)) > 1:
                shown = f"{title(name)} {figures[0]}, asked {figures[1]}"
                sentences.append(f"{shown}: {self.sentence}.")
        return sentences


def _nearest(density: Reach) -> float:
    """The density nearest to what is asked that can be reached."""
    return float(np.clip(density.asked, density.lowest, density.highest))
