"""The sounds of the sound check: each on its own side, and nothing at all on the other."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from fadernets.playback import audio
from survey.building import sound_check_clips
from survey.building.sound_check_clips import SIDES, STATIC

LARGEST = 50_000  # bytes


def levels(path) -> np.ndarray:
    """Root mean square of the left and of the right channel."""
    samples, _ = soundfile.read(path)
    return np.sqrt((samples**2).mean(axis=0))


@pytest.mark.parametrize("side", SIDES)
def test_shipped_sounds_are_on_one_side(side):
    path = STATIC / f"check-{side}.mp3"
    loudness = levels(path)
    channel = SIDES.index(side)
    assert loudness[channel] > 0.02
    assert loudness[1 - channel] < 1e-4 * loudness[channel]  # -80 dB: no headphone makes it heard
    assert path.stat().st_size <= LARGEST


def test_both_are_equally_loud_and_long():
    left, right = (STATIC / f"check-{side}.mp3" for side in SIDES)
    assert levels(left)[0] == pytest.approx(levels(right)[1], rel=1e-3)
    assert left.stat().st_size == right.stat().st_size


@pytest.mark.slow
def test_they_can_be_made_again(tmp_path):
    sound = audio.render(sound_check_clips.chord())
    for side in SIDES:
        path = tmp_path / f"{side}.mp3"
        sound_check_clips.write(sound, side, path)
        rendered, _ = soundfile.read(path)
        shipped, _ = soundfile.read(STATIC / f"check-{side}.mp3")
        assert rendered.shape == shipped.shape
        assert np.abs(rendered - shipped).max() < 0.05
    with pytest.raises(ValueError, match="'top'"):
        sound_check_clips.write(sound, "top", tmp_path / "top.mp3")
