"""MIDI files that cost more than they look, and the largest that may be opened, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

MAX_FILE_BYTES = 20_000_000  # a larger file is refused unread
END_OF_TRACK = b"\0\xff\x2f\0"
ONE_NOTE = b"\0\x90\x3c\x40\x83\x60\x3c\0"  # of one beat
MUSIC = ONE_NOTE * 20
MAX_BEATS = 9_600  # of the longest piece that faders take
TICKS_A_BEAT = 480
LONGEST_DELTA = b"\xff\xff\xff\x7f"  # ticks, as four bytes


def quantity(value: int) -> bytes:
    """A number as MIDI writes delta times and lengths: seven bits a byte, the highest first."""
    septets = [value & 0x7F]
    while value := value >> 7:
        septets.append(value & 0x7F | 0x80)
    return bytes(reversed(septets))


def chunk(body: bytes, tag: bytes = b"MTrk", length: int | None = None) -> bytes:
    """A chunk, which may lie about its length."""
    return tag + struct.pack(">I", len(body) if length is None else length) + body


def file(*chunks: bytes, division: int = TICKS_A_BEAT, kind: int = 1, tracks: int | None = None):
    """A file of chunks, which may lie about its number of tracks."""
    declared = min(len(chunks), 0xFFFF) if tracks is None else tracks
    return b"MThd" + struct.pack(">IHHH", 6, kind, declared, division) + b"".join(chunks)


def single_track(*events: bytes, **head: int) -> bytes:
    """A file of one track."""
    return file(chunk(b"".join(events) + END_OF_TRACK), **head)


def filled(first: bytes, event: bytes) -> bytes:
    """The largest file of one track: the first events, then one event again and again.

    A tick is so short that the many notes and movements last less than half an hour.
    """
    return single_track(
        first, event * ((MAX_FILE_BYTES - 200) // len(event)), division=4 * TICKS_A_BEAT
    )


def meta(kind: int, data: bytes, after: int = 0) -> bytes:
    """A meta event, `after` ticks behind the event before it."""
    return quantity(after) + bytes((0xFF, kind)) + quantity(len(data)) + data


def tempo(microseconds: int) -> bytes:
    """A change of tempo to `microseconds` a beat."""
    return meta(0x51, microseconds.to_bytes(3, "big"))


def notes(count: int, spacing: int) -> Iterable[bytes]:
    """`count` notes one after the other, through all keys in turn, `spacing` ticks apart."""
    for k in range(count):
        key = 21 + k % 88
        yield bytes((0, 0x90, key, 64)) + quantity(spacing) + bytes((key, 0))


def few_bytes(held: int = 24) -> bytes:
    """Two hundred bytes, of which 4,223 segments of 9/16 are made under so many long notes."""
    division, beats = 24, 9_500
    ticks = quantity(beats * division // held)
    keys = range(40, 40 + held)
    body = b"".join(bytes((0, key, 64)) + ticks + bytes((key, 0)) for key in keys)
    head = meta(0x58, bytes((9, 4, 24, 8))) + tempo(180_000)
    return single_track(head + b"\0\x90" + body[1:], division=division)


def programs(count: int, before: bytes = b"") -> bytes:
    """A track of `count` instruments (at most 2048) with a note each, after the events `before`."""
    events = (
        bytes((0, 0xC0 | k & 15, k >> 4, 0, 0x90 | k & 15, 60, 64, 1, 0x90 | k & 15, 60, 0))
        for k in range(count)
    )
    return chunk(before + b"".join(events) + END_OF_TRACK)


def presses(count: int) -> bytes:
    """A pedal that goes down and up `count` times in the longest piece, under one long note."""
    half = quantity(MAX_BEATS * TICKS_A_BEAT // count // 2)
    moves = half + b"\xb0\x40\x7f" + half + b"\xb0\x40\0"
    return tempo(60_000) + b"\0\x90\x3c\x40" + moves * count + b"\0\x90\x3c\0"


def moving(count: int, spacing: int) -> bytes:
    """`count` movements of the pedal, `spacing` ticks apart; one in 18 presses or lifts it."""
    return b"".join(quantity(spacing) + bytes((0xB0, 64, k * 7 % 128)) for k in range(count))


def curves(moves: bytes, text: bytes = b"", music: bytes = b"") -> bytes:
    """A file that carries curves: controllers, and settings as JSON."""
    start = meta(3, b"FaderNets") + (meta(1, text) if text else b"") + b"\0\xbf\x66\x40"
    return file(chunk((music or MUSIC) + END_OF_TRACK), chunk(start + moves + END_OF_TRACK))


def recital() -> bytes:
    """Half an hour at 120 beats a minute: 40,000 notes, 150,000 movements of the pedal."""
    ticks = 3600 * TICKS_A_BEAT
    hands = b"".join(notes(40_000, ticks // 40_000))
    feet = moving(150_000, ticks // 150_000)
    return file(chunk(tempo(500_000) + hands + END_OF_TRACK), chunk(ONE_NOTE + feet + END_OF_TRACK))


def largest() -> bytes:
    """The most notes, movements, tempos and bars that are accepted, in the most beats."""
    ticks = MAX_BEATS * TICKS_A_BEAT
    hands = b"".join(notes(119_999, ticks // 120_000))
    feet = moving(599_900, ticks // 600_000)
    tempos = b"".join(
        meta(0x51, (125_000 + k % 2).to_bytes(3, "big"), ticks // 50_000) for k in range(49_000)
    )
    head = tempo(125_000) + meta(0x58, b"\1\4\x18\x08") + tempos
    return file(
        chunk(head + END_OF_TRACK),
        chunk(hands + END_OF_TRACK),
        chunk(ONE_NOTE + feet + END_OF_TRACK),
    )


# Files that ask for too much; each is refused with a sentence.
TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "notes, 3.3 million": lambda: filled(b"\0\x90\x3c\x40", b"\0\x3c\x40\1\x3c\0"),
    "notes, of all keys": lambda: single_track(
        b"".join(notes(88, 1)) * (MAX_FILE_BYTES // 620), division=4 * TICKS_A_BEAT
    ),
    "notes never released": lambda: filled(b"\0\x90\x3c\x40", b"\0\x3c\x40"),
    "notes, each released at the end": lambda: single_track(
        b"\0\x90\x3c\x40",
        b"\0\x3c\x40" * 3_000_000,
        b"\1\x3c\0" * 3_000_000,
        division=4 * TICKS_A_BEAT,
    ),
    "note-offs": lambda: filled(b"\0\x90\x3c\0", b"\1\x3c\0"),
    "controllers": lambda: filled(MUSIC + b"\0\xb0\x40\x7f", b"\0\x40\x7f\1\x40\0"),
    "pitch bends": lambda: filled(MUSIC + b"\0\xe0\x40\x7f", b"\1\x40\x7f"),
    "pressure": lambda: filled(MUSIC + b"\0\xd0\x40", b"\0\x40"),
    "clock": lambda: filled(MUSIC + b"\0\xf8", b"\0"),
    "presses of the pedal": lambda: single_track(presses(300_000)),
    "tracks, 65,535 empty": lambda: file(*[chunk(b"")] * 65_535),
    "tracks, 65,535 with a note": lambda: file(
        chunk(MUSIC + END_OF_TRACK), *[chunk(ONE_NOTE + END_OF_TRACK)] * 65_534
    ),
    "instruments": lambda: file(*[programs(2048)] * (MAX_FILE_BYTES // 23_000)),
    "foreign chunks": lambda: file(*[chunk(b"", b"none")] * (MAX_FILE_BYTES // 8 - 10), tracks=1),
    "zeros": lambda: file(bytes(MAX_FILE_BYTES - 14), tracks=1),
    "tempos": lambda: filled(MUSIC, tempo(500_000)),
    "time signatures": lambda: filled(MUSIC, meta(0x58, b"\4\2\x18\x08")),
    "key signatures": lambda: filled(MUSIC, meta(0x59, b"\0\0")),
    "changes of meter": lambda: single_track(MUSIC, meta(0x58, b"\1\2\x18\x08", 480) * 9_500),
    "changes of program": lambda: single_track(MUSIC, b"\0\xc0\0", b"\0\0" * 990_000),
    "system messages": lambda: single_track(MUSIC, b"\0\xf0\0" * 900_000),
    "own meta events": lambda: single_track(MUSIC, meta(0x7F, b"") * 900_000),
    "lyrics": lambda: filled(MUSIC, meta(5, b"a")),
    "markers": lambda: filled(MUSIC, meta(6, b"a")),
    "a lyric of 20 MB": lambda: single_track(MUSIC, meta(5, b"a" * (MAX_FILE_BYTES - 200))),
    "a name for many instruments": lambda: file(
        *[programs(990, before=meta(3, b"a" * 99_000))] * 100
    ),
    "a beat of 1 µs": lambda: single_track(tempo(1), MUSIC),
    "bars": lambda: single_track(
        tempo(60_000), meta(0x58, b"\1\7\x18\x08"), *notes(MAX_BEATS, TICKS_A_BEAT)
    ),
    "beats": lambda: single_track(ONE_NOTE, b"\x8f\xff\xff\x7f\x90\x3c\x40\1\x3c\0"),
    "giant times": lambda: filled(b"\0\x90\x3c\x40", LONGEST_DELTA + b"\x3c\0\0\x3c\x40"),
    "notes within four beats": lambda: single_track(*notes(119_000, 1), division=29_000),
}
# Files that are damaged or not MIDI; each is refused with a sentence.
DAMAGED: dict[str, Callable[[], bytes]] = {
    "a chunk longer than the file": lambda: file(chunk(ONE_NOTE * 100_000, length=2**32 - 1)),
    "no status": lambda: single_track(bytes(MAX_FILE_BYTES - 100)),
    "format 3": lambda: single_track(MUSIC, kind=3),
}
# Files that are accepted, some of them only as far as they go.
ACCEPTED: dict[str, Callable[[], bytes]] = {
    "a recital": recital,
    "the largest": largest,
    "presses, as many as may be": lambda: single_track(presses(50_000)),
    "pressure, as much as may be": lambda: single_track(MUSIC, b"\0\xd0\1", b"\0\1" * 990_000),
    "text of 20 MB": lambda: single_track(meta(1, b"a" * (MAX_FILE_BYTES - 300)), MUSIC),
    "system exclusive of 20 MB": lambda: single_track(
        b"\0\xf0" + quantity(MAX_FILE_BYTES - 300) + bytes(MAX_FILE_BYTES - 300), MUSIC
    ),
    "instruments, as many as may be": lambda: file(programs(999, before=MUSIC)),
    "curves of extremes": lambda: curves(b"\1\x66\x7f\1\x66\1" * 290_000),
    "curves that come and go": lambda: curves(b"\1\x66\x41\1\x66\x40" * 290_000),
    "curves of every fader": lambda: curves(
        b"".join(bytes((1, 102 + k % 6, 1 + 126 * (k % 5 % 2))) for k in range(590_000))
    ),
    "a curve of bars without end": lambda: curves(
        b"", b'{"arousal":{"bars":[[1,0.1],[1e308,0.5]]}}'
    ),
    "hands locked in a carried curve": lambda: curves(
        b"", b'{"arousal":0.5,"lock":["left","right"]}', b"".join(notes(100_000, 15))
    ),
    "cut short": lambda: recital()[:-1000],
    "RIFF": lambda: (
        b"RIFF"
        + struct.pack("<I", len(single_track(MUSIC)))
        + b"RMIDdata\0\0\0\0"
        + single_track(MUSIC)
    ),
    "a quantity without end": lambda: single_track(MUSIC, b"\xff" * (MAX_FILE_BYTES - 300)),
    "system exclusive without end": lambda: single_track(
        MUSIC, b"\0\xf0\xff\xff\xff\x7f", bytes(10**6)
    ),
    "a tempo of 0": lambda: single_track(tempo(0), MUSIC),
    "format 2": lambda: single_track(MUSIC, kind=2),
    "division 1": lambda: single_track(*(b"\0\x90\x3c\x40\1\x3c\0" for _ in range(20)), division=1),
    "division 32767": lambda: single_track(b"\0\x90\x3c\x40\x88\0\x3c\0" * 2000, division=32767),
    "notes in one segment, as many as may be": lambda: single_track(
        *notes(4990, 1), b"\xc0\0\x90\x3c\x40\xc0\0\x3c\0" * 30, division=4096
    ),
}
ALL = TOO_MUCH | DAMAGED | ACCEPTED
