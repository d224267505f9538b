"""How much a MIDI file may hold, so that no file of a stranger's costs much time or memory.

`check_bytes` counts what is in the bytes of a file before a parser builds anything of it; it stops
as soon as there is too much. `check_piece` looks at what only a piece shows. The bounds are four
times and more what the longest recital has, of half an hour: 30,000 notes, 150,000 movements of
controllers by a reproducing piano. They hold for training, too.
"""

from __future__ import annotations

import numpy as np

from fadernets.music.midi_error import MidiError
from fadernets.music.notes import BEATS
from fadernets.music.piece import Piece

# What is counted in the bytes, and how much of it there may be. Events that the parser drops count
# as events only.
LIMITS = {
    "notes": 120_000,
    "controller movements": 600_000,  # pitch bends are among them
    "tempos": 50_000,
    "time signatures": 10_000,
    "key signatures": 10_000,
    "tracks": 1_000,
    "instruments": 1_000,  # of all tracks and channels: the parser makes each a track of its own
    "foreign chunks": 1_000,
    "texts": 50_000,  # names, lyrics, markers
    "letters": 1_000_000,  # bytes of those texts
    "events": 1_000_000,
}
# What is counted in a piece.
MOST_BARS = 100_000
MOST_PRESSES = 50_000  # of the pedal: one each 36 ms for half an hour
MOST_TOGETHER = 5_000  # notes that begin in one segment
SHORTEST_BEAT = 20_000  # microseconds: 3000 beats a minute

