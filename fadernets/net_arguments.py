"""What `fadernets.net.FaderNet` is given: segments, positions of faders and seeds, checked.

Natural mistakes get a sentence that says what to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import index
from pathlib import Path
from typing import SupportsIndex, cast

import numpy as np

from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.music.windows import Window

Each = float | Sequence[float] | np.ndarray  # one for all segments, or one each
Positions = Mapping[str, Each]  # of faders, by name; offsets, too
Rows = np.ndarray | None  # which of n segments; None is all


def windows_of(source: object) -> list[Window]:
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
    if isinstance(source, Segment | Window):
        raise TypeError("one segment is no list of segments: write [segment]")
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


def by_name(amounts: Positions | None) -> Positions:
    """Positions or offsets by the names of their faders; none if none are given."""
    if amounts is not None and not isinstance(amounts, Mapping):
        raise TypeError('positions name their faders, such as {"rhythm": 0.5}')
    return amounts or {}


def check_given_once(positions: Positions, offsets: Positions) -> None:
    """Raises ValueError if a fader is given both ways."""
    if twice := [name for name in positions if name in offsets]:
        raise ValueError(f"the {twice[0]} fader is given a position and an offset")


def refuse_keywords(method: str, keywords: Mapping[str, object], faders: Sequence[str]) -> None:
    """Raises TypeError for keywords that a method does not have; of faders, says what to write."""
    for name, value in keywords.items():
        if name in ("lock", "locks"):
            raise TypeError(
                f"{method}() has no argument {name!r}: write net.encode(segments, "
                "Locks(melody=True)), and the codes in place of the segments"
            )
        if name not in faders:
            raise TypeError(f"{method}() has no argument {name!r}")
        raise TypeError(
            f"{method}() takes faders by name in one argument: write "
            f"positions={{{name!r}: {value!r:.40}}}, or offsets={{...}} from where a segment is"
        )


def check_count(amounts: Each, count: int, plural: str) -> None:
    """Raises ValueError if there is neither one for all segments nor one for each."""
    if np.ndim(amounts) and np.shape(amounts) != (count,):
        raise ValueError(f"{np.size(amounts)} {plural} for {count} segments")


def of_rows(amounts: Positions, rows: Rows) -> Positions:
    """Positions or offsets of some of the segments."""
    if rows is None:
        return amounts
    return {
        name: each if not np.ndim(each) else np.asarray(each)[rows]
        for name, each in amounts.items()
    }


def seeds_of(seed: int | Sequence[int] | None, count: int) -> list[int] | None:
    """A seed for each of n segments, or None; raises as `FaderNet.reconstruct`."""
    if seed is None:
        return None
    seeds = [_whole(s) for s in cast(Sequence[int], seed if np.ndim(seed) else [seed] * count)]
    if len(seeds) != count:
        raise ValueError(f"{len(seeds)} seeds for {count} segments")
    return seeds


def _whole(seed: object) -> int:
    """A seed as a Python int, of NumPy's integers, too."""
    try:
        return index(cast(SupportsIndex, seed))
    except TypeError:
        raise TypeError(f"seed {seed!r} is not a whole number") from None
