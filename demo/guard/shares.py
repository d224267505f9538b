"""Who may wait, where only so many may: nobody's many keep another's first one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def has_room(visitor: Hashable, waiting: Sequence[Hashable], longest: int) -> bool:
    """Whether one more of a visitor may wait: while there is as much room for others.

    Parameters
    ----------
    visitor : hashable
    waiting : sequence of hashable
        Whose each of those is that wait.
    longest : int
        How many may wait.
    """
    return waiting.count(visitor) < longest - len(waiting)


def gives_way(visitor: Hashable, waiting: Sequence[Hashable]) -> int | None:
    """Which of those that wait leaves its place to one more of a visitor's; None if none has to.

    It is the last of whoever has the most, if that one has more left than the visitor has then, or
    as many. So who has nothing there gets a place while anybody has two.

    Parameters
    ----------
    visitor : hashable
    waiting : sequence of hashable
        Whose each of those is that wait, in the order in which they came.
    """
    counts = Counter(waiting)
    most = max(counts.values(), default=0)
    if most < counts[visitor] + 2:
        return None
    return max(place for place, whose in enumerate(waiting) if counts[whose] == most)
