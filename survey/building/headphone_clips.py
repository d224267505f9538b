"""``python -m survey.building.headphone_clips``: makes the sounds of the headphone check anew.

They are files of the repository, ``static/tones-1.mp3`` to ``tones-6.mp3``, one for each pattern of
`survey.core.headphones`: three tones of 200 Hz and one second, half a second between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from survey.core.headphones import ANTIPHASE, PATTERNS, QUIET

STATIC = Path(__file__).parents[1] / "static"
RATE = 44_100  # Hz
PITCH = 200.0  # Hz
TONE_SECONDS, GAP_SECONDS, RAMP_SECONDS = 1.0, 0.5, 0.1
LEVEL = 0.25  # of full scale
QUIETER = 10 ** (-6 / 20)
COMPRESSION = 0.7  # libsndfile's name for 96 kbit/s


def main() -> None:
    """Write all files."""
    for number, pattern in enumerate(PATTERNS, 1):
        path = STATIC / f"tones-{number}.mp3"
        coding = {"bitrate_mode": "CONSTANT", "compression_level": COMPRESSION}
        soundfile.write(path, sound(pattern), RATE, format="MP3", **coding)
        print(path)


def sound(pattern: Sequence[str]) -> np.ndarray:
    """Three tones as samples of two channels, (samples, 2), from -1 to 1."""
    gap = np.zeros((round(GAP_SECONDS * RATE), 2))
    parts = [gap]
    for kind in pattern:
        parts += [tone(kind), gap]
    return np.concatenate(parts)


def tone(kind: str) -> np.ndarray:
    """One tone, (samples, 2)."""
    time = np.arange(round(TONE_SECONDS * RATE)) / RATE
    ramp = np.clip(np.minimum(time, TONE_SECONDS - time) / RAMP_SECONDS, 0, 1)
    level = LEVEL * (QUIETER if kind == QUIET else 1)
    mono = level * np.sin(np.pi / 2 * ramp) ** 2 * np.sin(2 * np.pi * PITCH * time)
    return np.stack([mono, -mono if kind == ANTIPHASE else mono], axis=1)


if __name__ == "__main__":
    main()
