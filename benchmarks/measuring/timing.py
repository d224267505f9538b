"""Times taken in turn, so that a busy machine hurts all that are compared alike."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]


def interleaved(actions: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list]:
    """Seconds that each action takes, `repeats` times in turn after a warm-up.

    On one thread these are seconds of its processor: what a quiet machine would take, whatever
    else runs. With more threads only the clock on the wall can tell.

    Raises
    ------
    ValueError
        If `repeats` is below 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}")
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    for action in actions.values():
        action()
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            begin = clock()
            action()
            seconds[name].append(clock() - begin)
    return seconds


def rate(seconds: list[float], amount: float) -> dict[str, float]:
    """The median amount a second, the lowest and the highest, of an amount done in each time."""
    rates = amount / np.array(seconds)
    return {
        "median": rounded(np.median(rates)),
        "lowest": rounded(rates.min()),
        "highest": rounded(rates.max()),
    }


def ratio(slow: list[float], fast: list[float], slow_amount: float, fast_amount: float) -> dict:
    """How many times as fast the second is, turn by turn: median, lowest and highest."""
    ratios = (np.array(slow) / slow_amount) / (np.array(fast) / fast_amount)
    return {
        "median": rounded(np.median(ratios)),
        "lowest": rounded(ratios.min()),
        "highest": rounded(ratios.max()),
    }


def rounded(value: float) -> float:
    """A value to four significant digits."""
    return float(f"{value:.4g}")


def machine() -> dict[str, object]:
    """What was measured on, and which commit; `changed` if files differ from it."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "vector_units": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", "--", "fadernets")),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _git(*words: str) -> str:
    """What git says; nothing outside a checkout."""
    try:
        process = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return process.stdout.strip()
