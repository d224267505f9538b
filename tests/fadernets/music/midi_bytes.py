"""MIDI files made byte by byte, as libraries would not write them."""

from __future__ import annotations

from hypothesis import strategies as st

from benchmarks.pieces.bombs import END_OF_TRACK, chunk, quantity
from benchmarks.pieces.bombs import file as smf
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.notes import RawNotes, raw_notes
from tests.fadernets.music import generated as generated  # no deadline: machines are busy

TEXT = "Für Elise – Zärtlich".encode("latin-1", "replace")


def track(*events: tuple[int, bytes], end: int | None = None, running: bool = False) -> bytes:
    """A track's chunk of (tick, event); with running status where it can be, if wanted.

    Parameters
    ----------
    end : int, optional
        Tick of the end of the track; by default that of the last event.
    """
    content, now, status = b"", 0, 0
    for tick, event in sorted(events, key=lambda e: e[0]):
        content += quantity(tick - now)
        content += event[1:] if running and event[0] == status and event[0] < 0xF0 else event
        now, status = tick, event[0]
    content += quantity(max(0, (now if end is None else end) - now)) + END_OF_TRACK[1:]
    return chunk(content)


def on(pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes([0x80 | channel, pitch, velocity])


def control(number: int, value: int, channel: int = 0) -> bytes:
    return bytes([0xB0 | channel, number, value])


def program(number: int, channel: int = 0) -> bytes:
    return bytes([0xC0 | channel, number])


def meta(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + quantity(len(content)) + content


def note(start: int, end: int, pitch: int, velocity: int = 64, channel: int = 0, release: int = 64):
    """The two events of a note."""
    return [(start, on(pitch, velocity, channel)), (end, off(pitch, release, channel))]


def music(beats: int = 16, channel: int = 0, base: int = 48, division: int = 480):
    """Events of a tune in eighths, a chord on every beat, all segments of which can change."""
    events = []
    for beat in range(beats):
        at = beat * division
        for k, step in enumerate((0, 4, 7)):
            events += note(at, at + division - 20, base + step + beat % 3, 50 + k, channel, 30 + k)
        for half in range(2):
            begin = at + half * division // 2
            pitch = base + 24 + (2 * beat + half) % 7
            events += note(begin, begin + division // 2 - 10, pitch, 70, channel, 90 + half)
    return events


def file(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    return smf(*tracks, kind=kind, division=division)


def events(data: bytes) -> list[list[tuple[int, bytes]]]:
    """Of each track its events as (tick, bytes with status)."""
    parsed = MidiFile.parse(data, "the file")
    result = []
    for track in parsed.tracks:
        rows = []
        for k in range(len(track)):
            event = data[int(track.body[k]) : int(track.begin[k + 1])]
            if event[0] < 0x80:
                event = bytes([int(track.status[k])]) + event
            rows.append((int(track.tick[k]), event))
        result.append(rows)
    return result


def others(data: bytes) -> list[list[tuple[int, bytes]]]:
    """`events` without those of notes."""
    return [[e for e in rows if e[1][0] >> 4 not in (8, 9)] for rows in events(data)]


def notes_of(data: bytes) -> list[tuple]:
    """Of each note: track, channel, start, end, pitch, velocity, bytes of its release."""
    parsed = MidiFile.parse(data, "the file")
    raw: RawNotes = raw_notes(parsed)
    listed = events(data)
    rows = []
    for k in range(len(raw.part)):
        part = raw.parts[raw.part[k]]
        release = listed[part.track][int(raw.release[k])][1] if raw.release[k] >= 0 else b""
        values = (raw.start[k], raw.end[k], raw.pitch[k], raw.velocity[k])
        rows.append((part.track, part.channel, *map(int, values), release))
    return sorted(rows)


_BYTE = st.integers(0, 127)
_SEVEN_BITS = st.binary(max_size=140).map(lambda text: bytes(byte & 0x7F for byte in text))
_OTHER = st.one_of(  # events that are no note's
    st.tuples(_BYTE, _BYTE).map(lambda v: bytes([0xB0, *v])),
    st.tuples(_BYTE, _BYTE).map(lambda v: bytes([0xB5, *v])),
    st.sampled_from([64, 66, 67]).flatmap(lambda n: _BYTE.map(lambda v: bytes([0xB0, n, v]))),
    st.tuples(_BYTE, _BYTE).map(lambda v: bytes([0xE0, *v])),
    st.tuples(_BYTE, _BYTE).map(lambda v: bytes([0xA0, *v])),
    _BYTE.map(lambda v: bytes([0xD0, v])),
    _BYTE.map(lambda v: bytes([0xC3, v])),
    _SEVEN_BITS.map(lambda text: b"\xf0" + quantity(len(text)) + text),
    _SEVEN_BITS.map(lambda text: b"\xf7" + quantity(len(text)) + text),
    st.tuples(st.sampled_from([1, 2, 4, 5, 6, 7, 0x60, 0x7F]), st.binary(max_size=9)).map(
        lambda v: meta(*v)
    ),
    st.sampled_from([meta(3, TEXT), meta(0x20, b"\3"), meta(0x21, b"\0")]),
    st.sampled_from([b"\0\0", b"\xfd\1"]).map(lambda v: meta(0x59, v)),
    st.sampled_from([b"\3\2\x18\x08", b"\7\4\x18\x08"]).map(lambda v: meta(0x58, v)),
    st.integers(200_000, 900_000).map(lambda v: meta(0x51, v.to_bytes(3, "big"))),
    st.sampled_from([b"\xf8", b"\xf2\1\2", b"\xf3\5"]),
)


@st.composite
def tracks(draw, division: int, channels=(0, 1, 9), *, piano: bool = True):
    """A track of notes, few keys and one string each, and of everything else there is."""
    tick = st.integers(0, 12 * division)
    rows = [(at, event) for at, event in draw(st.lists(st.tuples(tick, _OTHER), max_size=12))]
    for channel in draw(st.lists(st.sampled_from(channels), max_size=2, unique=True)):
        for pitch in draw(
            st.lists(st.sampled_from([12, 48, 60, 61, 110]), max_size=4, unique=True)
        ):
            edges = sorted(draw(st.sets(tick, min_size=2, max_size=10)))
            for begin, end in zip(edges[::2], edges[1::2], strict=False):
                velocity = draw(st.integers(1, 127))
                release = draw(
                    st.one_of(
                        _BYTE.map(lambda v, p=pitch, c=channel: off(p, v, c)),
                        st.just(on(pitch, 0, channel)),
                    )
                )
                rows += [(begin, on(pitch, velocity, channel)), (end, release)]
    end = draw(st.one_of(st.none(), st.integers(12 * division, 16 * division)))
    return track(*rows, end=end, running=draw(st.booleans()))


@st.composite
def files(draw):
    """Whole files with all kinds of events, chunks and wrappings; few fail to be a piece."""
    division = draw(st.sampled_from([24, 96, 480, 1000]))
    parts = [track(*note(0, 5 * division, 64), *draw_head(draw), running=draw(st.booleans()))]
    parts += draw(st.lists(tracks(division), max_size=3))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), chunk(b"abc", b"XFIH"))
    count = sum(part[:4] == b"MTrk" for part in parts)
    data = smf(*parts, kind=1, division=division, tracks=count)
    data += draw(st.sampled_from([b"", b"\0\0\0", b"behind the tracks"]))
    return riff(data) if draw(st.booleans()) else data


def draw_head(draw):
    return [(0, event) for event in draw(st.lists(_OTHER, max_size=3))]


def riff(data: bytes) -> bytes:
    """A MIDI file in RIFF, with a chunk behind it."""
    padded = data + bytes(len(data) % 2)
    inner = b"RMIDdata" + len(data).to_bytes(4, "little") + padded + b"DISP\4\0\0\0abcd"
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner
