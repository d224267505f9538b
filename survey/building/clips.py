"""The sound of a study: clips of one length, one format and one size, named by their hash.

Nothing but the music tells two clips apart: a constant bit rate makes equal lengths equally many
bytes, no tag is written, and the coder's delay is the same everywhere. At 192 kbit/s the coding
error of piano music is below -29 dB (at 160 kbit/s: -23 dB); a higher rate only makes the download
longer.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from fadernets import Notes
from fadernets.atomic_file import replacing
from fadernets.music.notes import BEATS, NO_PEDAL
from fadernets.music.piece import Piece
from fadernets.playback import audio

KBITS = 192  # kbit/s
COMPRESSION = 0.4  # libsndfile's name for it, between 0 (320 kbit/s) and 1
FRAME = 1152  # samples coded together
LEAD_SECONDS = 0.1  # before the first note: devices swallow the beginning of a sound
TAIL_SECONDS = 1.5  # after the four beats
CUT_SECONDS = 0.01  # at the end of a sound from elsewhere, which may end in mid-wave
FADE_SECONDS = 0.25  # at the end of the tail
# `fadernets.playback.audio.pair` leaves a soft piece soft. Here all pairs are equally loud, so that
# nobody turns the volume between trials; even at this gain the 16-bit noise is at -69 dBFS.
HIGHEST_GAIN = 40.0
LOWEST_PEAK = 0.01  # of full scale; nobody hears a softer sound from a phone


class ClipError(RuntimeError):
    """No clip could be made; the message is one sentence for a person."""


@dataclass(frozen=True)
class RecordedClip:
    """A stored clip.

    Attributes
    ----------
    sha256 : str
        Of its bytes; the file is ``<sha256>.mp3``.
    bytes : int
    seconds : float
    """

    sha256: str
    bytes: int
    seconds: float


def check_coder() -> None:
    """Refuse, before any work, an installation that cannot write MP3.

    Raises
    ------
    ClipError
    """
    if "MPEG_LAYER_III" not in soundfile.available_subtypes("MP3"):
        raise ClipError(
            f"The installed libsndfile {soundfile.__libsndfile_version__} cannot write MP3; "
            "version 1.1 or later, as in the soundfile package from pip, is needed."
        )


def length(seconds: float) -> int:
    """Samples of every clip, in whole MP3 frames, if the longest segment lasts `seconds`."""
    return whole_frames(seconds + TAIL_SECONDS)


def make(versions: Sequence[Notes], tempo: np.ndarray, seconds: float, samples: int) -> list[bytes]:
    """MP3 files of versions of a segment, to compare: one gain, one length, one size.

    Parameters
    ----------
    versions : sequence of Notes
        The original and others; sounding lengths, beats from the segment's start.
    tempo : float array, shape (t, 2)
        Rows (beat, quarter notes per minute), the first at 0.
    seconds : float
        How long the segment's four beats last.
    samples : int
        Length of every clip, `length` of `seconds` or more.

    Raises
    ------
    ClipError
        If one is too soft to be heard.
    fadernets.playback.audio.AudioError
        If the synthesiser fails.
    """
    sounds = [audio.render(_piece(notes, tempo), gain=1.0) for notes in versions]
    factor = min(audio.PEAK / max(sound.peak for sound in sounds), HIGHEST_GAIN)
    return [encode(_shaped(sound, factor, seconds, samples), sound.rate) for sound in sounds]


def of_sound(music: np.ndarray, gain: float, samples: int) -> bytes:
    """The MP3 file of a sound from anywhere: lead, sound, its last moment faded, silence.

    Parameters
    ----------
    music : float32 array, shape (n, 2)
        At `audio.RATE`.
    gain : float
    samples : int
        Length of every clip of the study.

    Raises
    ------
    ClipError
        If it is too soft to be heard.
    """
    shaped = np.zeros((samples, 2), np.float32)
    lead, fade = (round(seconds * audio.RATE) for seconds in (LEAD_SECONDS, CUT_SECONDS))
    sound = music * np.float32(gain)
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    shaped[lead : lead + len(sound)] = sound
    return encode(shaped, audio.RATE)


def whole_frames(seconds: float) -> int:
    """Samples of a clip with a sound of so many seconds."""
    return -(-round((LEAD_SECONDS + seconds) * audio.RATE) // FRAME) * FRAME


def encode(samples: np.ndarray, rate: int) -> bytes:
    """An MP3 file; the same samples always give the same bytes.

    Parameters
    ----------
    samples : float32 array, shape (n, 2)
        Full scale at -1 and 1.
    rate : int
        Samples per second.

    Raises
    ------
    ClipError
        If what was written is not as long as it should be, or silent.
    """
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        rate,
        samples.shape[1],
        "MPEG_LAYER_III",
        format="MP3",
        compression_level=COMPRESSION,
        bitrate_mode="CONSTANT",
    ) as coder:
        coder.write(samples)
    data = file.getvalue()
    decoded = decode(data)
    if decoded.shape != samples.shape:
        raise ClipError(f"An MP3 of {len(samples)} samples came back with {len(decoded)}.")
    peak = float(np.abs(decoded).max())
    if peak < LOWEST_PEAK:
        raise ClipError(f"A clip is too soft to be heard: its peak is {peak:.4f} of full scale.")
    return data


def decode(data: bytes) -> np.ndarray:
    """Samples of an MP3 file: float32, shape (n, channels)."""
    samples: np.ndarray = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0]
    return samples


def store(data: bytes, samples: int, folder: Path) -> RecordedClip:
    """Write a clip to its folder, whole or not at all; one that is there already is left alone.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    name = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}.mp3"
    if not (path.is_file() and path.read_bytes() == data):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path, shared=True, durable=True) as part:
            part.write_bytes(data)
    return RecordedClip(name, len(data), samples / audio.RATE)


def _piece(notes: Notes, tempo: np.ndarray) -> Piece:
    """A segment alone. Its notes carry the pedal in their lengths, as a transferred one's do."""
    meter = np.array([[0.0, 4, 4]])
    return Piece(notes, NO_PEDAL, tempo, meter, length=float(BEATS))


def _shaped(sound: audio.Sound, factor: float, seconds: float, samples: int) -> np.ndarray:
    """Lead, sound at its gain, tail with its end faded, silence: float32, (samples, 2)."""
    lead, sounding = (round(s * sound.rate) for s in (LEAD_SECONDS, seconds + TAIL_SECONDS))
    shaped = np.zeros((samples, 2), np.float32)
    music = sound.samples[:sounding] * np.float32(factor / sound.gain)
    fade = round(FADE_SECONDS * sound.rate)
    music[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    shaped[lead : lead + len(music)] = music
    return shaped
