"""Notes of a segment <-> event tokens (performance encoding of Oore et al. 2018; paper 4.1).

342 ids: PAD, EOS, 88 NOTE_ON, 88 NOTE_OFF, 100 TIME_SHIFT of 10 to 1000 ms, 64 VELOCITY bins.
The clock of the tokens runs at `TEMPO`, the nominal tempo of every training performance, whatever
the tempo of the piece: one bar of 4/4 always spans the same 205 ticks. A piece at another tempo
is thereby heard by the model on the time scale it was trained on, and sounds at its own.
"""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import BEATS, HIGHEST_PITCH, LOWEST_PITCH, Notes

TEMPO = 117.0  # beats per minute of the token clock
TICKS_PER_BEAT = 100 * 60 / TEMPO  # a tick is 10 ms
SEGMENT_TICKS = int(np.floor(BEATS * TICKS_PER_BEAT))  # 205

PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1
SHIFTS = 100
VELOCITY_BINS = 64
PAD, EOS = 0, 1
NOTE_ON = 2
NOTE_OFF = NOTE_ON + PITCHES  # 90
TIME_SHIFT = NOTE_OFF + PITCHES  # 178: id 178 + k shifts by (k + 1) ticks
VELOCITY = TIME_SHIFT + SHIFTS  # 278
VOCABULARY = VELOCITY + VELOCITY_BINS  # 342
MAX_TOKENS = 100  # longest training sequence, EOS included (paper 4.1)


def _ticks(notes: Notes) -> np.ndarray:
    """Rows (on, off, pitch, velocity) on the 10 ms grid, one note per pitch at a time."""
    on = np.rint(notes.onset * TICKS_PER_BEAT).astype(np.int64)
    off = np.maximum(np.rint(notes.offset * TICKS_PER_BEAT).astype(np.int64), on + 1)
    rows = np.stack([on, off, notes.pitch, notes.velocity], axis=1)
    if len(rows) < 2:
        return rows
    rows = rows[np.lexsort((-rows[:, 1], rows[:, 0], rows[:, 2]))]
    twin = np.zeros(len(rows), bool)  # the shorter of two strikes of a pitch at one tick
    twin[1:] = (rows[1:, 2] == rows[:-1, 2]) & (rows[1:, 0] == rows[:-1, 0])
    rows = rows[~twin]
    again = rows[1:, 2] == rows[:-1, 2]
    rows[:-1, 1][again] = np.minimum(rows[:-1, 1], rows[1:, 0])[again]
    return rows


def encode(notes: Notes) -> np.ndarray:
    """Tokens of a segment, EOS last.

    At one instant note-offs come before note-ons, each in ascending pitch; a velocity is written
    only when it changes. Onsets and offsets are rounded to 10 ms of the token clock, so a round
    trip moves them by 5 ms at most.

    Parameters
    ----------
    notes : Notes
        Beats from the segment's start.

    Returns
    -------
    int64 array, shape (t,)

    >>> encode(Notes.of([0.0], [1.0], [60], [64])).tolist()  # velocity, on, 510 ms, off, EOS
    [309, 41, 228, 129, 1]
    """
    rows = _ticks(notes)
    moves = [(on, 1, pitch, velocity) for on, _, pitch, velocity in rows.tolist()]
    moves += [(off, 0, pitch, 0) for _, off, pitch, _ in rows.tolist()]
    moves.sort()
    tokens: list[int] = []
    now, loudness = 0, -1
    for tick, on, pitch, velocity in moves:
        while now < tick:
            shift = min(tick - now, SHIFTS)
            tokens.append(TIME_SHIFT + shift - 1)
            now += shift
        if on:
            velocity_bin = (velocity - 1) // 2
            if velocity_bin != loudness:
                tokens.append(VELOCITY + velocity_bin)
                loudness = velocity_bin
            tokens.append(NOTE_ON + pitch - LOWEST_PITCH)
        else:
            tokens.append(NOTE_OFF + pitch - LOWEST_PITCH)
    tokens.append(EOS)
    return np.array(tokens, np.int64)


def decode(tokens: np.ndarray, beats: float = BEATS) -> Notes:
    """Notes that tokens encode, in beats from the segment's start.

    Reading stops at EOS. What a model may get wrong is forgiven: a note-off of a silent pitch is
    ignored, a pitch struck while it sounds ends there, a note without note-off ends with the
    segment, and nothing begins or sounds past `beats`.

    >>> decode(np.array([309, 41, 228, 129, EOS])).offset.round(3).tolist()
    [0.994]

    Raises
    ------
    ValueError
        If a token is not in 0 to 341.
    """
    sounding: dict[int, tuple[int, int]] = {}  # pitch -> (tick, velocity)
    rows: list[tuple[float, float, int, int]] = []
    now, velocity = 0, 2 * (VELOCITY_BINS // 2) + 1

    def close(pitch: int, tick: int) -> None:
        start, loudness = sounding.pop(pitch)
        onset = start / TICKS_PER_BEAT
        offset = min(max(tick, start + 1) / TICKS_PER_BEAT, beats)
        if offset > onset:
            rows.append((onset, offset, pitch, loudness))

    for token in np.asarray(tokens).tolist():
        if token == EOS:
            break
        if not 0 <= token < VOCABULARY:
            raise ValueError(f"token {token} is outside 0 to {VOCABULARY - 1}")
        if NOTE_ON <= token < NOTE_OFF:
            pitch = token - NOTE_ON + LOWEST_PITCH
            if pitch in sounding:
                close(pitch, now)
            sounding[pitch] = (now, velocity)
        elif NOTE_OFF <= token < TIME_SHIFT:
            pitch = token - NOTE_OFF + LOWEST_PITCH
            if pitch in sounding:
                close(pitch, now)
        elif TIME_SHIFT <= token < VELOCITY:
            now += token - TIME_SHIFT + 1
        elif token >= VELOCITY:
            velocity = 2 * (token - VELOCITY) + 1
    for pitch in list(sounding):
        close(pitch, max(now, int(np.ceil(beats * TICKS_PER_BEAT))))
    return Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()
