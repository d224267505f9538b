"""Keys that are down when a new note strikes them: another part strikes it, or they are let go."""

from __future__ import annotations

import numpy as np

from fadernets.music.midifile.notes import RawNotes
from fadernets.music.notes import Notes

GONE = -1  # as the new end of a note


def let_go(raw: RawNotes, row: np.ndarray, end: np.ndarray, new: Notes, part: np.ndarray) -> None:
    """End notes that are down when a new one strikes their key on their channel; in place."""
    while (is_held := (held := _held_notes(raw, row, end, new, part)) >= 0).any():
        np.minimum.at(end, held[is_held], new.onset.astype(np.int64)[is_held])


def on_free_keys(
    raw: RawNotes,
    row: np.ndarray,
    end: np.ndarray,
    new: Notes,
    part: np.ndarray,
    parts: tuple[int, ...],
) -> np.ndarray:
    """The part of each new note, another one where its key is down in that part.

    So it is where two parts strike a key: the note of one, as long as it is written, goes on under
    what the other strikes, and need not end for a new note that the other part can play.
    """
    part = part.copy()
    busy = np.flatnonzero(_held_notes(raw, row, end, new, part) >= 0)
    for number in parts:
        moved = np.full(len(busy), number)
        is_free = _held_notes(raw, row, end, new[busy], moved) < 0
        part[busy[is_free]] = number
        busy = busy[~is_free]
    return part


def behind_locked(
    raw: RawNotes,
    row: np.ndarray,
    end: np.ndarray,
    new: Notes,
    part: np.ndarray,
    is_locked: np.ndarray,
) -> tuple[Notes, np.ndarray]:
    """New notes and their parts, none of which ends a locked raw note: it waits for its end.

    One that would be over by then is left out.

    Parameters
    ----------
    is_locked : bool array, shape (n,)
        Of the raw notes.
    """
    while len(new):
        held = _held_notes(raw, row, end, new, part)
        waits = (held >= 0) & is_locked[held]
        if not waits.any():
            break
        onset = np.where(waits, end[held], new.onset)
        sounds = new.offset > onset
        each = (onset, new.offset, new.pitch, new.velocity)
        new, part = Notes(*(values[sounds] for values in each)), part[sounds]
    return new, part


def _held_notes(
    raw: RawNotes, row: np.ndarray, end: np.ndarray, new: Notes, part: np.ndarray
) -> np.ndarray:
    """Of each new note, the note that is down on its key and channel, -1 if none is.

    Of several, such as a short note of one hand within a long one of the other, the last to end.
    """
    channels = np.array([p.channel for p in raw.parts])
    stays = np.flatnonzero((row >= 0) & (end != GONE))
    if not len(stays) or not len(new):
        return np.full(len(new), -1)
    key = channels[raw.part[stays]] * 128 + raw.pitch[stays]
    order = np.lexsort((raw.start[stays], key))
    stays, key = stays[order], key[order]
    span = int(max(raw.end.max(initial=0), end.max(initial=0), new.offset.max(initial=0))) + 1
    until = key * span + end[stays]
    latest = np.maximum.accumulate(until)  # so far, of the key: every other key lies a span away
    longest = np.maximum.accumulate(np.where(until == latest, np.arange(len(key)), 0))
    own = channels[part] * 128 + new.pitch
    at = new.onset.astype(np.int64)
    last = np.searchsorted(key * span + raw.start[stays], own * span + at) - 1
    is_held = (last >= 0) & (key[last] == own) & (latest[last] > own * span + at)
    return np.where(is_held, stays[longest[last]], -1)
