"""Files of sound: WAV, and Ogg Vorbis and MP3, which take a tenth of the room."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from fadernets.playback.audio import Sound

KINDS = {"wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}
SUFFIXES = {".wav": "wav", ".wave": "wav", ".ogg": "ogg", ".mp3": "mp3"}


def opened(file: Path | IO[bytes], kind: str, rate: int, channels: int = 2) -> soundfile.SoundFile:
    """A sound file to write into; `put` writes samples.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    rate : int
        Samples a second.
    """
    container, coding = KINDS[kind]
    return soundfile.SoundFile(file, "w", rate, channels, coding, format=container)


def put(coder: soundfile.SoundFile, samples: np.ndarray) -> None:
    """Write samples (n, channels) a second at a time: libsndfile crashes on much Vorbis at once."""
    for start in range(0, len(samples), coder.samplerate):
        coder.write(samples[start : start + coder.samplerate])


def coded(sound: Sound, kind: str) -> bytes:
    """The bytes of a sound's file of one of `KINDS`."""
    file = io.BytesIO()
    with opened(file, kind, sound.rate) as coder:
        put(coder, sound.samples)
    return file.getvalue()
