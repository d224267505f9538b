"""The sound of a piece: MIDI through a synthesiser and a piano sound font.

Two synthesisers: `midirenderer`, installed by pip alone and the default, and FluidSynth through
`midi2audio` where that program exists. Choose with an argument or with the environment variables
FADERNETS_SYNTHESISER ("midirenderer" or "fluidsynth") and FADERNETS_SOUNDFONT (a path to an SF2
file). Everything here may be called from several threads at once.
"""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import midirenderer
import numpy as np
import soundfile

from fadernets.music import midi
from fadernets.music.piece import Piece

PIANO = Path(__file__).parents[1] / "assets" / "piano-fluidr3.sf2"
DEFAULT = "midirenderer"
RATE = 48_000  # Hz, what midirenderer always gives
TAIL = 2.0  # seconds kept after the end of a piece
PEAK = 10 ** (-1 / 20)  # where normalising puts the loudest sample: -1 dBFS
LOUDEST_GAIN = 12.0  # a soft piece stays soft, and its 16-bit noise floor is not brought up
SILENCE = 2 / 32768  # a peak below this is 16-bit rounding, not sound
IN_PROCESS = 10.0  # seconds of sound; beyond this the work goes to a child process


class AudioError(RuntimeError):
    """No sound could be made; the message is one sentence for a person."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Stereo sound.

    Attributes
    ----------
    samples : float32 array, shape (n, 2)
        Left and right, full scale at -1 and 1.
    rate : int
        Samples per second.
    gain : float
        The factor that `samples` is already multiplied by, over what the synthesiser gave.
    """

    samples: np.ndarray
    rate: int
    gain: float = 1.0

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    @property
    def peak(self) -> float:
        """The largest absolute sample, 0 for no samples."""
        if not self.samples.size:
            return 0.0
        return float(max(self.samples.max(), -self.samples.min()))


def render(piece: Piece, *, gain: float | None = None, synthesiser: str | None = None) -> Sound:
    """The sound of a piece, from its beat 0 to `TAIL` seconds after its end.

    Parameters
    ----------
    piece : Piece
    gain : float, optional
        Factor on the synthesiser's output, above 0. None brings the loudest sample to -1 dBFS,
        with a factor of `LOUDEST_GAIN` at most. To compare two sounds use `pair`.
    synthesiser : str, optional
        A key of `SYNTHESISERS`. None takes FADERNETS_SYNTHESISER, or else "midirenderer".

    Raises
    ------
    ValueError
        If the gain is not a positive number or there is no such synthesiser.
    AudioError
        If the piece has no notes, the synthesiser or the sound font is missing or broken, or
        the result is silent.
    """
    if gain is not None and not (math.isfinite(gain) and gain > 0):
        raise ValueError(f"gain {gain} is not a positive number")
    name, font = chosen(synthesiser)
    if not len(piece.notes):
        raise AudioError("The piece has no notes to play.")
    seconds = piece.duration + TAIL
    raw = synthesise(piece, seconds, tail=TAIL, synthesiser=name)
    peak = raw.peak
    if peak < SILENCE:
        raise AudioError(
            f"The sound from {name} is silent: the notes are too soft to be heard, "
            f"or the sound font {font.name} has no piano for them."
        )
    samples = fitted(raw.samples, round(seconds * raw.rate))
    factor = normalising(peak) if gain is None else gain
    samples *= np.float32(factor)
    return Sound(samples, raw.rate, factor)


def synthesise(
    piece: Piece, seconds: float, *, tail: float = 0.0, synthesiser: str | None = None
) -> Sound:
    """The sound of a piece as the synthesiser gives it: neither normalised nor cut to a length.

    Parameters
    ----------
    piece : Piece
    seconds : float
        About how long that will be.
    tail : float
        Seconds of silence after the end of the piece.
    synthesiser : str, optional
        As for `render`.

    Raises
    ------
    ValueError
        If there is no such synthesiser.
    AudioError
        If the synthesiser or the sound font is missing or broken.
    """
    name, font = chosen(synthesiser)
    _check_font(font)
    return SYNTHESISERS[name](midi.dump(piece, tail=tail), font, seconds)


def chosen(synthesiser: str | None = None) -> tuple[str, Path]:
    """The synthesiser, the one given or that of the environment, and the sound font.

    Raises
    ------
    ValueError
        If there is no such synthesiser.
    AudioError
        If it is the environment that names it.
    """
    name = synthesiser or os.environ.get("FADERNETS_SYNTHESISER") or DEFAULT
    if name not in SYNTHESISERS:
        names = ", ".join(SYNTHESISERS)
        if not synthesiser:
            raise AudioError(f"FADERNETS_SYNTHESISER must be one of {names}, and not {name!r}.")
        raise ValueError(f"synthesiser {name!r} is not one of {names}")
    return name, Path(os.environ.get("FADERNETS_SOUNDFONT") or PIANO).expanduser()


def check() -> None:
    """Look whether the synthesiser and the sound font of the environment can be used.

    Raises
    ------
    AudioError
        If there is no such synthesiser or font, with a sentence that says so.
    """
    _, font = chosen()
    _check_font(font)


