"""Which notes of a file stay where other notes come: those of the same tick and pitch."""

from __future__ import annotations

import numpy as np

from fadernets.music.midifile.keys_down import GONE
from fadernets.music.midifile.notes import RawNotes
from fadernets.music.notes import Notes, struck_once


def in_ticks(notes: Notes, division: int) -> Notes:
    """Notes in ticks, each a tick long at least."""
    start, stop = np.rint(notes.onset * division), np.rint(notes.offset * division)
    stop = np.maximum(stop, start + 1)
    return struck_once(Notes.of(start, stop, notes.pitch, notes.velocity))


def matches(was: Notes, now: Notes) -> np.ndarray:
    """The number of each note among other notes, -1 if it is none of them."""
    keys, other = (n.onset.astype(np.int64) * 128 + n.pitch for n in (was, now))  # both rise
    place = np.searchsorted(other, keys)
    hit = np.append(other, -1)[place] == keys
    return np.where(hit, place, -1)


def outcome(
    raw: RawNotes, row: np.ndarray, was: Notes, now: Notes, match: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """End, `GONE` for a note that goes, and velocity of every raw note: int64, (n,) each.

    Several raw notes, such as a unison of two parts, may be one note of a piano: they come and go
    together, and keep what they differ by.
    """
    end, velocity = raw.end.copy(), raw.velocity.copy()
    visible = np.flatnonzero(row >= 0)
    mine = row[visible]
    to = match[mine]
    stays = to >= 0
    end[visible[~stays]] = GONE
    visible, mine, to = visible[stays], mine[stays], to[stays]
    louder = now.velocity[to] - was.velocity[mine]
    velocity[visible] = np.where(
        louder, (velocity[visible] + louder).clip(1, 127), velocity[visible]
    )
    stop = now.offset[to].astype(np.int64)
    moved = stop != was.offset[mine]
    longest = np.zeros(len(was), np.int64)
    np.maximum.at(longest, mine, end[visible])
    is_longest = end[visible] == longest[mine]
    ends = np.where(is_longest, stop, np.minimum(end[visible], stop))
    end[visible] = np.where(moved, ends, end[visible])
    return end, velocity
