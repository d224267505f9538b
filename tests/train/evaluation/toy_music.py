"""Segments as they are heard, made by count."""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import Notes
from train.metrics.arousal_features import Heard


def toy(count: float, rng: np.random.Generator, velocity: int = 60) -> Heard:
    """Two seconds of about so many single notes."""
    strikes = max(int(count + rng.integers(-1, 2)), 1)
    onset = np.arange(strikes) * 2 / strikes
    pitch = rng.integers(50, 80, strikes)
    return Heard(Notes.of(onset, onset + 1.8 / strikes, pitch, [velocity] * strikes), 2.0)