def pair(
    original: Piece | Sound, result: Piece | Sound, *, synthesiser: str | None = None
) -> tuple[Sound, Sound]:
    """Two sounds to compare: one gain for both, such that neither clips, and one length.

    A `Piece` is rendered; a `Sound` made earlier with `render`, at any gain, saves that work.

    Raises
    ------
    ValueError
        If the two have different sample rates.
    AudioError
        As `render` does.
    """
    sounds = [
        side if isinstance(side, Sound) else render(side, gain=1.0, synthesiser=synthesiser)
        for side in (original, result)
    ]
    first, second = sounds
    if first.rate != second.rate:
        raise ValueError(f"sample rates {first.rate} and {second.rate} Hz cannot be compared")
    factor = normalising(max(sound.peak / sound.gain for sound in sounds))
    length = max(len(sound.samples) for sound in sounds)
    left, right = (
        Sound(fitted(sound.samples * np.float32(factor / sound.gain), length), sound.rate, factor)
        for sound in sounds
    )
    return left, right


def wav_bytes(sound: Sound) -> bytes:
    """The 16-bit WAV file as bytes."""
    file = io.BytesIO()
    soundfile.write(file, sound.samples, sound.rate, subtype="PCM_16", format="WAV")
    return file.getvalue()


def normalising(peak: float) -> float:
    """The gain that brings a peak to -1 dBFS, `LOUDEST_GAIN` at most."""
    return LOUDEST_GAIN if peak == 0 else min(PEAK / peak, LOUDEST_GAIN)


def fitted(samples: np.ndarray, length: int) -> np.ndarray:
    """Samples (n, 2) cut or padded with silence to `length` rows."""
    if len(samples) >= length:
        return samples[:length]
    return np.pad(samples, ((0, length - len(samples)), (0, 0)))


def _check_font(font: Path) -> None:
    # FluidSynth plays some other font of the machine when it cannot read the one it was given.
    try:
        with open(font, "rb") as file:
            head = file.read(12)
    except OSError as error:
        raise AudioError(f"The sound font {font} cannot be read: {error.strerror}.") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise AudioError(f"The sound font {font} is not an SF2 file.")


@lru_cache(maxsize=2)
def _font_bytes(font: Path) -> bytes:
    return font.read_bytes()


def _midirenderer(midi_bytes: bytes, font: Path, seconds: float) -> Sound:
    # midirenderer keeps Python's interpreter lock while it works: a long piece rendered here
    # would stop every other thread of a web server for seconds.
    if seconds > IN_PROCESS:
        program = (
            "import sys, pathlib, midirenderer\n"
            "font, midi, wav = map(pathlib.Path, sys.argv[1:])\n"
            "wav.write_bytes(midirenderer.render_wave_from(font.read_bytes(), midi.read_bytes()))"
        )
        return _in_child(lambda midi, wav: ["-c", program, str(font), midi, wav], midi_bytes)
    try:
        wav = midirenderer.render_wave_from(_font_bytes(font), midi_bytes)
    except (RuntimeError, ValueError) as error:
        raise AudioError(f"midirenderer cannot use the sound font {font}: {error}.") from error
    return _decoded(io.BytesIO(wav))


def _fluidsynth(midi_bytes: bytes, font: Path, seconds: float) -> Sound:
    if not shutil.which("fluidsynth"):
        raise AudioError("FluidSynth is not installed: no program called fluidsynth was found.")
    if find_spec("midi2audio") is None:
        raise AudioError("FluidSynth is played by midi2audio: pip install 'fadernets[fluidsynth]'.")
    options = ["-m", "midi2audio", "-s", str(font), "-r", str(RATE)]
    return _in_child(lambda midi, wav: [*options, midi, wav], midi_bytes)


def rendering_prefix(process: int) -> str:
    """What the names of temporary folders for rendering begin with; takes the process's number."""
    return f"fadernets-render-{process}-"


def _in_child(arguments: Callable[[str, str], list[str]], midi_bytes: bytes) -> Sound:
    """Run Python with arguments(MIDI path, WAV path) and read the WAV file it wrote."""
    with tempfile.TemporaryDirectory(prefix=rendering_prefix(os.getpid())) as folder:
        midi_path, wav_path = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        midi_path.write_bytes(midi_bytes)
        command = [sys.executable, "-P", *arguments(str(midi_path), str(wav_path))]
        process = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
        # midi2audio ends with status 0 whatever FluidSynth says.
        lines = process.stderr.strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        if process.returncode or errors or not wav_path.exists():
            reason = (errors or lines or ["no sound was written"])[-1].strip().rstrip(".")
            raise AudioError(f"The synthesiser failed: {reason}.")
        return _decoded(wav_path)


def _decoded(file: BinaryIO | Path) -> Sound:
    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"The synthesiser wrote no readable sound: {error}.") from error
    return Sound(samples, rate)


SYNTHESISERS: dict[str, Callable[[bytes, Path, float], Sound]] = {
    "midirenderer": _midirenderer,
    "fluidsynth": _fluidsynth,
}
