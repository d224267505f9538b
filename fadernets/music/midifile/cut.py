"""Some beats of a MIDI file as a file of its own, with every track and all of its events.

What was set before its first tick is set at that tick: tempo, meter, key, programs, the last value
of every controller. Notes that cross an end of the cut are cut there; those of a piano begin as
loud as they still are by then.
"""

from __future__ import annotations

import numpy as np

from fadernets.music.decay import faded
from fadernets.music.midifile import maps
from fadernets.music.midifile.edit import release_event
from fadernets.music.midifile.events import BEND, CONTROL, PROGRAM, MidiFile
from fadernets.music.midifile.notes import HELD, RawNotes, raw_notes
from fadernets.music.midifile.tracks import (
    END_OF_TRACK,
    ESCAPE,
    KEY_SIGNATURE,
    META,
    SYSEX,
    TEMPO,
    TIME_SIGNATURE,
    Event,
    Track,
    as_quantity,
)
from fadernets.music.notes import EARLY, STEPS_PER_BEAT

PRESSURE = 0xD  # upper half of the status of a channel's aftertouch
CHANNEL_PREFIX, PORT, SMPTE_OFFSET, OWN_DATA = 0x20, 0x21, 0x54, 0x7F  # kinds of meta events
OF_ALL_TRACKS = (TEMPO, TIME_SIGNATURE)  # one holds at a time, whichever track it is in
OF_ONE_TRACK = (KEY_SIGNATURE, CHANNEL_PREFIX, PORT, SMPTE_OFFSET)
NAMES = (0x02, 0x03, 0x04, 0x08, 0x09, OWN_DATA)  # said of a track or a file, not of a moment
# Controllers whose meaning depends on others sent before: banks, data entry and its parameter.
IN_SEQUENCE = (0, 32, 6, 38, *range(96, 102))
NO_STATE, IN_TURN = -1, -2  # events that set nothing; those of which each one counts
# Beats: what rings in for less than half a step is a legato's overlap, as in the note label.
LEAST_RINGING = 1 / (2 * STEPS_PER_BEAT)


def between(data: bytes, begin: float, end: float) -> bytes:
    """What lies between two beats of a MIDI file, as a file that begins with the first of them.

    Notes are those that begin in it and those that ring into it for half a step or more. A note
    `fadernets.music.notes.EARLY` before a beat belongs to that beat, as in a segment. Tracks
    stay in number and order; other chunks and a RIFF wrapping are left out.

    Parameters
    ----------
    data : bytes
    begin, end : float
        Beats, with ``begin < end``.

    Raises
    ------
    MidiError
        If it is no MIDI file that can be read.
    """
    file = MidiFile.parse(data, "the MIDI data")
    first, last = round(begin * file.division), round(end * file.division)
    notes = _notes(file, first, last)
    states = [_states(file, track) for track in file.tracks]
    latest = _latest(file, states, first)
    chunks = []
    for number, track in enumerate(file.tracks):
        dropped, strikes, releases = notes[number]
        chased = _chased(track, states[number], latest.get(number, set()), first)
        inside = np.arange(*np.searchsorted(track.tick, [first, last]))
        open_end = len(track) - file.is_closed(track)
        copied = [k for k in inside.tolist() if k < open_end and k not in dropped]
        events = [(0, event_bytes(file, track, k)) for k in chased]
        events += strikes
        events += [(int(track.tick[k]) - first, event_bytes(file, track, k)) for k in copied]
        events += releases
        ends = int(track.tick[-1]) if len(track) else first
        chunks.append(_chunk(events, min(max(ends, first), last) - first))
    head = data[file.start + 8 : file.start + 10] + len(chunks).to_bytes(2, "big")
    head += file.division.to_bytes(2, "big")
    return b"MThd" + len(head).to_bytes(4, "big") + head + b"".join(chunks)


def event_bytes(file: MidiFile, track: Track, event: int) -> bytes:
    """An event with its status, which running status may leave out of the file."""
    written = file.data[int(track.body[event]) : int(track.begin[event + 1])]
    return written if written[0] >= 0x80 else bytes([int(track.status[event])]) + written


