"""A MIDI file as its events, nothing lost: every event knows its bytes.

An edit (`fadernets.music.midifile.edit`) copies the bytes of every event that it does not change.
Damage does not stop the reading: a track goes as far as its events make sense, and a sentence says
so (`MidiFile.warnings`). A file beyond the bounds of `fadernets.music.midifile.limits` is refused.

The format: Standard MIDI Files 1.0 (MIDI Manufacturers Association, RP-001); RIFF: RP-029.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fadernets.music.midifile.error import MidiError
from fadernets.music.midifile.limits import LIMITS, Excess

HEAD = 8  # bytes of a chunk before its content: its name and its length
HEADER = 14  # bytes of a file's head
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7  # statuses that a length follows
END_OF_TRACK, TRACK_NAME, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x2F, 0x03, 0x51, 0x58, 0x59
PADDING = bytes(8)  # read behind the last byte, in place of what the file cuts off
BLOCK = 65_536  # bytes of a track after which its events are counted
DAMAGED, CUT_SHORT, WRONG_LENGTH = (
    "is damaged",
    "is cut short",
    "has a track of a wrong length",
)
_COUNTED = {  # meta events
    TRACK_NAME: "texts",
    0x05: "texts",  # lyrics
    0x06: "texts",  # markers
    TEMPO: "tempos",
    TIME_SIGNATURE: "time signatures",
    KEY_SIGNATURE: "key signatures",
}
_LONG_TEXTS = (130, 16_387, 2_097_156)  # bytes from which a text's length takes one byte more
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x8, 0x9, 0xB, 0xC, 0xE  # upper half of a status
SUSTAIN = 64  # number of the sustain pedal's controller
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


@dataclass(frozen=True, eq=False)
class MidiFile:
    """A MIDI file.

    Attributes
    ----------
    data : bytes
        All of it.
    start : int
        Byte of its head; not 0 where it is wrapped in RIFF.
    division : int
        Ticks of a beat.
    tracks : tuple of Track
    warnings : tuple of str
        What is wrong with it, as ends of sentences: "is cut short".
    """

    data: bytes
    start: int
    division: int
    tracks: tuple[Track, ...]
    warnings: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes, name: str) -> MidiFile:
        """The events of a file's bytes.

        Parameters
        ----------
        data : bytes
        name : str
            What sentences call it.

        Raises
        ------
        MidiError
            If it is no MIDI file, has no beats, holds several pieces or more than a bound of
            `fadernets.music.midifile.limits.LIMITS` allows.
        """
        start = _head(data)
        if start is None:
            raise MidiError(f"{name} is not a MIDI file.")
        kind, declared, division = (
            int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10, 12)
        )
        if kind == 2 and declared > 1:
            raise MidiError(
                f"{name} holds independent pieces (MIDI format 2), not one: save them one by one."
            )
        if kind > 2:
            raise MidiError(f"{name} is of a MIDI format that does not exist: {kind}.")
        if division & 0x8000:
            raise MidiError(f"{name} counts time in SMPTE frames, which have no beats.")
        if division == 0:
            raise MidiError(f"{name} is damaged: its beats have no length.")
        try:
            tracks, warnings = _tracks(data, data + PADDING, start, declared)
        except Excess as excess:
            raise MidiError(excess.sentence(name)) from None
        return cls(data, start, division, tracks, warnings)

    @cached_property
    def _bytes(self) -> np.ndarray:
        return np.frombuffer(self.data, np.uint8)

    def data_bytes(self, track: Track, events: np.ndarray, place: int) -> np.ndarray:
        """The first (place 0) or second (1) data byte of channel events of a track: int64, (k,)."""
        body = track.body[events]
        return self._bytes[body + (self._bytes[body] >= 0x80) + place].astype(np.int64)

    def is_closed(self, track: Track) -> bool:
        """Whether a track's last event is its end."""
        if not len(track) or track.status[-1] != META:
            return False
        return self.data[int(track.body[-1]) + 1] == END_OF_TRACK

    @cached_property
    def strikes(self) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]:
        """Of each track its events that strike or release keys, the keys, velocities or 0."""
        return tuple(self._strikes(track) for track in self.tracks)

    def _strikes(self, track: Track) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        events = np.flatnonzero((track.status >> 4 == NOTE_ON) | (track.status >> 4 == NOTE_OFF))
        velocity = self.data_bytes(track, events, 1)
        velocity[track.status[events] >> 4 == NOTE_OFF] = 0
        return events, self.data_bytes(track, events, 0), velocity

    def meta_kinds(self, track: Track, events: np.ndarray) -> np.ndarray:
        """The kinds of meta events of a track: int64, (k,)."""
        return self._bytes[track.body[events] + 1].astype(np.int64)

    def metas(self, track: Track, kind: int) -> list[tuple[int, bytes]]:
        """The meta events of a kind in a track: their number and content."""
        metas = np.flatnonzero(track.status == META)
        rows = []
        for event in metas[self.meta_kinds(track, metas) == kind].tolist():
            length, content = quantity(self.data, int(track.body[event]) + 2)
            rows.append((event, self.data[content : content + length]))
        return rows

    def counts(self) -> dict[str, int]:
        """How much there is of what `fadernets.music.midifile.limits.LIMITS` bounds."""
        counts = dict.fromkeys(LIMITS, 0) | {"tracks": len(self.tracks)}
        for track, (events, _, velocity) in zip(self.tracks, self.strikes, strict=True):
            upper = np.bincount(track.status >> 4, minlength=16)
            counts["events"] += len(track)
            counts["controller movements"] += int(upper[CONTROL] + upper[BEND])
            struck = events[velocity > 0]
            counts["notes"] += len(struck)
            counts["instruments"] += len(np.unique(track.status[struck] & 0x0F))
            metas = np.flatnonzero(track.status == META)
            kinds = self.meta_kinds(track, metas)
            counts["changes of program"] += int(upper[PROGRAM])
            counts["system messages"] += int(upper[SYSEX >> 4]) - len(metas)
            known = (*_COUNTED, END_OF_TRACK)
            counts["other meta events"] += int((~np.isin(kinds, known)).sum())
            for kind, limit_name in _COUNTED.items():
                chosen = metas[kinds == kind]
                counts[limit_name] += len(chosen)
                if limit_name == "texts":
                    size = track.begin[chosen + 1] - track.body[chosen] - 2
                    length_bytes = 1 + sum((size >= most).astype(int) for most in _LONG_TEXTS)
                    counts["letters"] += int((size - length_bytes).sum())
        return counts


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