_HEADER, _CHUNK = 14, 8  # bytes of a file's head, of a chunk's
_META, _SYSEX = 0xFF, 0xF0
_END_OF_TRACK, _NAME = 0x2F, 0x03
_KEPT = {  # meta events that the parser keeps
    _NAME: "texts",
    0x05: "texts",  # lyrics
    0x06: "texts",  # markers
    0x51: "tempos",
    0x58: "time signatures",
    0x59: "key signatures",
}
_NOTE_ON, _CONTROL, _PROGRAM, _BEND = 0x9, 0xB, 0xC, 0xE  # status, upper half
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1} | dict.fromkeys((0xF6, 0xF7, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0)
# Data bytes that follow a status byte; None where the parser knows no such status.
_SIZES = [
    None if status < 0x80 else _SYSTEM.get(status) if status >= 0xF0 else 2 - (status >> 5 == 6)
    for status in range(256)
]


def check_bytes(data: bytes, name: str) -> None:
    """Refuse a file that holds too much, or whose chunks or events do not end where they should.

    Parameters
    ----------
    data : bytes
        A Standard MIDI File; its head, 14 bytes, is not looked at but for the number of tracks.
    name : str
        What the sentence calls it.

    Raises
    ------
    MidiError
        If it holds more of something than `LIMITS`, or is damaged. What else is wrong with it is
        left to the parser.
    """
    walk = _Walk(data)
    try:
        walk.chunks()
    except _Excess as excess:
        what = excess.args[0]
        raise MidiError(f"{name} has too many {what}: more than {LIMITS[what]:,}.") from None
    except (_Damage, IndexError):
        raise MidiError(f"{name} is damaged or cut short.") from None


def check_piece(piece: Piece, name: str) -> None:
    """Refuse a piece that would be dear to draw, to write or to play.

    Parameters
    ----------
    piece : Piece
    name : str
        What the sentence calls it.

    Raises
    ------
    MidiError
        If a beat is shorter than `SHORTEST_BEAT`, or it has more bars, presses of the pedal or
        notes in four beats than the bounds.
    """
    fastest = float(piece.tempo[:, 1].max())
    if 6e7 / fastest < SHORTEST_BEAT - 0.5:
        raise MidiError(
            f"{name} is too fast: it has a beat of {round(6e7 / fastest):,} µs, "
            f"shorter than {SHORTEST_BEAT:,} µs."
        )
    bar = 4 * piece.meter[:, 1] / piece.meter[:, 2]
    lasts = np.diff(piece.meter[:, 0], append=piece.length)
    together = np.bincount((piece.notes.onset // BEATS).astype(int)).max(initial=0)
    for count, limit, what in (
        (np.ceil(lasts / bar).sum(), MOST_BARS, "bars"),
        (len(piece.pedal), MOST_PRESSES, "presses of the pedal"),
        (together, MOST_TOGETHER, f"notes within {BEATS} beats"),
    ):
        if count > limit:
            raise MidiError(f"{name} has too many {what}: more than {limit:,}.")


class _Excess(Exception):
    """There is too much of something, a key of `LIMITS`."""


class _Damage(Exception):
    """A chunk or an event reaches further than there are bytes, or is none."""


class _Walk:
    """Goes through the bytes of a file as the parser will, and counts.

    It follows symusic's parser, not the standard, where the two differ: what the one takes for a
    note must be one for the other.

    Attributes
    ----------
    data : bytes
        Those of the file, and the zero that the parser finds behind them.
    size : int
        Bytes of the file.
    counts : dict
        What was counted so far, by the keys of `LIMITS`.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data + b"\0"
        self.size = len(data)
        self.counts = dict.fromkeys(LIMITS, 0)

    def chunks(self) -> None:
        """Count what is in the whole file.

        Raises
        ------
        _Excess, _Damage, IndexError
            At the first thing that is too much or damaged.
        """
        data, counts = self.data, self.counts
        declared = int.from_bytes(data[10:12], "big")
        at = _HEADER
        while at < self.size and counts["tracks"] < declared:
            begin = at + _CHUNK
            at = begin + int.from_bytes(data[begin - 4 : begin], "big")
            if at > self.size:
                raise _Damage
            if data[begin - 8 : begin - 4] == b"MTrk":
                counts["tracks"] += 1
                self.track(begin, at)
            else:
                counts["foreign chunks"] += 1
            self.check()

    def check(self) -> None:
        """Raise _Excess if there was too much of something; the first of `LIMITS` is named."""
        for what, limit in LIMITS.items():
            if self.counts[what] > limit:
                raise _Excess(what)

    def track(self, at: int, end: int) -> None:
        """Count what is in a track, from byte `at` to `end`; at most one event too many."""
        data, counts = self.data, self.counts
        left = LIMITS["events"] - counts["events"]
        notes = moves = 0
        program = [0] * 16  # of each channel
        instruments = set()
        name = 0  # bytes of the track's name, which each of its instruments gets
        status, size = 0, None  # of the last event but meta events: running status repeats it
        while at < end and left >= 0:
            left -= 1
            # The parser reads at most four bytes of a delta time, whatever the fourth says.
            fourth = at + 3
            while data[at] >= 0x80 and at < fourth:  # a delta time
                at += 1
            at += 1
            byte = data[at]
            if byte == _META:
                kind = data[at + 1]
                length, at = self.quantity(at + 2)
                if at + length > end:
                    raise _Damage
                if kind == _END_OF_TRACK:
                    break
                if kind in _KEPT:
                    what = _KEPT[kind]
                    counts[what] += 1
                    if what == "texts":
                        counts["letters"] += length
                        instruments.add((15, program[15]))  # lyrics may make one
                    if kind == _NAME:
                        name = length
                    self.check()
                at += length
                continue
            if byte >= 0x80:
                status, size = byte, _SIZES[byte]
                at += 1
                if byte == _SYSEX:
                    length, begin = self.quantity(at)
                    size = begin + length - at
            if size is None or at + size > end:
                raise _Damage
            kind = status >> 4
            if kind == _NOTE_ON:
                if data[at + 1]:
                    notes += 1
                    channel = status & 0x0F
                    instruments.add((channel, program[channel]))
            elif kind == _CONTROL or kind == _BEND:
                moves += 1
            elif kind == _PROGRAM:
                program[status & 0x0F] = data[at]
            at += size
        counts["events"] = LIMITS["events"] - left
        counts["notes"] += notes
        counts["controller movements"] += moves
        counts["instruments"] += len(instruments)
        counts["letters"] += name * len(instruments)

    def quantity(self, at: int) -> tuple[int, int]:
        """A number of one to four bytes that begins at `at`, and where what follows it begins."""
        value = 0
        for _ in range(4):
            byte = self.data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                break
        return value, at
