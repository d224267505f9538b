"""The tracks of a MIDI file found in its bytes, and their events, nothing lost.

Damage does not stop the reading: a track goes as far as its events make sense, and a sentence says
so. A file with more than `fadernets.music.midifile.limits` allows is refused on the way.

The format: Standard MIDI Files 1.0 (MIDI Manufacturers Association, RP-001); RIFF: RP-029.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from fadernets.music.midifile.limits import LIMITS, Excess

Event = tuple[int, bytes]  # to be written: its tick and its bytes

HEAD = 8  # bytes of a chunk before its content: its name and its length
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7  # statuses that a length follows
END_OF_TRACK, TRACK_NAME, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x2F, 0x03, 0x51, 0x58, 0x59
PADDING = bytes(8)  # read behind the last byte, in place of what the file cuts off
BLOCK = 65_536  # bytes of a track after which its events are counted
DAMAGED, CUT_SHORT, WRONG_LENGTH, MORE_TRACKS = (
    "is damaged",
    "is cut short",
    "has a track of a wrong length",
    "has more tracks than it says",
)
# Data bytes behind a status; None where the standard has no such status.
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1} | dict.fromkeys((0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0)
DATA_BYTES = [
    None if status < 0x80 else _SYSTEM.get(status) if status >= 0xF0 else 2 - (status >> 5 == 6)
    for status in range(256)
]
_CHANNEL_BYTES = np.array([0] * 128 + [2 - (s >> 5 == 6) for s in range(128, SYSEX)] + [0] * 16)


@dataclass(frozen=True, eq=False)
class Track:
    """The events of a track, n of them, in their order.

    Attributes
    ----------
    head : int
        Byte of the file at which its chunk begins.
    end : int
        Byte behind its chunk.
    begin : int64 array, shape (n + 1,)
        Bytes at which the events begin, with their delta times; the last is where they end.
    body : int64 array, shape (n,)
        Bytes at which they go on behind their delta times.
    tick : int64 array, shape (n,)
    status : uint8 array, shape (n,)
        Also where running status leaves it out of the bytes.
    length_is_right : bool
        Whether its chunk is as long as it says.
    """

    head: int
    end: int
    begin: np.ndarray
    body: np.ndarray
    tick: np.ndarray
    status: np.ndarray
    length_is_right: bool

    def __len__(self) -> int:
        return len(self.tick)


def quantity(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to four bytes that begins at `at`, and where what follows it begins."""
    value = 0
    for _ in range(4):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at


def as_quantity(value: int) -> bytes:
    """The shortest bytes that `quantity` reads as `value`."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def tracks_of(
    data: bytes, padded: bytes, start: int, declared: int
) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """The tracks of a file, those right behind the declared ones too, and what is wrong with it."""
    tracks: list[Track] = []
    wrong: list[str] = []
    foreign_chunks, events_left = 0, LIMITS["events"]
    at = start + HEAD + int.from_bytes(data[start + 4 : start + HEAD], "big")
    end = len(data)  # of a wrapping that is cut short, too
    if start:
        end = min(end, start + int.from_bytes(data[start - 4 : start], "little"))
    if not begins_chunk(data, at):
        at = _next_track(data, start)
    while at + HEAD <= len(data):
        is_more = len(tracks) >= declared
        if is_more and (at >= end or data[at : at + 4] != b"MTrk"):
            break
        if data[at : at + 4] == b"MTrk":
            wrong += [MORE_TRACKS] * is_more
            if len(tracks) == LIMITS["tracks"]:
                raise Excess("tracks")
            track, fault, events_read = _track(data, padded, at, end, events_left)
            tracks.append(track)
            wrong += fault
            events_left -= events_read
            at = track.end
        elif begins_chunk(data, at):
            foreign_chunks += 1
            if foreign_chunks > LIMITS["foreign chunks"]:
                raise Excess("foreign chunks")
            at = _said_end(data, at)
        else:
            at = _next_track(data, at)
            wrong += [DAMAGED] if at < len(data) else []
    if len(tracks) + foreign_chunks < declared and not wrong:  # some programs count all chunks
        wrong.append(CUT_SHORT)
    return tuple(tracks), tuple(dict.fromkeys(wrong))


def _said_end(data: bytes, head: int) -> int:
    """Byte at which a chunk ends by the length in its head."""
    return head + HEAD + int.from_bytes(data[head + 4 : head + HEAD], "big")


def begins_chunk(data: bytes, at: int) -> bool:
    """Whether a track begins here, or another chunk that fits into the file."""
    name = data[at : at + 4]
    return name == b"MTrk" or (at + HEAD <= len(data) and _said_end(data, at) <= len(data))


def _next_track(data: bytes, after: int) -> int:
    """Byte at which the next track seems to begin; the file's end where none does."""
    at = data.find(b"MTrk", after + 1)
    return at if at >= 0 else len(data)


