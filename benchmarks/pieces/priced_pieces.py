"""Pieces of every kind that costs otherwise than it looks, as MIDI files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.pieces import bombs
from fadernets.music import examples, midi
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece


def piece(
    notes: Notes, beats: float, *, tempo: float = 117.0, meter: tuple[int, int] = (4, 4),
    pedal: np.ndarray = NO_PEDAL,
) -> bytes:  # fmt: skip
    """A MIDI file of notes that last so many beats."""
    tempos, meters = np.array([[0.0, tempo]]), np.array([[0.0, *meter]])
    return midi.dump(Piece(notes, pedal, tempos, meters, beats))


def tune(segments: int, seed: int = 0) -> Notes:
    """Chords and single notes on sixteenths, a dozen in a segment of four beats."""
    dice = np.random.default_rng(seed)
    rows = []
    for start in range(0, 4 * segments):
        steps = np.flatnonzero(dice.random(4) < 0.55) if start % 4 else np.arange(2)
        for begin, end in zip(steps, [*steps[1:], 4], strict=False):
            for pitch in dice.permutation(np.arange(48, 80))[: dice.integers(1, 3)]:
                at = start + begin / 4
                rows.append((at, at + (end - begin) / 4, pitch, 40 + dice.integers(60)))
    return Notes.of(*zip(*rows, strict=True))


def _with(notes: Notes, *more: tuple[float, float, int, int]) -> Notes:
    columns = [
        np.append(side, [row[place] for row in more])
        for place, side in enumerate((notes.onset, notes.offset, notes.pitch, notes.velocity))
    ]
    return Notes.of(*columns)


def clusters(beats: int, keys: int = 12) -> Notes:
    """A dozen keys at once on every sixteenth."""
    onset = np.repeat(np.arange(4 * beats) / 4, keys)
    low = np.repeat(np.random.default_rng(1).integers(30, 90, 4 * beats), keys)
    return Notes.of(onset, onset + 0.25, low + np.tile(np.arange(keys), 4 * beats), onset * 0 + 70)


def performance(minutes: float, rate: float = 11.0) -> Notes:
    """As somebody plays without a click, at 120 beats a minute of the file."""
    dice = np.random.default_rng(2)
    count = int(minutes * 60 * rate)
    onset = np.sort(dice.uniform(0, 120 * minutes - 4, count))
    length = dice.exponential(0.8, count).clip(0.06, 4)
    return Notes.of(
        onset, onset + length, dice.integers(28, 96, count), dice.integers(20, 110, count)
    )


def pedal(beats: int, presses: int) -> np.ndarray:
    """A pedal pressed so many times a beat."""
    down = np.arange(beats * presses) / presses
    return np.stack([down, down + 0.9 / presses], axis=1)


PIECES: dict[str, Callable[[], bytes]] = {
    "an example": lambda: midi.dump(examples.load("sonata")),
    "10 segments": lambda: piece(tune(10), 40.0),
    "180 segments": lambda: piece(tune(180), 720.0),
    "540 segments": lambda: piece(tune(540), 2160.0),
    "3,814 segments": lambda: piece(
        tune(2384), 9535.0, tempo=330.0, meter=(5, 4)
    ),
    "210 bytes": bombs.few_bytes,
    "a note through the piece": lambda: piece(
        _with(tune(180), (0.0, 720.0, 24, 64)), 720.0
    ),
    "a drone of ten": lambda: piece(
        _with(tune(180), *((0.0, 720.0, 24 + k, 64) for k in range(10))), 720.0
    ),
    "clusters": lambda: piece(clusters(240), 240.0),
    "a performance": lambda: piece(
        performance(8), 960.0, tempo=120.0, pedal=pedal(960, 1)
    ),
    "pedal": lambda: piece(tune(180), 720.0, pedal=pedal(720, 8)),
    "60,000 notes": lambda: piece(
        performance(29, 34.5), 3480.0, tempo=120.0, pedal=pedal(3480, 1)
    ),
}  # fmt: skip
