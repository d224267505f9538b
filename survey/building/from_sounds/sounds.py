"""Sounds of files as a study has them, and what is wrong with them: silence, clipping, length."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import signal

from fadernets.playback import audio
from survey.building import loudness
from survey.building.from_sounds import sound_file
from survey.building.from_sounds.sound_file import LONGEST, RATE, SoundError

SHORTEST = 0.3  # seconds
SILENCE = 10 ** (-60 / 20)  # of full scale: nobody hears a softer sound
LONG_SILENCE = 1.0  # seconds at either end that are worth telling
ORDER = 10  # of the filter of anchors, run both ways: a twelfth of an octave above, -30 dB
OFF_CENTRE = 0.01  # of full scale: what coding does to waves' mean is far smaller


@dataclass(frozen=True, eq=False)
class AnalysedSound:
    """A sound and what was found in it.

    Attributes
    ----------
    samples : float32 array, shape (n, 2)
        At `RATE`, full scale at -1 and 1.
    seconds : float
        Its length.
    sha256 : str
        Of its file.
    lufs : float
        Integrated loudness.
    peak : float
        Largest absolute sample.
    clipped : int
        How often waves are cut off, as the file has them.
    silence : (float, float)
        Seconds at the beginning and at the end.
    is_rendered : bool
        Whether it is of a MIDI file, as loud as the synthesiser gave it.
    offset : float
        How far its waves lie off the centre, at most of its channels.
    notices : tuple of str
        What is not heard of its file.
    """

    samples: np.ndarray
    seconds: float
    sha256: str
    lufs: float
    peak: float
    clipped: int
    silence: tuple[float, float]
    is_rendered: bool
    offset: float = 0.0
    notices: tuple[str, ...] = ()

    def without_samples(self) -> AnalysedSound:
        """What was found in it alone, which is small."""
        return replace(self, samples=self.samples[:0].copy())

    def remarks(self) -> list[str]:
        """What is better known before anybody hears it."""
        remarks = list(self.notices)
        if self.offset > OFF_CENTRE:
            percent = f"{100 * self.offset:.0f} % of full scale"
            remarks.append(
                f"its waves lie {percent} off the centre, which clicks at its ends and has its "
                "loudness misjudged"
            )
        if self.clipped:
            times = "once" if self.clipped == 1 else f"{self.clipped} times"
            remarks.append(f"waves are cut off at full scale {times}")
        rung_out = audio.TAIL if self.is_rendered else 0.0  # that rendering leaves for it
        for seconds, end, own in zip(self.silence, ("begins", "ends"), (0, rung_out), strict=True):
            if seconds - own > LONG_SILENCE:
                remarks.append(f"it {end} with {seconds:.1f} s of silence")
        return remarks

    def line(self) -> str:
        """What was measured."""
        return f"{self.seconds:.2f} s, {self.lufs:.1f} LUFS, peak {decibels(self.peak):.1f} dBFS"


def decibels(ratio: float) -> float:
    """A ratio of amplitudes in dB."""
    return 20 * math.log10(ratio) if ratio > 0 else -math.inf


def read(path: Path, low_pass: float | None = None) -> AnalysedSound:
    """The sound of a file, or what is left of it below some kilohertz; MIDI is rendered.

    Raises
    ------
    SoundError
        If it cannot be read, is silent, too short or too long, or has more than two channels.
    """
    file = sound_file.load(path)
    samples, clipped, notices = file.samples, file.clipped, file.notices
    if low_pass is not None:
        sections = signal.butter(ORDER, 1000 * low_pass, fs=RATE, output="sos")
        samples = signal.sosfiltfilt(sections, samples, axis=0).astype(np.float32)
    seconds = len(samples) / RATE
    if not SHORTEST <= seconds <= LONGEST:
        raise SoundError(f"it lasts {seconds:.2f} s; {SHORTEST:g} to {LONGEST:g} s can be heard")
    peak = float(np.abs(samples).max())
    centre = samples.mean(axis=0, dtype=float)
    offset = float(np.abs(centre).max())
    heard = samples - centre.astype(np.float32) if offset > OFF_CENTRE else samples
    audible = np.flatnonzero(np.abs(heard).max(axis=1) > SILENCE)
    level = loudness.loudness(samples)
    if not len(audible) or not math.isfinite(level):
        raise SoundError("it is silent")
    silence = (audible[0] / RATE, (len(samples) - 1 - audible[-1]) / RATE)
    digest = hashlib.sha256(file.data).hexdigest()
    if low_pass is not None:  # what is wrong with the file is told of the reference
        clipped, offset, notices = 0, 0.0, ()
    measured = (samples, seconds, digest, level, peak, clipped, silence)
    return AnalysedSound(*measured, file.is_rendered, offset, notices)
