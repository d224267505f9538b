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
from fadernets.music.midifile.new_notes import before_ends, ends_of_tracks, inside, nearest_part
from fadernets.music.midifile.note_matches import in_ticks, matches, outcome
from fadernets.music.midifile.notes import HELD, RawNotes, keyboard_notes, raw_notes
from fadernets.music.midifile.track_edit import Release, TrackEdit, written
from fadernets.music.midifile.tracks import HEAD, Track, begins_chunk
from fadernets.music.notes import Notes

RELEASE_VELOCITY = 64  # the standard's for keys that know none
NO_NOTES = Notes.empty()


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
    data = joined(file, edits)
    if spare and (misread := _misread(data, raw, spare)):
        for key in misread:
            edits[key[0]].releases += spare[key].releases
        data = joined(file, edits)
    return data


class Spare(NamedTuple):
    """The notes of a changing key that stay, and releases for those that have none of their own."""

    notes: list[int]
    releases: list[Release]


Key = tuple[int, int, int]  # track, channel and pitch


def _misread(data: bytes, raw: RawNotes, spare: dict[Key, Spare]) -> list[Key]:
    """The keys on which a note that should stay ends at another tick in the edited file."""
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
    was, now = in_ticks(before, file.division), in_ticks(notes, file.division)
    match = matches(was, now)
    is_new = np.ones(len(now), bool)
    is_new[match[match >= 0]] = False
    new = now[is_new]
    near = np.flatnonzero((row >= 0) & np.isin(raw.part, is_open))
    last = ends_of_tracks(file, raw)
    part = nearest_part(file, raw, is_open, near, new, last)
    end, velocity = outcome(raw, row, was, now, match)
    part = on_free_keys(raw, row, end, new, part, is_open, last)
    is_fixed = np.append(matches(was, in_ticks(locked, file.division)) >= 0, False)
    new, part = before_ends(raw, row, end, new, part, last, file.division)
    new, part = behind_locked(raw, row, end, new, part, is_fixed[row])
    new, part = beside_others(raw, row, end, new, part)
    let_go(raw, row, end, new, part)
    longer = np.flatnonzero((row >= 0) & (end > raw.end))
    end[longer] = np.minimum(end[longer], last[raw.part[longer]])
    behind = in_order(raw, end)
    new = replace(new, offset=inside(new.offset, new.onset, last[part], file.division))

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


def joined(file: MidiFile, edits: list[TrackEdit]) -> bytes:
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
