"""MIDI files that cost more than they look, and the largest that may be opened, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

FULL = 20_000_000  # bytes of the largest file that is looked at
END = b"\0\xff\x2f\0"  # of a track
ONCE = b"\0\x90\x3c\x40\x83\x60\x3c\0"  # a note of a beat
MUSIC = ONCE * 20
BEATS = 9_600  # of the longest piece that faders take
DIVISION = 480  # ticks of a beat
GIANT = b"\xff\xff\xff\x7f"  # the longest delta time


def quantity(value: int) -> bytes:
    """A number as MIDI writes delta times and lengths: seven bits a byte, the highest first."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))


def chunk(body: bytes, tag: bytes = b"MTrk", length: int | None = None) -> bytes:
    """A chunk, which may lie about its length."""
    return tag + struct.pack(">I", len(body) if length is None else length) + body


def file(*chunks: bytes, division: int = DIVISION, kind: int = 1, tracks: int | None = None):
    """A file of chunks, which may lie about its number of tracks."""
    declared = min(len(chunks), 0xFFFF) if tracks is None else tracks
    return b"MThd" + struct.pack(">IHHH", 6, kind, declared, division) + b"".join(chunks)


def one(*events: bytes, **head: int) -> bytes:
    """A file of one track."""
    return file(chunk(b"".join(events) + END), **head)


