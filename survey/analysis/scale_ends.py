"""Means near an end of their scale, whose intervals hold the truth less often than they say.

Answers at an end are alike but for a few, which a small study may lack; docs/designs.md has how
often an interval is right there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from survey.statistics.estimate import CONSTANT, Estimate

NEAR, NEAR_OF_FEW = 0.12, 0.25  # shares of the scale
FEW = 20  # participants, below which the second counts


@dataclass(frozen=True)
class Placed:
    """A mean on its scale.

    Attributes
    ----------
    name : str
        What it is the mean of, as a sentence has it.
    mean : Estimate
    participants : int
        Whose answers they are.
    least, most : float
        Ends of the scale.
    """

    name: str
    mean: Estimate
    participants: int
    least: float
    most: float

    @property
    def is_near_an_end(self) -> bool:
        """Whether it is so near that few other people or pieces would change it much."""
        if self.mean.value is None or self.mean.low is None or self.mean.note == CONSTANT:
            return False
        share = (self.mean.value - self.least) / (self.most - self.least)
        return min(share, 1 - share) < (NEAR_OF_FEW if self.participants < FEW else NEAR)


def sentences(means: Iterable[Placed]) -> list[str]:
    """That intervals of some means may be too short; nothing where none is near an end."""
    names = [one.name for one in means if one.is_near_an_end]
    if not names:
        return []
    return [
        f"Near an end of the scale: {', '.join(names)}. Nearly all answers are alike there, and "
        "the few people or pieces that are otherwise may be missing from those asked: such "
        "intervals hold the truth less often than 95 times in 100. More participants and pieces "
        "help."
    ]
