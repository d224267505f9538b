"""Loudness against the values that ITU-R BS.1770-4 and EBU Tech 3341 give for their signals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from survey.building.loudness import RATE, loudness

TOLERANCE = 0.1  # LU, that of EBU Tech 3341


def sine(level: float, seconds: float, pitch: float = 1000.0, channels: int = 2) -> np.ndarray:
    """A sine whose peak is at so many dBFS, in every channel."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * pitch * time)
    return np.repeat(wave[:, None], channels, axis=1)


def test_the_sine_of_the_recommendation() -> None:
    """997 Hz at full scale in one channel: -3.01 LKFS."""
    assert loudness(sine(0, 5, 997, channels=1)) == pytest.approx(-3.01, abs=0.01)
    left = np.column_stack([sine(0, 5, 997, channels=1), np.zeros(5 * RATE)])
    assert loudness(left) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23, 20)], -23.0),  # cases 1 to 5 of EBU Tech 3341, stereo
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
)
def test_the_signals_of_the_ebu(parts: list[tuple[float, float]], expected: float) -> None:
    samples = np.concatenate([sine(level, seconds) for level, seconds in parts])
    assert loudness(samples) == pytest.approx(expected, abs=TOLERANCE)


def test_the_weighting_of_low_and_high_tones() -> None:
    """The shelf lifts heads' highs by 4 dB; the high pass takes lows away."""
    middle = loudness(sine(-20, 3, 1000))
    assert loudness(sine(-20, 3, 10_000)) - middle == pytest.approx(3.3, abs=0.2)
    assert loudness(sine(-20, 3, 30)) - middle < -8


def test_silence_has_none_and_gain_adds() -> None:
    assert loudness(np.zeros((RATE, 2))) == -math.inf
    assert loudness(np.zeros((0, 2))) == -math.inf
    short = sine(-20, 0.2)
    assert loudness(short / 2) - loudness(short) == pytest.approx(-6.02, abs=0.01)
