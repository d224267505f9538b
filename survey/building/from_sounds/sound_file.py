"""What a sound file holds: its samples, and what of it nobody hears."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from fadernets.music import midi
from fadernets.music.midifile.part import labels
from fadernets.music.piece import Piece
from fadernets.playback import audio
from survey.building.from_sounds.clipping import cut_off_tops

RATE = audio.RATE  # Hz; sounds of another rate are converted
LARGEST_FACTOR = 1000  # in converting rates; those of all usual rates are smaller
LOWEST_RATE, HIGHEST_RATE = 4000, 384_000  # Hz, of files
MIDI_NAMES = (".mid", ".midi")
LONGEST = 120.0  # seconds
MOST_BYTES = 200_000_000
CUT_SHORT = "it is cut short: its end is missing in the file"
# What libsndfile notes of a file: a chunk whose header tells of more than there is, or an OGG
# stream without its last page.
SHORTER = re.compile(r"^ *(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
NO_LAST_PAGE = "Last page lacks an end-of-stream bit"
UNKNOWN_LENGTH = 0x7FFF0000  # and above: of programs that cannot go back to the header
# Of an MP3 file the first frame may say how many there are; without it their number is guessed.
NUMBER_OF_FRAMES = re.compile(rb"Xing|Info|VBRI")
FIRST_FRAME = 2_000  # bytes, behind what ID3 says of the file
MP3_FRAME = 1_152  # samples; encoders disagree about one more or less
NAMED_PARTS = 5  # of a MIDI file


class SoundError(ValueError):
    """A file cannot be heard in a study; the message is one sentence for a person."""


@dataclass(frozen=True, eq=False)
class DecodedSound:
    """What a file holds.

    Attributes
    ----------
    samples : float32 array, shape (n, 2)
        At `RATE`, full scale at -1 and 1.
    data : bytes
        The file.
    clipped : int
        How often waves are cut off in it.
    is_rendered : bool
        Whether it is a MIDI file, as loud as the synthesiser gave it.
    notices : tuple of str
        What is not heard of it.
    """

    samples: np.ndarray
    data: bytes
    clipped: int = 0
    is_rendered: bool = False
    notices: tuple[str, ...] = ()


def load(path: Path) -> DecodedSound:
    """What a file holds; MIDI is rendered.

    Raises
    ------
    SoundError
        If it cannot be read, is too long, or has more than two channels.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe has no end
            raise SoundError("it is no file")
        if path.stat().st_size > MOST_BYTES:
            raise SoundError(f"it has more than {MOST_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise SoundError(f"it cannot be read: {error.strerror}") from error
    return _rendered(data) if path.suffix.lower() in MIDI_NAMES else _decoded(data)


def _rendered(data: bytes) -> DecodedSound:
    try:
        piece = midi.read(data)
        # Before it is rendered: an hour of sound is some gigabytes, and its file a few bytes.
        if piece.duration > LONGEST:
            raise SoundError(f"it lasts longer than {LONGEST:g} s")
        samples = audio.render(piece, gain=1.0).samples
        return DecodedSound(samples, data, is_rendered=True, notices=tuple(_unheard(piece)))
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


def _lacks_frames(data: bytes, missing: int) -> bool:
    """Whether an MP3 file says that it has more samples than there are, by so many."""
    if missing <= 2 * MP3_FRAME:
        return False
    tag = 0
    if data[:3] == b"ID3":  # the size has seven bits a byte
        tag = 10 + sum(byte << 7 * place for place, byte in enumerate(reversed(data[6:10])))
    return NUMBER_OF_FRAMES.search(data, tag, tag + FIRST_FRAME) is not None


def _decoded(data: bytes) -> DecodedSound:
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
            missing = file.frames - len(samples)
            is_short = _is_cut_short(file.extra_info) or _lacks_frames(data, missing)
            notices = (CUT_SHORT,) if is_short else ()
    except soundfile.LibsndfileError as error:
        raise SoundError("it is no WAV, FLAC, MP3 or OGG file that can be read") from error
    if not np.isfinite(samples).all():
        raise SoundError("it holds samples that are no numbers")
    clipped = cut_off_tops(samples)  # as they are in the file: another rate rounds corners
    if rate != RATE:
        # Of a rate that shares no factor with ours the filter would be as long as the rate itself.
        ratio = Fraction(RATE, rate).limit_denominator(LARGEST_FACTOR)
        samples = signal.resample_poly(samples, ratio.numerator, ratio.denominator, axis=0)
    both = np.repeat(samples, 2 // samples.shape[1], axis=1).astype(np.float32)
    return DecodedSound(both, data, clipped, notices=notices)