def filled(first: bytes, again: bytes) -> bytes:
    """A file of one track, first events and then others until it is full.

    A tick is so short that the many notes and movements last less than half an hour.
    """
    return one(first, again * ((FULL - 200) // len(again)), division=4 * DIVISION)


def meta(kind: int, data: bytes, after: int = 0) -> bytes:
    """A meta event, so many ticks after the one before."""
    return quantity(after) + bytes((0xFF, kind)) + quantity(len(data)) + data


def tempo(microseconds: int) -> bytes:
    """A beat of so many microseconds from here."""
    return meta(0x51, microseconds.to_bytes(3, "big"))


def notes(count: int, every: int) -> Iterable[bytes]:
    """So many notes one after the other, of all keys in turn, one each so many ticks."""
    for k in range(count):
        key = 21 + k % 88
        yield bytes((0, 0x90, key, 64)) + quantity(every) + bytes((key, 0))


def programs(count: int, before: bytes = b"") -> bytes:
    """A track of so many instruments, 2048 at most, a note each, after other events."""
    events = (
        bytes((0, 0xC0 | k & 15, k >> 4, 0, 0x90 | k & 15, 60, 64, 1, 0x90 | k & 15, 60, 0))
        for k in range(count)
    )
    return chunk(before + b"".join(events) + END)


def presses(count: int) -> bytes:
    """A pedal that goes down and up so many times in the longest piece, one note all the while."""
    half = quantity(BEATS * DIVISION // count // 2)
    moves = half + b"\xb0\x40\x7f" + half + b"\xb0\x40\0"
    return tempo(60_000) + b"\0\x90\x3c\x40" + moves * count + b"\0\x90\x3c\0"


def moving(count: int, every: int) -> bytes:
    """So many movements of the pedal, one each so many ticks; one in 18 presses or lifts it."""
    return b"".join(quantity(every) + bytes((0xB0, 64, k * 7 % 128)) for k in range(count))


def recital() -> bytes:
    """Half an hour at 120 beats a minute: 40,000 notes, 150,000 movements of the pedal."""
    ticks = 3600 * DIVISION
    hands = b"".join(notes(40_000, ticks // 40_000))
    feet = moving(150_000, ticks // 150_000)
    return file(chunk(tempo(500_000) + hands + END), chunk(ONCE + feet + END))


def largest() -> bytes:
    """As many notes, movements, tempos and bars as may be, in as many beats."""
    ticks = BEATS * DIVISION
    hands = b"".join(notes(119_999, ticks // 120_000))
    feet = moving(599_900, ticks // 600_000)
    tempos = b"".join(
        meta(0x51, (125_000 + k % 2).to_bytes(3, "big"), ticks // 50_000) for k in range(49_000)
    )
    head = tempo(125_000) + meta(0x58, b"\1\4\x18\x08") + tempos
    return file(chunk(head + END), chunk(hands + END), chunk(ONCE + feet + END))


# What is too much, and is refused with a sentence.
TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "notes, 3.3 million": lambda: filled(b"\0\x90\x3c\x40", b"\0\x3c\x40\1\x3c\0"),
    "notes, of all keys": lambda: one(
        b"".join(notes(88, 1)) * (FULL // 620), division=4 * DIVISION
    ),
    "notes never released": lambda: filled(b"\0\x90\x3c\x40", b"\0\x3c\x40"),
    "notes, each released at the end": lambda: one(
        b"\0\x90\x3c\x40", b"\0\x3c\x40" * 3_000_000, b"\1\x3c\0" * 3_000_000, division=4 * DIVISION
    ),
    "note-offs": lambda: filled(b"\0\x90\x3c\0", b"\1\x3c\0"),
    "controllers": lambda: filled(MUSIC + b"\0\xb0\x40\x7f", b"\0\x40\x7f\1\x40\0"),
    "pitch bends": lambda: filled(MUSIC + b"\0\xe0\x40\x7f", b"\1\x40\x7f"),
    "pressure": lambda: filled(MUSIC + b"\0\xd0\x40", b"\0\x40"),
    "clock": lambda: filled(MUSIC + b"\0\xf8", b"\0"),
    "presses of the pedal": lambda: one(presses(300_000)),
    "tracks, 65,535 empty": lambda: file(*[chunk(b"")] * 65_535),
    "tracks, 65,535 with a note": lambda: file(chunk(MUSIC + END), *[chunk(ONCE + END)] * 65_534),
    "instruments": lambda: file(*[programs(2048)] * (FULL // 23_000)),
    "foreign chunks": lambda: file(*[chunk(b"", b"none")] * (FULL // 8 - 10), tracks=1),
    "zeros": lambda: file(bytes(FULL - 14), tracks=1),
    "tempos": lambda: filled(MUSIC, tempo(500_000)),
    "time signatures": lambda: filled(MUSIC, meta(0x58, b"\4\2\x18\x08")),
    "key signatures": lambda: filled(MUSIC, meta(0x59, b"\0\0")),
    "lyrics": lambda: filled(MUSIC, meta(5, b"a")),
    "markers": lambda: filled(MUSIC, meta(6, b"a")),
    "a lyric of 20 MB": lambda: one(MUSIC, meta(5, b"a" * (FULL - 200))),
    "a name for many instruments": lambda: file(
        *[programs(990, before=meta(3, b"a" * 99_000))] * 100
    ),
    "a beat of 1 µs": lambda: one(tempo(1), MUSIC),
    "bars": lambda: one(tempo(60_000), meta(0x58, b"\1\7\x18\x08"), *notes(BEATS, DIVISION)),
    "beats": lambda: one(ONCE, b"\x8f\xff\xff\x7f\x90\x3c\x40\1\x3c\0"),
    "giant times": lambda: filled(b"\0\x90\x3c\x40", GIANT + b"\x3c\0\0\x3c\x40"),
    "notes within four beats": lambda: one(*notes(119_000, 1), division=29_000),
}
# What is damaged or no such file, and is refused with a sentence.
DAMAGED: dict[str, Callable[[], bytes]] = {
    "cut short": lambda: recital()[:-1000],
    "a chunk longer than the file": lambda: file(chunk(ONCE * 100_000, length=2**32 - 1)),
    "a quantity without end": lambda: one(ONCE, b"\xff" * (FULL - 100)),
    "no status": lambda: one(bytes(FULL - 100)),
    "system exclusive without end": lambda: one(ONCE, b"\0\xf0\xff\xff\xff\x7f", bytes(10**6)),
    "RIFF": lambda: b"RIFF" + struct.pack("<I", len(one(MUSIC))) + b"RMIDdata" + one(MUSIC),
    "format 3": lambda: one(MUSIC, kind=3),
}
# What may be opened.
ACCEPTED: dict[str, Callable[[], bytes]] = {
    "a recital": recital,
    "the largest": largest,
    "presses, as many as may be": lambda: one(presses(50_000)),
    "text of 20 MB": lambda: one(meta(1, b"a" * (FULL - 300)), MUSIC),
    "system exclusive of 20 MB": lambda: one(
        b"\0\xf0" + quantity(FULL - 300) + bytes(FULL - 300), MUSIC
    ),
    "instruments, as many as may be": lambda: file(programs(999, before=MUSIC)),
    "a tempo of 0": lambda: one(tempo(0), MUSIC),
    "format 2": lambda: one(MUSIC, kind=2),
    "division 1": lambda: one(*(b"\0\x90\x3c\x40\1\x3c\0" for _ in range(20)), division=1),
    "division 32767": lambda: one(b"\0\x90\x3c\x40\x88\0\x3c\0" * 2000, division=32767),
    "notes in one segment, as many as may be": lambda: one(
        *notes(4990, 1), b"\xc0\0\x90\x3c\x40\xc0\0\x3c\0" * 30, division=4096
    ),
}
ALL = TOO_MUCH | DAMAGED | ACCEPTED
