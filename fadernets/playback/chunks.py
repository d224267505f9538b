"""The sound of a long piece in chunks: each costs only itself, and they join without a seam.

A chunk is rendered from a little before its beginning (the pre-roll), so that notes and reverb that
ring into it are there. Synthesisers look for events once in 64 samples, so a note may come up to
1.3 ms late, depending on where the rendering began; two renderings of the same notes then cancel
nowhere. Here every rendering begins at a whole second, a multiple of those 64 samples, and events
keep their distance from that grid: the overlap of two chunks is the same to the last bit or two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from fadernets.music.midifile.new import RESOLUTION
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from fadernets.playback import audio
from fadernets.playback.audio import PEAK, RATE, TAIL, AudioError, Sound

FIRST_SECONDS = 8.0  # so that sound begins early
LATER_SECONDS = 20.0  # of every other chunk
MIN_LAST_SECONDS = 5.0  # a shorter rest at the end goes to the chunk before it
FADE = 0.032  # seconds that a chunk lasts into the next; both are heard, one fading, one rising

MIN_PREROLL = 3.0  # seconds: a released note and its reverb are 100 dB softer by then
MAX_PREROLL = 12.0  # seconds: a string held for longer is 35 dB below its strike

SLOT = 8  # samples: events come in the middle of one, never on a synthesiser's grid of 64
PER_SLOT = 2  # ticks
QPM = 60 * RATE * PER_SLOT / (SLOT * RESOLUTION)  # makes a tick of a beat's 480 half a slot
MARGIN = 0.01  # seconds rendered in excess: synthesisers leave out an unfinished block of samples

# The gain of all chunks is known before the first of them is rendered: from the notes. Each strike
# brings energy that dies away; the peak follows its root. Over 36 pieces (the examples as they are,
# and with faders at their ends) the peak came out 1.2 dB above to 3.7 dB below what `loudest` says,
# mostly 1 dB below. What is louder than `KNEE` all the same is bent, not cut.
BIN = 0.02  # seconds
DECAY = 0.5  # seconds in which an amplitude falls to 1/e
REFERENCE = 100  # velocity; amplitude goes with the square of velocity, as sound fonts have it
CREST = 1.3  # peak of many notes over the root of their summed squares, near the largest measured
KNEE = 0.85  # -1.4 dBFS


def borders(seconds: float) -> list[float]:
    """Where the chunks of a piece begin, and the end of the last: whole seconds but for the end."""
    return [
        0.0,
        *np.arange(FIRST_SECONDS, seconds - MIN_LAST_SECONDS, LATER_SECONDS).tolist(),
        float(seconds),
    ]


def following(edges: list[float], clock: np.ndarray) -> list[float]:
    """Where the chunks of a result begin that has a clock of its own, and the end of the last.

    Each begins at the whole second nearest to where the music is by then at which the original's
    chunk begins.

    Parameters
    ----------
    edges : list of float
        Of the original, as `borders` has them.
    clock : float array, shape (n, 2)
        As `fadernets.playback.clocks.clock` has it.
    """
    own = np.interp(edges, *clock.T)
    return [0.0, *np.rint(own[1:-1]).tolist(), float(own[-1])]


def reach(edges: list[float], chunk: int) -> tuple[float, float]:
    """Seconds between which all notes lie that a chunk can be made of."""
    return max(0.0, edges[chunk] - MAX_PREROLL - 1.0), edges[chunk + 1] + FADE


def render(
    piece: Piece,
    chunk: int,
    gain: float,
    *,
    edges: list[float] | None = None,
    synthesiser: str | None = None,
) -> Sound:
    """One chunk of a piece, from its beginning to `FADE` past its end, the last to `TAIL`.

    Rises over its first `FADE` seconds while the one before fades, linearly: the sum of chunks,
    each at its place, is the sound of the piece. Silence where nothing sounds.

    Parameters
    ----------
    piece : Piece
    chunk : int
        From 0 to ``len(edges) - 2``.
    gain : float
        Factor on the synthesiser's output; see `gain_of`.
    edges : list of float, optional
        Where its chunks begin, in whole seconds, and the end; by default its own `borders`.
    synthesiser : str, optional
        As for `audio.render`.

    Raises
    ------
    AudioError
        If the synthesiser or the sound font is missing or broken.
    """
    edges = borders(piece.duration) if edges is None else edges
    is_last = chunk == len(edges) - 2
    stop = edges[chunk + 1] + (TAIL if is_last else FADE)
    samples = limited(_between(piece, edges[chunk], stop, synthesiser) * np.float32(gain))
    size = round(FADE * RATE)
    ramp = ((np.arange(size) + 0.5) / size).astype(np.float32)[:, None]
    if chunk:
        samples[:size] *= ramp
    if not is_last:
        samples[-size:] *= 1 - ramp
    return Sound(samples, RATE, gain)


def joined(
    piece: Piece,
    gain: float,
    *,
    edges: list[float] | None = None,
    synthesiser: str | None = None,
) -> Iterator[np.ndarray]:
    """The whole sound of a piece, samples (n, 2) after samples, a chunk in memory at a time.

    Parameters
    ----------
    piece, gain, edges, synthesiser
        As for `render`.

    Raises
    ------
    AudioError
        As `render` does.
    """
    size = round(FADE * RATE)
    edges = borders(piece.duration) if edges is None else edges
    count = len(edges) - 1
    tail = np.zeros((0, 2), np.float32)
    for chunk in range(count):
        samples = render(piece, chunk, gain, edges=edges, synthesiser=synthesiser).samples
        samples[: len(tail)] += tail
        if chunk < count - 1:
            samples, tail = samples[:-size], samples[-size:].copy()
        yield samples


def gain_of(*pieces: Piece, synthesiser: str | None = None) -> float:
    """One gain for all chunks of pieces to compare, such that the loudest comes near -1 dBFS.

    Raises
    ------
    AudioError
        If there are no notes, or the sound font has no sound for them.
    """
    if not any(len(piece.notes) for piece in pieces):
        raise AudioError("The piece has no notes to play.")
    return audio.normalising(max(loudest(piece, synthesiser=synthesiser) for piece in pieces))


def loudest(piece: Piece, *, synthesiser: str | None = None) -> float:
    """About the largest absolute sample of a piece, before any gain; 0 without notes."""
    if not len(piece.notes):
        return 0.0
    at = (piece.seconds(piece.notes.onset) / BIN).astype(np.int64)
    struck = np.bincount(at, weights=(piece.notes.velocity / REFERENCE) ** 4)
    decay = math.exp(-2 * BIN / DECAY)
    energy = max(accumulate(struck.tolist(), lambda ringing, new: decay * ringing + new))
    return CREST * _reference(*audio.chosen(synthesiser)) * math.sqrt(energy)


def limited(samples: np.ndarray) -> np.ndarray:
    """Samples with those above `KNEE` bent towards `PEAK`, which none exceeds.

    Each sample for itself, so that what two chunks have in common stays the same in both.
    """
    size = np.abs(samples)
    if size.max(initial=0.0) <= KNEE:
        return samples
    room = np.float32(PEAK - KNEE)
    bent = np.float32(KNEE) + room * np.tanh((size - np.float32(KNEE)) / room)
    return np.where(size > KNEE, np.copysign(bent, samples), samples)


@lru_cache(maxsize=8)
def _reference(synthesiser: str, font: Path) -> float:
    """Peak of one note in the middle of the piano, of velocity `REFERENCE`."""
    note = Notes.of([0.0], [1.0], [60], [REFERENCE])
    piece = Piece(note, NO_PEDAL, np.array([[0.0, 60.0]]), np.array([[0, 4, 4]]), 1.0)
    return audio.render(piece, gain=1.0, synthesiser=synthesiser).peak


def _between(piece: Piece, begin: float, stop: float, synthesiser: str | None) -> np.ndarray:
    """The sound between two times, without a gain: float32, (n, 2)."""
    length = round((stop - begin) * RATE)
    onset, offset = piece.seconds(piece.notes.onset), piece.seconds(piece.notes.offset)
    start = _start(onset, piece.seconds(piece.sounding.offset), begin)
    inside = (onset >= start) & (onset < stop)
    if not inside.any():
        return np.zeros((length, 2), np.float32)
    end = stop - start + MARGIN
    notes = piece.notes[inside]
    struck = _beats(onset[inside] - start)
    let_go = np.maximum(_beats((offset[inside] - start).clip(max=end)), struck + _beats(0.0))
    pedal = _beats((piece.seconds(piece.pedal) - start).clip(0.0, end))
    part = Piece(
        notes=Notes.of(struck, let_go, notes.pitch, notes.velocity),
        pedal=pedal[pedal[:, 1] > pedal[:, 0]],
        tempo=np.array([[0.0, QPM]]),
        meter=np.array([[0, 4, 4]]),
        length=float(_beats(end)),
    )
    sound = audio.synthesise(part, end, synthesiser=synthesiser)
    if sound.rate != RATE:
        raise AudioError(f"The synthesiser gives {sound.rate} samples a second, not {RATE}.")
    skipped = round((begin - start) * RATE)
    return audio.fitted(sound.samples, skipped + length)[skipped:]


def _start(onset: np.ndarray, ends: np.ndarray, begin: float) -> float:
    """The whole second at which the rendering of what begins at `begin` begins.

    Early enough for every note that still sounds at `begin`, with its key down or in the pedal, but
    for notes older than `MAX_PREROLL`: these are left out.
    """
    rings = (onset < begin) & (ends > begin) & (onset >= begin - MAX_PREROLL)
    return max(0.0, math.floor(min(onset[rings].min(initial=np.inf), begin - MIN_PREROLL)))


def _beats(seconds: np.ndarray | float) -> np.ndarray:
    """The middle of the slot nearest to each time, in beats at `QPM`."""
    return (PER_SLOT * np.rint(np.asarray(seconds) * RATE / SLOT) + 1) / RESOLUTION
