"""How the arranger's time divides among its parts, for one segment and for a whole piece."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence

import numpy as np

from benchmarks.timing import interleaved
from fadernets.music.notes import Notes
from fadernets.net import FaderNet

PARTS = {  # file and function -> what it does
    ("label_plan.py", "cheapest"): "plans",
    ("reviser.py", "forward"): "reviser",
    ("selection.py", "select"): "selection",
    ("nearest.py", "nearest"): "candidates compared",
    ("grid_to_notes.py", "grid_to_notes"): "notes written",
    ("layers.py", "forward"): "label decoders",
}
POSITIONS = {"rhythm": 0.8}


def measure(net: FaderNet, source: Sequence[Notes], repeats: int) -> dict:
    """Milliseconds to take segments apart and to slide a fader, and the shares of its parts."""
    codes = net.encode(source)
    times = interleaved(
        {
            "encode": lambda: net.encode(source),
            "slide": lambda: net.slide(codes, POSITIONS),
        },
        repeats,
    )
    profile = cProfile.Profile()
    profile.runcall(lambda: [net.slide(codes, POSITIONS) for _ in range(repeats)])
    statistics = pstats.Stats(profile)
    total: float = statistics.total_tt  # type: ignore[attr-defined]
    seconds_by_part: dict[str, float] = {}
    for (file, _, function), (*_, cumulative, _) in statistics.stats.items():  # type: ignore[attr-defined]
        part = PARTS.get((file.rpartition("/")[2], function))
        if part is not None:
            seconds_by_part[part] = seconds_by_part.get(part, 0.0) + cumulative
    return {
        "segments": len(source),
        **{f"{name}_ms": round(1e3 * float(np.median(t)), 1) for name, t in times.items()},
        "shares": {part: round(seconds / total, 3) for part, seconds in seconds_by_part.items()},
    }
