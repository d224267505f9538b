"""What the table on both counts of densities says, from the results of `train.half_step`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from train.reporting.markdown import Table, percent
from train.reporting.results.half_step import BothCounts, BothCountsByFader, HalfStep


def rows(results: Sequence[HalfStep]) -> Table:
    """Errors and consistency by both counts, by music: of models, and of real windows."""
    names = list(results[0].real.faders)
    cells = [
        (result.music, counted.name, *(c for name in names for c in _cells(counted, name, result)))
        for result in results
        for counted in (*result.changed, result.real)
    ]
    columns = ("mean error", "reached", "consistency", "half a step later", "counts more then")
    return cells, ("music", "of", *(f"{name}: {column}" for name in names for column in columns))


def _cells(counted: BothCountsByFader, name: str, result: HalfStep) -> tuple[str, ...]:
    part = counted.faders[name]
    counts = len(part.densities), len(result.positions)
    some = "" if counts[0] == counts[1] else " ({} of {} densities)".format(*counts)
    return (
        f"{np.mean(part.errors):.3f}",
        percent(float(np.mean(part.reached))),
        f"{part.consistency:.3f}",
        _later(part) + some,
        " to ".join(_signed(end(part.later_by)) for end in (min, max)),
    )


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # no -0.00


def _later(part: BothCounts) -> str:
    if part.later_interval is None:
        return f"{part.later:.2f}"
    low, high = part.later_interval
    return f"{part.later:.2f} [{low:.2f}, {high:.2f}]"
