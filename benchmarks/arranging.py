"""Where the arranger's time goes: one segment, and a piece of many."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence

import numpy as np

from benchmarks.timing import interleaved
from fadernets.music.notes import Notes
from fadernets.net import FaderNet

PARTS = {  # file and function -> what it does
    ("plan.py", "cheapest"): "plans",
    ("reviser.py", "forward"): "reviser",
    ("arrangement.py", "select"): "selection",
    ("arrangement.py", "_nearest"): "candidates compared",
    ("realisation.py", "played"): "notes written",
    ("layers.py", "forward"): "label decoders",
}
ASKED = {"rhythm": 0.8}


def measure(net: FaderNet, source: Sequence[Notes], repeats: int) -> dict:
    """Milliseconds to take segments apart and to slide a fader, and the shares of its parts."""
    codes = net.encode(source)
    taken = interleaved(
        {
            "encode": lambda: net.encode(source),
            "slide": lambda: net.slide(codes, ASKED),
        },
        repeats,
    )
    profile = cProfile.Profile()
    profile.runcall(lambda: [net.slide(codes, ASKED) for _ in range(repeats)])
    seen = pstats.Stats(profile)
    total: float = seen.total_tt  # type: ignore[attr-defined]
    spent: dict[str, float] = {}
    for (file, _, function), (*_, whole, _) in seen.stats.items():  # type: ignore[attr-defined]
        part = PARTS.get((file.rpartition("/")[2], function))
        if part is not None:
            spent[part] = spent.get(part, 0.0) + whole
    return {
        "segments": len(source),
        **{f"{name}_ms": round(1e3 * float(np.median(t)), 1) for name, t in taken.items()},
        "shares": {part: round(seconds / total, 3) for part, seconds in spent.items()},
    }
