"""The sounds of the headphone check: as they are described, after MP3, and alike in size."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from survey.building.headphone_clips import GAP_SECONDS, RATE, STATIC, TONE_SECONDS, sound
from survey.core.headphones import ANTIPHASE, PATTERNS, QUIET

FILES = [STATIC / f"tones-{number}.mp3" for number in range(1, 7)]


def levels(samples: np.ndarray) -> list[float]:
    """The level of each tone, in dB, over its middle half."""
    decibels = []
    for place in range(3):
        begin = GAP_SECONDS + place * (TONE_SECONDS + GAP_SECONDS) + TONE_SECONDS / 4
        middle = samples[round(begin * RATE) : round((begin + TONE_SECONDS / 2) * RATE)]
        decibels.append(20 * np.log10(np.sqrt(np.mean(middle**2)) + 1e-9))
    return decibels


@pytest.mark.parametrize(("path", "pattern"), list(zip(FILES, PATTERNS, strict=True)))
def test_a_sound_is_of_its_pattern(path, pattern) -> None:
    samples, rate = soundfile.read(path)
    assert rate == RATE and samples.shape[1] == 2
    for channel in samples.T:
        loud = max(levels(channel))
        for kind, level in zip(pattern, levels(channel), strict=True):
            assert level == pytest.approx(loud - (6 if kind == QUIET else 0), abs=0.2)
    in_the_air = levels(samples.mean(axis=1))
    for kind, level in zip(pattern, in_the_air, strict=True):
        assert (level < max(in_the_air) - 40) == (kind == ANTIPHASE)


def test_by_loudspeakers_the_faintest_is_never_the_quiet_one() -> None:
    for pattern in PATTERNS:
        mono = levels(sound(pattern).mean(axis=1))
        assert pattern[int(np.argmin(mono))] == ANTIPHASE


def test_sizes_tell_nothing() -> None:
    assert len({path.stat().st_size for path in FILES}) == 1
    assert len({path.read_bytes() for path in FILES}) == 6
    lengths = {len(sound(pattern)) for pattern in PATTERNS}
    assert lengths == {round((3 * TONE_SECONDS + 4 * GAP_SECONDS) * RATE)}
    assert max(abs(sound(PATTERNS[0])).max(axis=0)) < 0.3
