"""Sounds from files, and what is wrong with them: silence, clipping, length."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from fadernets.music import midi
from fadernets.music.midifile.part import labels
from fadernets.music.piece import Piece
from fadernets.playback import audio
from survey.building import loudness

RATE = audio.RATE  # Hz; sounds of another rate are converted
LARGEST_FACTOR = 1000  # in converting rates; those of all usual rates are smaller
LOWEST_RATE, HIGHEST_RATE = 4000, 384_000  # Hz, of files
MIDI_NAMES = (".mid", ".midi")
SHORTEST, LONGEST = 0.3, 120.0  # seconds
MOST_BYTES = 200_000_000
SILENCE = 10 ** (-60 / 20)  # of full scale: nobody hears a softer sound
LONG_SILENCE = 1.0  # seconds at either end that are worth telling
ORDER = 10  # of the filter of anchors, run both ways: a twelfth of an octave above, -30 dB
FULL_SCALE = 0.999
CLIPPED_RUN = 3  # samples at full scale in a row, all alike: the top of a wave is cut off
ALIKE = 2 / 2**15  # two steps of 16 bits
CUT_SHORT = "it is cut short: its end is missing in the file"
OFF_CENTRE = 0.01  # of full scale: what coding does to waves' mean is far smaller
# What libsndfile notes of a file: a chunk whose header tells of more than there is, or an OGG
# stream without its last page.
SHORTER = re.compile(r"^ *(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
NO_LAST_PAGE = "Last page lacks an end-of-stream bit"
UNKNOWN_LENGTH = 0x7FFF0000  # and above: of programs that cannot go back to the header
NAMED_PARTS = 5  # of a MIDI file
CORNER = 8  # how many times as steep it falls behind them: a smooth top bends less


class SoundError(ValueError):
    """A file cannot be heard in a study; the message is one sentence for a person."""


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
    try:
        if path.exists() and not path.is_file():  # a device or a pipe has no end
            raise SoundError("it is no file")
        if path.stat().st_size > MOST_BYTES:
            raise SoundError(f"it has more than {MOST_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise SoundError(f"it cannot be read: {error.strerror}") from error
    is_midi = path.suffix.lower() in MIDI_NAMES
    raw = _rendered(data) if is_midi else _decoded(data)
    samples, clipped = raw.samples, raw.clipped
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
    digest = hashlib.sha256(data).hexdigest()
    if low_pass is not None:  # what is wrong with the file is told of the reference
        clipped, offset, raw = 0, 0.0, _Raw(raw.samples)
    measured = (samples, seconds, digest, level, peak, clipped, silence)
    return AnalysedSound(*measured, is_midi, offset, raw.notices)


@dataclass(frozen=True, eq=False)
class _Raw:
    """The samples of a file, at `RATE`; how often its waves are cut off; what is not heard."""

    samples: np.ndarray
    clipped: int = 0
    notices: tuple[str, ...] = ()


def _rendered(data: bytes) -> _Raw:
    try:
        piece = midi.read(data)
        # Before it is rendered: an hour of sound is some gigabytes, and its file a few bytes.
        if piece.duration > LONGEST:
            raise SoundError(f"it lasts longer than {LONGEST:g} s")
        return _Raw(audio.render(piece, gain=1.0).samples, notices=tuple(_unheard(piece)))
    except (midi.MidiError, audio.AudioError) as error:
        raise SoundError(str(error).rstrip(".")) from error


def _unheard(piece: Piece) -> Iterator[str]:
    """What of a MIDI file a piano does not play, or plays in place of others."""
    original = piece.original
    if original is None:
        return
    if original.damage:
        yield CUT_SHORT
    names = labels(original.tracks)
    others = [name for at, name in enumerate(names) if at not in original.parts]
    if others:
        yield f"its piano alone is heard, not {_some(others)}"
    replaced = [names[at] for at in original.parts if not original.tracks[at].is_piano]
    if replaced:
        yield f"a piano plays what is not a piano's: {_some(replaced)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_PARTS} more" if len(names) > NAMED_PARTS else ""
    return f"{', '.join(names[:NAMED_PARTS])}{more}"


def _is_cut_short(notes: str) -> bool:
    """Whether a file ends before its end, by what libsndfile notes of it."""
    lengths = SHORTER.search(notes)
    if lengths is None:
        return NO_LAST_PAGE in notes
    return int(lengths[2]) < int(lengths[1]) < UNKNOWN_LENGTH


def _decoded(data: bytes) -> _Raw:
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, channels = file.samplerate, file.channels
            if channels > 2:
                raise SoundError(f"it has {channels} channels; one or two can be heard")
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise SoundError(f"it has {rate} samples a second, which no sound here has")
            if file.frames > LONGEST * rate + 1:
                raise SoundError(f"it lasts longer than {LONGEST:g} s")
            samples = file.read(dtype="float32", always_2d=True)
            notices = (CUT_SHORT,) if _is_cut_short(file.extra_info) else ()
    except soundfile.LibsndfileError as error:
        raise SoundError("it is no WAV, FLAC, MP3 or OGG file that can be read") from error
    if not np.isfinite(samples).all():
        raise SoundError("it holds samples that are no numbers")
    clipped = _clipped(samples)  # as they are in the file: another rate rounds corners
    if rate != RATE:
        # Of a rate that shares no factor with ours the filter would be as long as the rate itself.
        ratio = Fraction(RATE, rate).limit_denominator(LARGEST_FACTOR)
        samples = signal.resample_poly(samples, ratio.numerator, ratio.denominator, axis=0)
    both = np.repeat(samples, 2 // samples.shape[1], axis=1).astype(np.float32)
    return _Raw(both, clipped, notices)


def _clipped(samples: np.ndarray) -> int:
    """How many tops of waves are cut off at full scale, in the channel that has most of them.

    That is a run of `CLIPPED_RUN` samples or more that are alike, with a corner at an end of it. A
    low tone that just reaches full scale stays there for as long, but bends; and what MP3 or OGG
    puts above full scale was not cut off, and is not alike.
    """
    return max(
        (_cut_tops(sign * channel) for channel in samples.T for sign in (1, -1)),
        default=0,
    )


def _cut_tops(wave: np.ndarray) -> int:
    """The tops that are cut off on one side of one channel, shape (n,)."""
    full = wave >= FULL_SCALE
    flat = full[1:] & full[:-1] & (np.abs(np.diff(wave)) <= ALIKE)  # from a sample to the next
    edges = np.diff(flat.astype(np.int8), prepend=0, append=0)
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    is_long = lasts - firsts >= CLIPPED_RUN - 1
    firsts, lasts = firsts[is_long], lasts[is_long]
    before, behind = np.maximum(firsts - 2, 0), np.minimum(lasts + 2, len(wave) - 1)
    fall = np.maximum(wave[firsts] - wave[before], wave[lasts] - wave[behind])
    return int((fall > 2 * CORNER * ALIKE).sum())