def _head(data: bytes) -> int | None:
    """Byte at which the MIDI file begins: the first, or one in a RIFF file's chunks."""
    start = 0
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        start = max(0, data.find(b"MThd", 12))
    if data[start : start + 4] != b"MThd" or len(data) < start + HEADER:
        return None
    return start


def _tracks(
    data: bytes, padded: bytes, start: int, declared: int
) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """The tracks of a file, at most as many as it declares, and what is wrong with it."""
    tracks: list[Track] = []
    wrong: list[str] = []
    foreign_chunks, events_left = 0, LIMITS["events"]
    at = start + HEAD + int.from_bytes(data[start + 4 : start + HEAD], "big")
    end = start + int.from_bytes(data[start - 4 : start], "little") if start else len(data)
    if not begins_chunk(data, at):
        at = _next_track(data, start)
    while len(tracks) < declared and at + HEAD <= len(data):
        if data[at : at + 4] == b"MTrk":
            if len(tracks) == LIMITS["tracks"]:
                raise Excess("tracks")
            track, fault = _track(data, padded, at, end, events_left)
            tracks.append(track)
            wrong += fault
            events_left -= len(track)
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


def _track(data: bytes, padded: bytes, head: int, end: int, most: int) -> tuple[Track, list[str]]:
    """The track whose chunk begins at `head`, and what is wrong with it.

    A length that leads to the file's end or to another chunk is believed. If it does not, the
    track goes on to its end of track, or to where the next one seems to begin. `end` is where the
    MIDI file ends in its wrapping: a RIFF chunk of odd length has a byte of padding behind it.

    Raises
    ------
    Excess
        If it has more than `most` events.
    """
    said = _said_end(data, head)
    believed = said in (end, len(data)) or (said < len(data) and begins_chunk(data, said))
    limit = said if believed else _next_track(data, head)
    events, is_closed = _events(padded, head + HEAD, limit, most)
    last = int(events[0][-1])
    if is_closed and not believed:
        # Bytes between this track's end and the next track belong to neither.
        limit = last
    track = Track(head, limit, *events, said == limit)
    if is_closed:
        return track, [] if believed or said == last else [WRONG_LENGTH]
    if last < limit:
        return track, [CUT_SHORT if limit == len(data) else DAMAGED]
    return track, [] if believed else [CUT_SHORT if limit == len(data) else WRONG_LENGTH]


Events = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # as `Track` has them


def _events(data: bytes, at: int, limit: int, most: int) -> tuple[Events, bool]:
    """The events between two bytes as far as they make sense, and whether they end the track.

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
    return (begin[: count + 1], body[:count], tick, status[:count]), is_closed and whole


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
