"""The segments of a piece that a command is to change, by their numbers or by bars; named so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fadernets.command_line.refusal import Refusal
from fadernets.music.segment_limits import runs
from fadernets.music.segments import Segment, bars_of


def of_segments(span: tuple[int, int | None], windows: list[Segment], name: str) -> list[Segment]:
    """The segments that --segments names, of a piece's; `name` is that of its file.

    Raises
    ------
    Refusal
        If there are no such ones.
    """
    first, end = span
    chosen = windows[first:end]
    if not chosen or (end or 0) > len(windows):
        raise Refusal(
            f"--segments {first}:{'' if end is None else end} is not a range of the segments "
            f"that {name} has, 0 to {len(windows) - 1}."
        )
    return chosen


def of_bars(bars: tuple[int, int], windows: list[Segment], name: str) -> list[Segment]:
    """The segments that have a part of the bars that --bars names; as `of_segments`."""
    first, last = bars
    numbers = bars_of(windows[0].piece, [segment.span for segment in windows])
    lowest, highest = numbers[0][0], numbers[-1][1]
    if first < lowest or last > highest:
        bar_range = f"{first}-{last}" if last > first else f"{first}"
        raise Refusal(
            f"--bars {bar_range} is not a range of the bars that {name} has, {lowest} to {highest}."
        )
    rows = zip(windows, numbers, strict=True)
    return [segment for segment, (begin, end) in rows if begin <= last and end >= first]


def segments_listed(indices: Sequence[int], windows: Sequence[Segment]) -> str:
    """Some segments of a piece in words, by their numbers from 0: ``segments 1, 4-6``."""
    return _listed("segment", indices)


def bars_listed(indices: Sequence[int], windows: Sequence[Segment]) -> str:
    """Some segments of a piece in words, by bars from 1: ``bars 2, 5-7 and part of bar 9``."""
    numbers = bars_of(windows[0].piece, [segment.span for segment in windows])

    def bars(chosen: Iterable[int]) -> set[int]:
        return {bar for k in chosen for bar in range(numbers[k][0], numbers[k][1] + 1)}

    own, others = bars(indices), bars(set(range(len(windows))).difference(indices))
    whole, part = sorted(own - others), sorted(own & others)
    parts = [_listed("bar", whole)] * bool(whole) + [f"part of {_listed('bar', part)}"] * bool(part)
    return " and ".join(parts)


def _listed(unit: str, numbers: Sequence[int]) -> str:
    """Rising numbers of a unit, neighbours joined."""
    words = [f"{first}-{last}" if last > first else f"{first}" for first, last in runs(numbers)]
    return f"{unit}{'s' if len(numbers) > 1 else ''} {', '.join(words)}"
