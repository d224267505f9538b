"""``python -m survey.building.sound_check_clips``: makes the two sounds of the sound check anew.

They are files of the repository, ``static/check-left.mp3`` and ``static/check-right.mp3``: a broken
chord of the sound font's piano on one channel, and nothing on the other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from fadernets import Notes
from fadernets.music.notes import NO_PEDAL
from fadernets.music.piece import Piece
from fadernets.playback import audio

STATIC = Path(__file__).parents[1] / "static"
SIDES = ("left", "right")
PITCHES = (60, 64, 67, 72)  # one a half beat, all held to the end
LENGTH = 4.0  # beats
TEMPO = 120.0  # beats per minute
FADE_SECONDS = 0.4  # at the end
COMPRESSION = 0.7  # libsndfile's name for 96 kbit/s


def main() -> None:
    """Write both files."""
    sound = audio.render(chord())
    for side in SIDES:
        path = STATIC / f"check-{side}.mp3"
        write(sound, side, path)
        print(path)


def chord() -> Piece:
    """What is played."""
    onsets = np.arange(len(PITCHES)) / 2
    notes = Notes.of(onsets, np.full(len(PITCHES), LENGTH), PITCHES, [80] * len(PITCHES))
    return Piece(notes, NO_PEDAL, np.array([[0.0, TEMPO]]), np.array([[0.0, 4, 4]]), LENGTH)


def write(sound: audio.Sound, side: str, path: Path) -> None:
    """Write a sound without its tail as MP3, on one channel only.

    Raises
    ------
    ValueError
        If the side is neither left nor right.
    """
    if side not in SIDES:
        raise ValueError(f"side {side!r} is not one of {', '.join(SIDES)}")
    mono = sound.samples.mean(axis=1)[: round((sound.seconds - audio.TAIL) * sound.rate)]
    fade = round(FADE_SECONDS * sound.rate)
    mono[-fade:] *= np.linspace(1, 0, fade, dtype=mono.dtype)
    samples = np.zeros((len(mono), 2), mono.dtype)
    samples[:, SIDES.index(side)] = mono
    coding = {"bitrate_mode": "CONSTANT", "compression_level": COMPRESSION}
    soundfile.write(path, samples, sound.rate, format="MP3", **coding)


if __name__ == "__main__":
    main()
