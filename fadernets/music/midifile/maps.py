"""Pedal, tempo and meter of a MIDI file, as rows by beat."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from fadernets.music.midifile.events import CONTROL, SUSTAIN, MidiFile
from fadernets.music.midifile.part import Part
from fadernets.music.midifile.tracks import TEMPO, TIME_SIGNATURE
from fadernets.music.notes import NO_PEDAL

DEFAULT_TEMPO = 120.0  # quarter notes per minute when a file gives none
DEFAULT_METER = (4, 4)
PEDAL_DOWN = 64  # smallest value of the sustain pedal's controller that counts as down
MOST_MICROSECONDS = 2**24 - 1  # of a quarter note
GREATEST_POWER = 7  # largest power of two as a meter's denominator


def pedal(file: MidiFile, parts: Sequence[Part], length: float) -> np.ndarray:
    """Presses of all parts, (p, 2) in beats; one still down at the end closes at `length`."""
    presses = []
    for part in parts:
        track = file.tracks[part.track]
        moves = np.flatnonzero(track.status == (CONTROL << 4 | part.channel))
        moves = moves[file.data_bytes(track, moves, 0) == SUSTAIN]
        time = track.tick[moves] / file.division
        is_down = file.data_bytes(track, moves, 1) >= PEDAL_DOWN
        down = np.concatenate([[False], is_down, [False]])
        change = np.flatnonzero(down[1:] != down[:-1])  # down and up in turn
        presses.append(np.append(time, max(length, time.max(initial=0)))[change].reshape(-1, 2))
    return merged(np.concatenate(presses).clip(max=length))


def merged(presses: np.ndarray) -> np.ndarray:
    """Presses in order, those that overlap made one: (p, 2) -> (q, 2).

    Two that only touch stay two: lifting the pedal for an instant damps what sounds.

    >>> merged(np.array([[0.0, 2.0], [1.0, 3.0], [3.0, 4.0]])).tolist()
    [[0.0, 3.0], [3.0, 4.0]]
    """
    presses = presses[presses[:, 1] > presses[:, 0]]
    if not len(presses):
        return NO_PEDAL
    presses = presses[np.argsort(presses[:, 0], kind="stable")]
    reach = np.maximum.accumulate(presses[:, 1])
    first = np.ones(len(presses), bool)
    first[1:] = presses[1:, 0] >= reach[:-1]
    last = np.append(np.flatnonzero(first)[1:], len(presses)) - 1
    return np.stack([presses[first, 0], reach[last]], axis=1)


def tempo(file: MidiFile, length: float) -> np.ndarray:
    """Rows (beat, quarter notes per minute)."""
    rows = []
    for beat, content in _signs(file, TEMPO):
        if (qpm := tempo_of(content)) is not None:
            rows.append((beat, qpm))
    return _rows(np.array(rows).reshape(-1, 2), (DEFAULT_TEMPO,), length)


def tempo_of(content: bytes) -> float | None:
    """Quarter notes per minute of a tempo event; None if it says nothing."""
    microseconds = int.from_bytes(content[:3], "big") if len(content) >= 3 else 0
    return 6e7 / microseconds if microseconds else None


def in_microseconds(qpm: np.ndarray) -> np.ndarray:
    """The nearest tempos that a file can have: whole microseconds a quarter note, of 24 bits."""
    return 6e7 / np.rint(6e7 / qpm).clip(1, MOST_MICROSECONDS)


def meter(file: MidiFile, parts: Sequence[Part], length: float) -> np.ndarray:
    """Rows (beat, numerator, denominator) of what some parts play.

    Of several meters at once that of their own tracks counts; meters of other tracks with notes,
    but the first, are theirs alone, unless there are no others.
    """
    own = {part.track for part in parts}
    silent = {k for k, (_, _, velocity) in enumerate(file.strikes) if not velocity.any()}
    signs = [_signs(file, TIME_SIGNATURE, tracks) for tracks in ({0} | silent - own, own)]
    rows = []
    for beat, content in signs[0] + signs[1] or _signs(file, TIME_SIGNATURE):
        if len(content) >= 2 and content[0] and content[1] <= GREATEST_POWER:
            rows.append((beat, float(content[0]), 2.0 ** content[1]))
    return _rows(np.array(rows).reshape(-1, 3), DEFAULT_METER, length)


def _signs(
    file: MidiFile, kind: int, tracks: Collection[int] | None = None
) -> list[tuple[float, bytes]]:
    """Beat and content of the meta events of a kind, track by track, of some tracks or of all."""
    return [
        (float(track.tick[event]) / file.division, content)
        for number, track in enumerate(file.tracks)
        if tracks is None or number in tracks
        for event, content in file.metas(track, kind)
    ]


def _rows(rows: np.ndarray, default: tuple[float, ...], length: float) -> np.ndarray:
    """Rows by beat, the first at beat 0, none past `length`; of two at one beat the later stays."""
    rows = rows[(rows[:, 0] >= 0) & (rows[:, 0] <= length)]
    rows = np.concatenate([[(0.0, *default)], rows])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows[np.append(rows[1:, 0] != rows[:-1, 0], True)]
