"""Other notes in a MIDI file, and everything else where it was.

An edit removes the events of notes that are gone, moves the release of those that end elsewhere,
writes another velocity into those that are louder or softer, and puts in the events of new notes.
All other events keep their bytes, their order and their ticks; a file without an edit keeps all its
bytes. A note that is in the file already, that is one of the same tick, pitch and part, is never
taken out and put in again: its strike, its release and its release velocity stay.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fadernets.music.midifile.events import NOTE_OFF, NOTE_ON, MidiFile
from fadernets.music.midifile.keys_down import (
    GONE,
    behind_locked,
    beside_others,
    in_order,
    let_go,
    on_free_keys,
    without_release,
)
from fadernets.music.midifile.notes import HELD, RawNotes, keyboard_notes, raw_notes
from fadernets.music.midifile.track_edit import Release, TrackEdit, written
from fadernets.music.midifile.tracks import (
    HEAD,
    Track,
    begins_chunk,
)
from fadernets.music.notes import STEPS_PER_BEAT, Notes, struck_once

RELEASE_VELOCITY = 64  # the standard's for keys that know none
BEAT_COST = 3.0  # semitones that a beat counts for when a part is chosen for a new note
NO_NOTES = Notes.empty()
NEIGHBOURS = 32  # notes before and after a new one among which the nearest is looked for


def with_notes(
    file: MidiFile,
    raw: RawNotes,
    parts: tuple[int, ...],
    notes: Notes,
    closed: tuple[int, ...] = (),
    locked: Notes = NO_NOTES,
) -> bytes:
    """The bytes of a file in which some parts have other notes.

    Parameters
    ----------
    file : MidiFile
    raw : RawNotes
        Its notes, of `fadernets.music.midifile.notes.raw_notes`.
    parts : tuple of int
        Numbers of the parts whose notes are replaced; those beyond a piano's keys stay.
    notes : Notes
        Their notes from now on, in beats.
    closed : tuple of int
        Those of the parts that get no new notes, unless it is all of them.
    locked : Notes
        Those of the notes whose events keep all their bytes, in beats.
    """
    is_open = [number for number in parts if number not in closed]
    edits, spare = _edits(file, raw, parts, notes, tuple(is_open) or parts, locked)
    if not any(edits):
        return file.data
    data = _joined(file, edits)
    if spare and (misread := _misread(data, raw, spare)):
        for key in misread:
            edits[key[0]].releases += spare[key].releases
        data = _joined(file, edits)
    return data


class Spare(NamedTuple):
    """Of a key that changes: its notes that stay, and releases for those that have none alone."""

    notes: list[int]
    releases: list[Release]


Key = tuple[int, int, int]  # track, channel and pitch


def _misread(data: bytes, raw: RawNotes, spare: dict[Key, Spare]) -> list[Key]:
    """The keys of which some notes that stay end elsewhere in an edited file."""
    after = raw_notes(MidiFile.parse(data, "the file"))
    ends: dict[Key, list[tuple[int, int]]] = {}
    for part, pitch, *times in zip(after.part, after.pitch, after.start, after.end, strict=True):
        each = after.parts[part]
        if (key := (each.track, each.channel, int(pitch))) in spare:
            ends.setdefault(key, []).append((int(times[0]), int(times[1])))
    return [
        key
        for key, (stay, _) in spare.items()
        if Counter((int(raw.start[n]), int(raw.end[n])) for n in stay) - Counter(ends.get(key))
    ]


def _edits(
    file: MidiFile,
    raw: RawNotes,
    parts: tuple[int, ...],
    notes: Notes,
    is_open: tuple[int, ...],
    locked: Notes,
) -> tuple[list[TrackEdit], dict[Key, Spare]]:
    """The changes of each track, and what more these may need; new notes go to open parts."""
    before, row = keyboard_notes(raw, parts, file.division)
    was, now = _in_ticks(before, file.division), _in_ticks(notes, file.division)
    match = _matches(was, now)
    is_new = np.ones(len(now), bool)
    is_new[match[match >= 0]] = False
    new = now[is_new]
    near = np.flatnonzero((row >= 0) & np.isin(raw.part, is_open))
    last = _ends_of_tracks(file, raw)
    part = _nearest_part(file, raw, is_open, near, new, last)
    end, velocity = _outcome(raw, row, was, now, match)
    part = on_free_keys(raw, row, end, new, part, is_open, last)
    is_fixed = np.append(_matches(was, _in_ticks(locked, file.division)) >= 0, False)
    new, part = _before_ends(raw, row, end, new, part, last, file.division)
    new, part = behind_locked(raw, row, end, new, part, is_fixed[row])
    new, part = beside_others(raw, row, end, new, part)
    let_go(raw, row, end, new, part)
    longer = np.flatnonzero((row >= 0) & (end > raw.end))
    end[longer] = np.minimum(end[longer], last[raw.part[longer]])
    behind = in_order(raw, end)
    new = replace(new, offset=_inside(new.offset, new.onset, last[part], file.division))

    edits = [TrackEdit() for _ in file.tracks]
    differs = (row >= 0) & ((end != raw.end) | (velocity != raw.velocity))
    for note in np.flatnonzero(differs).tolist():
        number = raw.parts[raw.part[note]].track
        track, edit = file.tracks[number], edits[number]
        strike, release = int(raw.strike[note]), int(raw.release[note])
        if end[note] == GONE:
            edit.removed |= {strike, release} - {HELD}
            continue
        if velocity[note] != raw.velocity[note]:
            edit.velocities[strike] = int(velocity[note])
        if end[note] != raw.end[note]:
            edit.removed |= {release} - {HELD}
            event = release_event(file, track, strike, release)
            edit.releases.append(Release(int(end[note]), event, int(behind[note])))
    for note in np.flatnonzero((row < 0) | (end == raw.end)).tolist():  # their releases stay
        edits[raw.parts[raw.part[note]].track].removed.discard(int(raw.release[note]))
    for (start, stop, pitch, loud), number in zip(
        np.stack([new.onset, new.offset, new.pitch, new.velocity], axis=1).astype(int).tolist(),
        part.tolist(),
        strict=True,
    ):
        chosen = raw.parts[number]
        edit = edits[chosen.track]
        edit.strikes.append((start, bytes([NOTE_ON << 4 | chosen.channel, pitch, loud])))
        event = _new_release(file, chosen.track, chosen.channel, pitch)
        edit.releases.append(Release(stop, event))
    numbers, new_numbers = raw.part * 128 + raw.pitch, part * 128 + new.pitch
    is_touched = np.isin(numbers, np.append(numbers[end != raw.end], new_numbers))
    return edits, _spare(file, raw, is_touched & (end == raw.end), behind)


def _spare(
    file: MidiFile, raw: RawNotes, stays: np.ndarray, behind: np.ndarray
) -> dict[Key, Spare]:
    """Releases for notes that stay on keys that change and have none of their own."""
    spare: dict[Key, Spare] = {}
    lacking = set(without_release(raw, stays).tolist())
    for note in np.flatnonzero(stays).tolist() if lacking else []:
        part, release = raw.parts[raw.part[note]], int(raw.release[note])
        own = spare.setdefault((part.track, part.channel, int(raw.pitch[note])), Spare([], []))
        own.notes.append(note)
        if note in lacking:
            event = release_event(file, file.tracks[part.track], int(raw.strike[note]), release)
            own.releases.append(Release(int(raw.end[note]), event, int(behind[note])))
    return {key: own for key, own in spare.items() if own.releases}


def _in_ticks(notes: Notes, division: int) -> Notes:
    """Notes in ticks, each a tick long at least."""
    start, stop = np.rint(notes.onset * division), np.rint(notes.offset * division)
    stop = np.maximum(stop, start + 1)
    return struck_once(Notes.of(start, stop, notes.pitch, notes.velocity))


def _matches(was: Notes, now: Notes) -> np.ndarray:
    """Of each note, its number among other notes, -1 if it is none of them."""
    keys, other = (n.onset.astype(np.int64) * 128 + n.pitch for n in (was, now))  # both rise
    place = np.searchsorted(other, keys)
    hit = np.append(other, -1)[place] == keys
    return np.where(hit, place, -1)


def _outcome(
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


def _nearest_part(
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


def _before_ends(
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
    ends = _inside(new.offset, new.onset, last[part], division)
    late = (ends == last[part] + 1) & (new.onset == last[part]) & (last[part] > 0)
    if not late.any():
        return new, part
    new = replace(new, onset=new.onset - late, offset=np.where(late, last[part], new.offset))
    channel = np.array([each.channel for each in raw.parts])
    stays = (row >= 0) & (end != GONE)
    key, taken = channel[part] * 128 + new.pitch, channel[raw.part] * 128 + raw.pitch
    sounds = np.ones(len(new), bool)
    for note in np.flatnonzero(late).tolist():  # a few keys at the end of a track
        tick = new.onset[note]
        is_struck = stays & (taken == key[note]) & (raw.start == tick)
        is_down = ~late & (key == key[note]) & (new.onset <= tick) & (new.offset > tick)
        sounds[note] = not (is_struck.any() or is_down.any())
    return new[sounds], part[sounds]


def _ends_of_tracks(file: MidiFile, raw: RawNotes) -> np.ndarray:
    """Tick at which the track of each part ends: int64, (parts,)."""
    return np.array([file.tracks[part.track].tick[-1] for part in raw.parts])


def _inside(end: np.ndarray, start: np.ndarray, last: np.ndarray, division: int) -> np.ndarray:
    """Ends of new notes, in ticks, that leave the ends of their tracks where they are.

    Only a note that begins behind its track, the one that may have it, and fills a step ends where
    it is to end, and its track with it.
    """
    within = np.minimum(end, np.maximum(last, start + 1))
    was, now = (np.floor(tick / division * STEPS_PER_BEAT + 0.5) for tick in (end, within))
    return np.where((start < last) | (was == now), within, end)


def release_event(file: MidiFile, track: Track, strike: int, release: int) -> bytes:
    """The event that releases a note, as it is; for one without, a new one."""
    if release == HELD:
        pitch = int(file.data_bytes(track, np.array([strike]), 0)[0])
        return bytes([NOTE_OFF << 4 | int(track.status[strike]) & 0x0F, pitch, RELEASE_VELOCITY])
    event = np.array([release])
    values = [int(file.data_bytes(track, event, place)[0]) for place in (0, 1)]
    return bytes([int(track.status[release]), *values])


def _new_release(file: MidiFile, number: int, channel: int, pitch: int) -> bytes:
    """A release as the track has them: note-off, or a strike of no velocity."""
    if (file.tracks[number].status >> 4 == NOTE_OFF).any():
        return bytes([NOTE_OFF << 4 | channel, pitch, RELEASE_VELOCITY])
    return bytes([NOTE_ON << 4 | channel, pitch, 0])


def _joined(file: MidiFile, edits: list[TrackEdit]) -> bytes:
    """A file of edited tracks' chunks, with all that lies between them, and its wrapping.

    Bytes of a damaged file that belong to no chunk are left out, so that the new file is whole.
    """
    data, body, at = file.data, bytearray(), file.start
    for track, edit in zip(file.tracks, edits, strict=True):
        if at == file.start or not file.warnings or begins_chunk(data, at):
            body += data[at : track.head]
        body += written(file, track, edit)
        at = track.end
    if file.warnings:
        body[10:12] = len(edits).to_bytes(2, "big")  # of tracks, where some are missing
    if data[file.start - HEAD : file.start - 4] != b"data":
        return data[: file.start] + bytes(body + data[at:])
    end = file.start + int.from_bytes(data[file.start - 4 : file.start], "little")
    end = min(max(end, at), len(data))
    body += data[at:end]
    behind = data[end + (end - file.start) % 2 :]
    head = data[8 : file.start - 4] + len(body).to_bytes(4, "little")
    inner = head + bytes(body) + bytes(len(body) % 2) + behind
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner
