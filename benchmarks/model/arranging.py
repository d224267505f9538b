"""How the arranger's time divides among its parts, for one segment and for a whole piece."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Mapping, Sequence

from benchmarks.measuring.milliseconds import median_ms
from benchmarks.measuring.timing import interleaved
from fadernets.music.notes import Notes
from fadernets.net import FaderNet

PARTS = {  # file and function -> what it does
    ("label_plan.py", "cheapest"): "plans",
    ("reviser.py", "forward"): "reviser",
    ("selection.py", "select"): "selection",
    ("nearness.py", "nearness"): "candidates compared",
    ("discriminator.py", "log_odds"): "candidates told from music",
    ("grid_to_notes.py", "read"): "notes written",
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
    seconds = {
        (file, function): cumulative
        for (file, _, function), (*_, cumulative, _) in statistics.stats.items()  # type: ignore[attr-defined]
    }
    return {
        "segments": len(source),
        **{f"{name}_ms": median_ms(t) for name, t in times.items()},
        "shares": shares(seconds, total),
    }


def shares(seconds: Mapping[tuple[str, str], float], total: float) -> dict[str, float]:
    """The share of each part that ran, from seconds in functions by path and name."""
    seconds_by_part: dict[str, float] = {}
    for (path, function), cumulative in seconds.items():
        part = PARTS.get((path.rpartition("/")[2], function))
        if part is not None:
            seconds_by_part[part] = seconds_by_part.get(part, 0.0) + cumulative
    return {part: round(each / total, 3) for part, each in seconds_by_part.items()}
