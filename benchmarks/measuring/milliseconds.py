"""Seconds as milliseconds: of one time, of the median of some, of how long many waited."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def milliseconds(seconds: float, digits: int = 1) -> float:
    """Milliseconds of so many seconds, rounded."""
    return round(1000 * float(seconds), digits)


def median_ms(seconds: Sequence[float], count: int = 1) -> float:
    """Milliseconds of the median time, of each of `count` things that it was taken for."""
    return milliseconds(float(np.median(seconds)) / count)


def waits(seconds: Sequence[float]) -> dict[str, float]:
    """Number of times, and milliseconds: median, 95th percentile, maximum."""
    median, p95 = np.percentile(seconds, [50, 95])
    summary = {"median_ms": median, "p95_ms": p95, "max_ms": max(seconds)}
    return {"n": len(seconds)} | {name: milliseconds(each) for name, each in summary.items()}
