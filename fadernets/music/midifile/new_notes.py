"""Where new notes go in a file: to which part, and within the ends of the tracks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.keys_down import GONE
from fadernets.music.midifile.notes import RawNotes
from fadernets.music.notes import STEPS_PER_BEAT, Notes

BEAT_COST = 3.0  # semitones that a beat counts for when a part is chosen for a new note
NEIGHBOURS = 32  # notes before and after a new one among which the nearest is looked for


def nearest_part(
    file: MidiFile,
    raw: RawNotes,
    parts: tuple[int, ...],
    visible: np.ndarray,
    new: Notes,
    last: np.ndarray,
) -> np.ndarray:
    """The part that each new note goes to: that of the nearest note in time and pitch.

    Its track has to last as long as the note, so that the ends of tracks, `last`, stay.
    """
    longest = max(parts, key=lambda number: last[number])
    if not len(new) or not len(visible):
        return np.full(len(new), longest)
    visible = visible[np.argsort(raw.start[visible], kind="stable")]
    near = np.searchsorted(raw.start[visible], new.onset)[:, None] + np.arange(
        -NEIGHBOURS, NEIGHBOURS
    )
    near = visible[near.clip(0, len(visible) - 1)]
    cost = np.abs(raw.start[near] - new.onset[:, None]) / file.division * BEAT_COST
    cost = cost + np.abs(raw.pitch[near] - new.pitch[:, None])
    cost[last[raw.part[near]] < new.offset[:, None]] = np.inf
    row, best = np.arange(len(new)), cost.argmin(axis=1)
    return np.where(np.isinf(cost[row, best]), longest, raw.part[near[row, best]])


def before_ends(
    raw: RawNotes,
    row: np.ndarray,
    end: np.ndarray,
    new: Notes,
    part: np.ndarray,
    last: np.ndarray,
    division: int,
) -> tuple[Notes, np.ndarray]:
    """New notes and their parts; one that begins with its track's end has the tick before it.

    Where its key is struck at that tick already, or held by another new note, it is left out.
    """
    ends = inside(new.offset, new.onset, last[part], division)
    late = (ends == last[part] + 1) & (new.onset == last[part]) & (last[part] > 0)
    if not late.any():
        return new, part
    new = replace(new, onset=new.onset - late, offset=np.where(late, last[part], new.offset))
    channel = np.array([each.channel for each in raw.parts])
    stays = (row >= 0) & (end != GONE)
    key, raw_key = channel[part] * 128 + new.pitch, channel[raw.part] * 128 + raw.pitch
    sounds = np.ones(len(new), bool)
    for note in np.flatnonzero(late).tolist():  # a few keys at the end of a track
        tick = new.onset[note]
        is_struck = stays & (raw_key == key[note]) & (raw.start == tick)
        is_down = ~late & (key == key[note]) & (new.onset <= tick) & (new.offset > tick)
        sounds[note] = not (is_struck.any() or is_down.any())
    return new[sounds], part[sounds]


def ends_of_tracks(file: MidiFile, raw: RawNotes) -> np.ndarray:
    """Tick at which the track of each part ends: int64, (parts,)."""
    return np.array([file.tracks[part.track].tick[-1] for part in raw.parts])


def inside(end: np.ndarray, start: np.ndarray, last: np.ndarray, division: int) -> np.ndarray:
    """Ends of new notes, in ticks, that leave the ends of their tracks where they are.

    Only a note that begins behind its track, the one that may have it, and fills a step ends where
    it is to end, and its track with it.
    """
    within = np.minimum(end, np.maximum(last, start + 1))
    was, now = (np.floor(tick / division * STEPS_PER_BEAT + 0.5) for tick in (end, within))
    return np.where((start < last) | (was == now), within, end)
