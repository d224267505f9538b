"""How far the faders came beside what has to stay, over all segments that were changed.

That is what is locked, and notes that go on beyond a segment, into music that does not change or
has gone on with them.
"""

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
TIED = "notes that sound on into what follows stay"
SMALLEST_DIFFERENCE = 0.02  # of densities that a sentence is worth: less is rounding to steps


class LockReport:
    """Gathers batch by batch how far segments came, and says it.

    Parameters
    ----------
    sentence : str
        What stays, as `fadernets.lock_words.LockWords.sentence` has it; "" where nothing is locked.
    """

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence
        # Of each density what it came to, and how far locks and ties hold it back.
        self._rows: dict[str, list[tuple[Reach, float, float]]] = {}

    def add(self, net: FaderNet, codes: Codes, arranged: Sequence[Notes]) -> None:
        """Count some segments' codes, with the locks on them, and what the model made of them.

        Raises
        ------
        ValueError
            If the model does not arrange notes.
        """
        held = tied = free = net.reach(codes, arranged)
        possible = all(density.is_possible for row in held for density in row.values())
        if not possible:  # of some of it locks and ties may be innocent
            tied = net.reach(codes, arranged, locked=False) if self.sentence else held
            free = net.reach(codes, arranged, locked=False, tied=False)
        for with_all, with_ties, without in zip(held, tied, free, strict=True):
            for name, density in with_all.items():
                ways = [_nearest(each[name]) for each in (with_all, with_ties, without)]
                row = density, ways[0] - ways[1], ways[1] - ways[2]
                self._rows.setdefault(name, []).append(row)

    def means(self) -> dict[str, dict[str, float]]:
        """The means of `FIELDS` over all segments, by name of the density."""
        return {
            name: {
                field: float(np.mean([getattr(density, field) for density, *_ in rows]))
                for field in FIELDS
            }
            for name, rows in self._rows.items()
        }

    def sentences(self, names: Collection[str]) -> list[str]:
        """How far each named density came that something holds back, and what holds it back.

        Such as "Rhythm density 0.62, asked 0.80: the melody stays." What is asked is rounded to
        whole steps in every segment, which is nothing's doing: nothing is said where the figures
        are alike or differ to the other side.
        """
        means = self.means()
        sentences = []
        for name, rows in self._rows.items():
            target, reached = means[name]["asked"], means[name]["reached"]
            reasons = []
            for words, held_back in zip(
                (self.sentence, TIED), np.array([row[1:] for row in rows]).T, strict=True
            ):
                is_held = np.abs(held_back).mean() >= SMALLEST_DIFFERENCE
                if is_held and (reached - target) * held_back.mean() > 0:
                    reasons.append(words)
            figures = f"{reached:.2f}", f"{target:.2f}"
            if name in names and reasons and len(set(figures)) > 1:
                begin = f"{title(name)} {figures[0]}, asked {figures[1]}"
                sentences.append(f"{begin}: {'; '.join(reasons)}.")
        return sentences


def _nearest(density: Reach) -> float:
    """The density nearest to what is asked that can be reached."""
    return float(np.clip(density.asked, density.lowest, density.highest))