def _track(
    data: bytes, padded: bytes, head: int, end: int, most: int
) -> tuple[Track, list[str], int]:
    """The track whose chunk begins at `head`, what is wrong with it, and how many events were read.

    A length that leads to the file's end or to another chunk is believed. If it does not, the
    track goes on to its end of track, or to where the next one seems to begin. `end` is where the
    MIDI file ends in its wrapping: a RIFF chunk of odd length has a byte of padding behind it.

    Raises
    ------
    Excess
        If it has more than `most` events.
    """
    stated_end = _said_end(data, head)
    # A few bytes may lie behind the last chunk; what a track ends with tells that this is its end.
    closes = data[stated_end - 3 : stated_end] == bytes([META, END_OF_TRACK, 0])
    believed = stated_end in (end, len(data)) or (
        stated_end < len(data) and (closes or begins_chunk(data, stated_end))
    )
    limit = stated_end if believed else _next_track(data, head)
    events, is_closed, read = _events(padded, head + HEAD, limit, most)
    last = int(events[0][-1])
    if is_closed and not believed:
        # Bytes between this track's end and the next track belong to neither.
        limit = last
    track = Track(head, limit, *events, stated_end == limit)
    if is_closed:
        return track, [] if believed or stated_end == last else [WRONG_LENGTH], read
    broken = CUT_SHORT if limit == len(data) else DAMAGED if last < limit else WRONG_LENGTH
    return track, [] if believed and last >= limit else [broken], read


Events = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # as `Track` has them


def _events(data: bytes, at: int, limit: int, most: int) -> tuple[Events, bool, int]:
    """The events between two bytes as far as they make sense, and whether they end the track.

    The last of what is returned is how many were read, those that make no sense among them.
    Running status is followed past meta and system events, as most players do.

    Raises
    ------
    Excess
        If there are more than `most`.
    """
    start = at
    bodies, others, is_closed = _bodies(data, at, limit, most)
    bytes_ = np.frombuffer(data, np.uint8)
    body = np.frombuffer(bodies, np.uint32).astype(np.int64)
    first = bytes_[body]
    number = np.arange(1, len(body) + 1)
    sets = (first >= 0x80) & (first < SYSEX)
    running = np.append(np.uint8(0), first)[np.maximum.accumulate(np.where(sets, number, 0))]
    status = np.where(first >= SYSEX, first, running)
    end = body + (first >= 0x80) + _CHANNEL_BYTES[status]
    if others:
        numbers, ends = np.frombuffer(others, np.uint32).reshape(-1, 2).T
        end[numbers] = ends
    begin = np.append(start, end)
    width = body - begin[:-1]
    delta = (bytes_[begin[:-1]] & 0x7F).astype(np.int64) if len(body) else body
    for place in range(1, 4):
        longer = np.flatnonzero(width > place)
        delta[longer] = delta[longer] << 7 | bytes_[begin[longer] + place] & 0x7F
    count = _sensible(bytes_, body, end, status)
    whole = count == len(body)
    tick = np.cumsum(delta)[:count]
    events = begin[: count + 1], body[:count], tick, status[:count]
    return events, is_closed and whole, len(body)


def _bodies(data: bytes, at: int, limit: int, most: int) -> tuple[array[int], array[int], bool]:
    """Bytes at which events begin behind their delta times.

    This loop takes most of the time of opening a file, so it finds nothing but these; what the
    events are is worked out for all of them at once.

    Returns
    -------
    bodies : array of int
    others : array of int
        Of events that are no channel's, in turn: number, and byte at which they end.
    is_closed : bool
        Whether the last is the end of the track.
    """
    bodies, others, size = array("I"), array("I"), 0
    append = bodies.append
    while at < limit:
        if len(bodies) > most:
            raise Excess("events")
        stop = min(limit, at + BLOCK)
        while at < stop:
            if data[at] >= 0x80:  # a delta time has four bytes at most
                at += 1
                if data[at] >= 0x80:
                    at += 1
                    if data[at] >= 0x80:
                        at += 1
            at += 1
            byte = data[at]
            if byte < 0x80:  # running status
                if not size:
                    return bodies, others, False
                append(at)
                at += size
            elif byte < SYSEX:
                append(at)
                size = 1 if 0xC0 <= byte < 0xE0 else 2
                at += size + 1
            else:
                body = at
                if byte == META or byte == SYSEX or byte == ESCAPE:
                    length, at = quantity(data, at + 1 + (byte == META))
                    at += length
                else:
                    following = DATA_BYTES[byte]
                    if following is None:
                        return bodies, others, False
                    at += 1 + following
                others.append(len(bodies))
                others.append(min(at, limit + 1))
                append(body)
                if byte == META and data[body + 1] == END_OF_TRACK and at <= limit:
                    return bodies, others, True
    if at > limit and len(bodies):  # the last event is cut off
        if others and others[-2] == len(bodies) - 1:
            del others[-2:]
        bodies.pop()
    if len(bodies) > most:
        raise Excess("events")
    return bodies, others, False


def _sensible(bytes_: np.ndarray, body: np.ndarray, end: np.ndarray, status: np.ndarray) -> int:
    """The number of events before the first that has a status in place of a data byte."""
    channel = np.flatnonzero(status < SYSEX)
    last = bytes_[end[channel] - 1]
    first = bytes_[end[channel] - _CHANNEL_BYTES[status[channel]]]
    wrong = (first | last) >= 0x80
    return int(channel[np.argmax(wrong)]) if wrong.any() else len(body)
