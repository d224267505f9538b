"""Changes of a track's events, and the track's chunk written with them: all else to the byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.tracks import (
    END_OF_TRACK,
    META,
    SYSEX,
    Track,
    as_quantity,
)

LATEST_TICK = 2**62  # a tick behind every other
NO_STATUS = 0  # that running status could repeat


class Release(NamedTuple):
    """An event that is put in and releases a key.

    Attributes
    ----------
    tick : int
    event : bytes
    behind : int
        The number of the track's event that it has to follow within the same tick; -1 if none.
    """

    tick: int
    event: bytes
    behind: int = -1


@dataclass
class TrackEdit:
    """Changes of a track's events."""

    removed: set[int] = field(default_factory=set)
    velocities: dict[int, int] = field(default_factory=dict)  # of strikes, by event
    releases: list[Release] = field(default_factory=list)  # those of a key in the order of strikes
    strikes: list[tuple[int, bytes]] = field(default_factory=list)  # tick and event

    def __bool__(self) -> bool:
        return bool(self.removed or self.velocities or self.releases or self.strikes)


def written(file: MidiFile, track: Track, edit: TrackEdit) -> bytes:
    """A track's chunk."""
    if not edit and track.length_is_right:
        return file.data[track.head : track.end]
    content = _Content(file, track)
    # Of one instant, releases come before what is there and strikes behind it.
    closed = file.is_closed(track)
    open_end = len(track) - closed
    ticks = track.tick[:open_end]
    puts = [
        (max(int(np.searchsorted(ticks, r.tick)), _next(track, r)), r.tick, 0, r.event)
        for r in edit.releases
    ]
    puts += [(int(np.searchsorted(ticks, t, "right")), t, 1, event) for t, event in edit.strikes]
    changes = [(event, LATEST_TICK, 2, b"") for event in edit.removed | edit.velocities.keys()]
    at = 0
    for event, tick, _, put in sorted(puts + changes, key=lambda each: each[:3]):
        content.copy(at, event)
        at = event
        if put:
            content.put(tick, put)
            continue
        at = event + 1
        if event not in edit.removed:
            content.put(int(track.tick[event]), _louder(file, track, event, edit.velocities[event]))
    content.copy(at, open_end)
    content.close(closed)
    rest = b""
    if closed and track.length_is_right:  # what lies between a track's end and its chunk's
        rest = file.data[int(track.begin[-1]) : track.end]
    body = bytes(content.written) + rest
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def _next(track: Track, release: Release) -> int:
    """The event before which a release may come at the earliest."""
    is_together = release.behind >= 0 and track.tick[release.behind] == release.tick
    return release.behind + 1 if is_together else 0


def _louder(file: MidiFile, track: Track, event: int, velocity: int) -> bytes:
    pitch = int(file.data_bytes(track, np.array([event]), 0)[0])
    return bytes([int(track.status[event]), pitch, velocity])


class _Content:
    """A track's content as it is written, from left to right.

    Attributes
    ----------
    written : bytearray
    tick : int
        Of the last event written.
    status : int
        Of the last channel event written, which running status repeats.
    """

    def __init__(self, file: MidiFile, track: Track) -> None:
        self.file, self.track = file, track
        self.written = bytearray()
        self.tick, self.status = 0, 0
        channel = np.where(track.status < SYSEX, np.arange(1, len(track) + 1), 0)
        last = np.maximum.accumulate(np.append(0, channel))
        self._status_before = np.append(0, track.status)[last]  # of the last channel event

    def put(self, tick: int, event: bytes) -> None:
        """Write an event with its status."""
        self.written += as_quantity(max(0, tick - self.tick)) + event
        self.tick = max(tick, self.tick)
        self.status = event[0] if event[0] < SYSEX else NO_STATUS  # a meta event ends it

    def copy(self, first: int, end: int) -> None:
        """Write a run of the track's events with the bytes they have.

        An event gets another delta time where the event before it is another one now, and its
        status where running status would repeat another one.
        """
        data, track = self.file.data, self.track
        while first < end:
            body, behind = int(track.body[first]), int(track.begin[first + 1])
            before = int(track.tick[first - 1]) if first else 0
            if before == self.tick and self._status_before[first] == self.status:
                self.written += data[int(track.begin[first]) : int(track.begin[end])]
                self.tick = int(track.tick[end - 1])
                self.status = int(self._status_before[end])
                return
            event = data[body:behind]
            if event[0] < 0x80:
                event = bytes([int(track.status[first])]) + event
            self.put(int(track.tick[first]), event)
            first += 1

    def close(self, closed: bool) -> None:
        """Write the track's end at its old tick, or at the last event's if that is later."""
        data, track = self.file.data, self.track
        if closed and int(track.tick[-2:][0] if len(track) > 1 else 0) == self.tick:
            self.written += data[int(track.begin[-2]) : int(track.begin[-1])]
            return
        end = int(track.tick[-1]) if len(track) else 0
        self.put(max(end, self.tick), bytes([META, END_OF_TRACK, 0]))