def _notes(
    file: MidiFile, first: int, last: int
) -> list[tuple[set[int], list[Event], list[Event]]]:
    """For each track: events of notes that are not copied, events to put at the two ends."""
    raw = raw_notes(file)
    early = round(EARLY * file.division)
    own = (raw.start >= first) | ((raw.start >= first - early) & (raw.end > first))
    rings_in = (raw.start < first) & (raw.end >= first + LEAST_RINGING * file.division)
    sounds = (own | rings_in) & (raw.start < last - early)
    velocity = np.where(raw.start < first - early, _faded(file, raw, first), raw.velocity)
    tracks: list[tuple[set[int], list[Event], list[Event]]] = [(set(), [], []) for _ in file.tracks]
    for note in np.flatnonzero(~sounds & (raw.start < last) & (raw.end >= first)).tolist():
        dropped = tracks[raw.parts[raw.part[note]].track][0]
        dropped |= {int(raw.strike[note]), int(raw.release[note])} - {HELD}
    for note in np.flatnonzero(sounds).tolist():
        number = raw.parts[raw.part[note]].track
        track, (dropped, strikes, releases) = file.tracks[number], tracks[number]
        strike, release = int(raw.strike[note]), int(raw.release[note])
        if raw.start[note] < first:
            head = event_bytes(file, track, strike)[:-1]
            strikes.append((0, head + bytes([int(velocity[note])])))
        if raw.end[note] >= last:
            releases.append((last - first, release_event(file, track, strike, release)))
        else:
            dropped.discard(release)  # several notes may share one
    return tracks


def _faded(file: MidiFile, raw: RawNotes, first: int) -> np.ndarray:
    """How loud each note still is at a tick, if it is a piano's that was struck before: (n,)."""
    end = first / file.division
    rows = maps.tempo(file, end)
    edges = np.append(rows[:, 0], end)
    clock = np.append(0.0, np.cumsum(np.diff(edges) * 60 / rows[:, 1]))
    start = np.minimum(raw.start / file.division, end)
    fades = np.array([part.is_piano for part in raw.parts], bool)[raw.part]
    held = np.where(fades, clock[-1] - np.interp(start, edges, clock), 0.0)
    return faded(raw.velocity, held)


def _states(file: MidiFile, track: Track) -> np.ndarray:
    """What each event of a track sets, as a number, or `NO_STATE` or `IN_TURN`: int64, (n,)."""
    states = np.full(len(track), NO_STATE)
    kind = (track.status >> 4).astype(np.int64)
    for upper in (CONTROL, PROGRAM, BEND, PRESSURE):
        events = np.flatnonzero(kind == upper)
        number = file.data_bytes(track, events, 0) if upper == CONTROL else 0
        channel = (track.status[events] & 0x0F).astype(np.int64)
        states[events] = (upper << 4 | channel) << 7 | number
        if upper == CONTROL:
            states[events[np.isin(number, IN_SEQUENCE)]] = IN_TURN
    metas = np.flatnonzero(track.status == META)
    kinds = file.meta_kinds(track, metas)
    is_state = np.isin(kinds, (*OF_ALL_TRACKS, *OF_ONE_TRACK))
    states[metas[is_state]] = kinds[is_state]
    states[metas[np.isin(kinds, NAMES)]] = IN_TURN
    states[(track.status == SYSEX) | (track.status == ESCAPE)] = IN_TURN
    return states


def _latest(file: MidiFile, states: list[np.ndarray], first: int) -> dict[int, set[int]]:
    """The events of each track that hold for all tracks at a tick: a tempo and a meter."""
    latest: dict[int, set[int]] = {}
    for kind in OF_ALL_TRACKS:
        rows = [
            (int(track.tick[event]), number, event)
            for number, track in enumerate(file.tracks)
            for event in np.flatnonzero((states[number] == kind) & (track.tick <= first)).tolist()
        ]
        if rows and max(rows)[0] < first:  # one at that tick is copied
            _, number, event = max(rows)
            latest.setdefault(number, set()).add(event)
    return latest


def _chased(track: Track, states: np.ndarray, latest: set[int], first: int) -> list[int]:
    """Events before a tick that still hold at it, in their order."""
    start, behind = np.searchsorted(track.tick, [first, first + 1])
    before = states[:start]
    in_turn = np.flatnonzero(before == IN_TURN)
    values, places = np.unique(before[::-1], return_index=True)
    is_own = (values >= 0) & ~np.isin(values, OF_ALL_TRACKS)
    is_own &= ~np.isin(values, states[start:behind])  # set anew at the tick itself
    last = start - 1 - places[is_own]
    return sorted({*in_turn.tolist(), *last.tolist(), *latest})


def _chunk(events: list[Event], end: int) -> bytes:
    """A track's chunk of events in their order."""
    content, now = bytearray(), 0
    for tick, event in [*events, (end, bytes([META, END_OF_TRACK, 0]))]:
        content += as_quantity(max(0, tick - now)) + event
        now = max(now, tick)
    return b"MTrk" + len(content).to_bytes(4, "big") + bytes(content)
