"""A track of our own behind those of a MIDI file, which keep all their bytes; found by its name."""

from __future__ import annotations

from collections.abc import Sequence

from fadernets.music.midifile.error import MidiError
from fadernets.music.midifile.events import CONTROL, HEADER, MidiFile
from fadernets.music.midifile.limits import LIMITS
from fadernets.music.midifile.tracks import (
    END_OF_TRACK,
    HEAD,
    META,
    SYSEX,
    TRACK_NAME,
    Event,
    Track,
    as_quantity,
)


def track_number(file: MidiFile, name: str) -> int | None:
    """The number of the last track of that name that moves only controllers; None if none is."""
    for number, track in reversed(list(enumerate(file.tracks))):
        channel = track.status[track.status < SYSEX]
        is_named = name.encode() in [text for _, text in file.metas(track, TRACK_NAME)]
        if is_named and (channel >> 4 == CONTROL).all():
            return number
    return None


def with_track(data: bytes, name: str, events: Sequence[Event]) -> bytes:
    """A file with a track of that name in place of the one it had, or behind its last track.

    All other bytes stay, but for the counts in the heads; a file of one track (format 0) becomes
    one of several (format 1).

    Parameters
    ----------
    data : bytes
        Of a MIDI file; RIFF may wrap it.
    name : str
    events : sequence of (int, bytes)
        In the order of their ticks; none leaves the track out.

    Raises
    ------
    MidiError
        If it is no MIDI file that can be read, or has as many tracks as can be read already.
    """
    file = MidiFile.parse(data, "the MIDI data")
    own = track_number(file, name)
    if own is None and not events:
        return data
    at = end = file.tracks[-1].end if file.tracks else file.start + HEADER
    count = int.from_bytes(data[file.start + 10 : file.start + 12], "big")
    if file.warnings:
        count = len(file.tracks)
    if own is not None:
        at, end = file.tracks[own].head, file.tracks[own].end
        count -= 1
    chunk = _chunk(name, events) if events else b""
    count += bool(events)
    if count > LIMITS["tracks"]:
        raise MidiError(f"there is no room for a track of {name}: {LIMITS['tracks']} is the most.")
    kind = data[file.start + 8 : file.start + 10]
    kind = b"\0\1" if count > 1 and kind == b"\0\0" else kind
    head = data[: file.start + 8] + kind + count.to_bytes(2, "big")
    changed = head + data[file.start + 12 : at] + chunk + data[end:]
    return _wrapped(changed, file.start, len(changed) - len(data))


def _wrapped(data: bytes, start: int, more: int) -> bytes:
    """A file in its RIFF wrapping, whose lengths have grown by so many bytes."""
    if data[start - HEAD : start - 4] != b"data":
        return data
    length = int.from_bytes(data[start - 4 : start], "little")
    end = min(start + length + more, len(data))
    padding = length % 2
    body, behind = data[start:end], data[end + padding :]
    inner = data[8 : start - 4] + len(body).to_bytes(4, "little") + body
    inner += bytes(len(body) % 2) + behind
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner


def _chunk(name: str, events: Sequence[Event]) -> bytes:
    title = name.encode()
    name_event = bytes([META, TRACK_NAME]) + as_quantity(len(title)) + title
    content, now = bytearray(), 0
    last = max((tick for tick, _ in events), default=0)
    for tick, event in [(0, name_event), *events, (last, bytes([META, END_OF_TRACK, 0]))]:
        content += as_quantity(tick - now) + event
        now = tick
    return b"MTrk" + len(content).to_bytes(4, "big") + bytes(content)


def text(track: Track, file: MidiFile, kind: int) -> list[str]:
    """The meta events of a kind in a track, as texts."""
    return [content.decode("utf-8", "replace") for _, content in file.metas(track, kind)]
