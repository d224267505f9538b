"""Keys that are down when a new note strikes them: another part strikes it, or they are let go."""

from __future__ import annotations

import numpy as np

from fadernets.music.midifile.notes import HELD, RawNotes
from fadernets.music.notes import Notes

GONE = -1  # as the new end of a note


def let_go(raw: RawNotes, row: np.ndarray, end: np.ndarray, new: Notes, part: np.ndarray) -> None:
    """End notes that are down when a new one strikes their key on their channel; in place."""
    if not len(new):
        return
    stays = np.flatnonzero((row >= 0) & (end != GONE))
    span = int(max(raw.start.max(), new.onset.max())) + 2
    strikes = np.sort(_keys(raw, part, new.pitch) * span + new.onset.astype(np.int64))
    place = _keys(raw, raw.part[stays], raw.pitch[stays]) * span + raw.start[stays]
    following = np.append(strikes, np.iinfo(np.int64).max)[np.searchsorted(strikes, place, "right")]
    is_key = following // span == place // span
    end[stays[is_key]] = np.minimum(end[stays[is_key]], following[is_key] % span)


def on_free_keys(
    raw: RawNotes,
    row: np.ndarray,
    end: np.ndarray,
    new: Notes,
    part: np.ndarray,
    parts: tuple[int, ...],
    last: np.ndarray,
) -> np.ndarray:
    """The part of each new note, another one where its key is down in that part.

    So it is where two parts strike a key: the note of one, as long as it is written, goes on under
    what the other strikes, and need not end for a new note that the other part can play. The track
    of that part, which ends at the tick `last`, has to last as long as the note.
    """
    part = part.copy()
    busy = np.flatnonzero(_held_notes(raw, row, end, new, part) >= 0)
    for number in parts:
        moved = np.full(len(busy), number)
        is_free = _held_notes(raw, row, end, new[busy], moved) < 0
        is_free &= new.offset[busy] <= last[number]
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
        held = _held_notes(raw, np.where(is_locked, row, -1), end, new, part)
        waits = held >= 0
        if not waits.any():
            break
        onset = np.where(waits, end[held], new.onset)
        sounds = new.offset > onset
        each = (onset, new.offset, new.pitch, new.velocity)
        new, part = Notes(*(values[sounds] for values in each)), part[sounds]
    return new, part


def beside_others(
    raw: RawNotes, row: np.ndarray, end: np.ndarray, new: Notes, part: np.ndarray
) -> tuple[Notes, np.ndarray]:
    """New notes and their parts, and in place the ends of notes, beside parts that are not chosen.

    Hands may be on one channel, which has one string a key: a new note is left out where another
    hand's holds its key, and a new or a longer one ends where another hand strikes it.
    """
    channel = np.array([each.channel for each in raw.parts])
    chosen = np.unique(channel[np.append(raw.part[row >= 0], part)])
    is_other = (row < 0) & np.isin(channel[raw.part], chosen)
    if not is_other.any():
        return new, part
    span = int(max(raw.end.max(), end.max(), new.offset.max(initial=0))) + 2
    strikes = np.sort((_keys(raw, raw.part, raw.pitch) * span + raw.start)[is_other])
    strikes = np.append(strikes, np.iinfo(np.int64).max)

    def cut(key: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        at = key * span + start.astype(np.int64)
        struck = strikes[np.searchsorted(strikes, at)]
        return np.where(struck // span == key, np.minimum(stop, struck % span), stop)

    longer = np.flatnonzero((row >= 0) & (end > raw.end))
    keys = _keys(raw, raw.part[longer], raw.pitch[longer])
    end[longer] = cut(keys, raw.end[longer], end[longer])
    offset = cut(_keys(raw, part, new.pitch), new.onset, new.offset)
    held = _held_notes(raw, np.where(is_other, 0, -1), end, new, part)
    sounds = (offset > new.onset) & (held < 0)
    each = (new.onset, offset, new.pitch, new.velocity)
    return Notes(*(values[sounds] for values in each)), part[sounds]


def in_order(raw: RawNotes, end: np.ndarray) -> np.ndarray:
    """Move new ends of notes, in place, so that every release goes on ending what it ended.

    The first release of a key ends its first strike. So a note that is struck while one that stays
    is down can end no sooner than that one, nor later than one that is struck behind it.

    Returns
    -------
    int64 array, as `end`
        Of each note the event behind which its release has to come, -1 if none.
    """
    if not len(end):
        return end.copy()
    stays = end == raw.end
    key = raw.part * 128 + raw.pitch  # rises
    span = int(max(raw.end.max(), end.max(), raw.release.max())) + 2
    base = key * span
    least = np.maximum.accumulate(base + np.where(stays, end, 0)) - base
    most = np.minimum.accumulate((base + np.where(stays, end, span - 1))[::-1])[::-1] - base
    moves = ~stays & (end != GONE)
    end[moves] = end[moves].clip(least[moves], most[moves])
    return np.maximum.accumulate(base + np.where(stays, raw.release + 1, 0)) - base - 1


def without_release(raw: RawNotes, stays: np.ndarray) -> np.ndarray:
    """Numbers of notes that stay, bool (n,), and share their release with another or have none.

    Of a key that is struck more often than released: with other notes, they may end elsewhere.
    """
    numbers = np.flatnonzero(stays)
    place = np.stack([raw.part[numbers] * 128 + raw.pitch[numbers], raw.release[numbers]])
    has_own = np.zeros(len(numbers), bool)
    has_own[np.unique(place, axis=1, return_index=True)[1]] = True
    return numbers[~has_own | (raw.release[numbers] == HELD)]


def _held_notes(
    raw: RawNotes, row: np.ndarray, end: np.ndarray, new: Notes, part: np.ndarray
) -> np.ndarray:
    """The note that is down on each new note's key and channel, -1 if none is.

    Where several are, such as a short note of one hand within a long one of the other, the last
    to end is taken.
    """
    stays = np.flatnonzero((row >= 0) & (end != GONE))
    if not len(stays) or not len(new):
        return np.full(len(new), -1)
    key = _keys(raw, raw.part[stays], raw.pitch[stays])
    order = np.lexsort((raw.start[stays], key))
    stays, key = stays[order], key[order]
    span = int(max(raw.end.max(initial=0), end.max(initial=0), new.offset.max(initial=0))) + 1
    until = key * span + end[stays]
    latest = np.maximum.accumulate(until)  # so far, of the key: every other key lies a span away
    longest = np.maximum.accumulate(np.where(until == latest, np.arange(len(key)), 0))
    own = _keys(raw, part, new.pitch)
    at = new.onset.astype(np.int64)
    last = np.searchsorted(key * span + raw.start[stays], own * span + at) - 1
    is_held = (last >= 0) & (key[last] == own) & (latest[last] > own * span + at)
    return np.where(is_held, stays[longest[last]], -1)


def _keys(raw: RawNotes, part: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """The key and channel of notes, as one number: int64, as `part`."""
    return np.array([each.channel for each in raw.parts])[part] * 128 + pitch
