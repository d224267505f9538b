"""Broken and absurd MIDI files, and bytes garbled at random."""

from __future__ import annotations

import random
from collections.abc import Sequence


def garbled(data: bytes, dice: random.Random) -> bytes:
    """Bytes flipped, cut, taken out, put in or doubled, a few at a time."""
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 1, 2, 4, 16])):
        if not changed:
            break
        place, change = dice.randrange(len(changed)), dice.randrange(7)
        if change == 0:
            changed[place] ^= 1 << dice.randrange(8)
        elif change == 1:
            changed[place] = dice.choice([0, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        elif change == 2:
            changed[place:place] = dice.randbytes(dice.choice([1, 2, 4, 200]))
        elif change == 3:
            del changed[place : place + dice.choice([1, 2, 4, 64])]
        elif change == 4:
            del changed[place:]
        elif change == 5:
            changed[place:place] = changed[place : place + dice.choice([4, 32, 500])]
        else:
            changed[place : place + 4] = dice.choice([b"\xff", b"\0", b"\x7f", b"\x80"]) * 4
    return bytes(changed)


def midi_file(dice: random.Random) -> bytes:
    """A valid MIDI file of two tracks: tempo, meter, notes, pedal."""
    meta = bytes.fromhex("00ff510307a12000ff580404021808") + b"\x00\xff\x03\x04fuzz"
    notes = bytearray(b"\x00\xc0\x00")
    for _ in range(dice.choice([16, 64, 200])):
        pitch = dice.randint(36, 84)
        notes += bytes([0, 0x90, pitch, dice.randint(30, 110), 0x81, 0x70, 0x80, pitch, 0])
        if dice.random() < 0.1:
            notes += bytes([0, 0xB0, 64, dice.choice([0, 127])])
    return _midi([meta, bytes(notes)], kind=1)


def _midi(
    tracks: Sequence[bytes], division: int = 480, kind: int = 0, track_count: int | None = None
) -> bytes:
    numbers = (kind, len(tracks) if track_count is None else track_count, division)
    data = b"MThd\0\0\0\6" + b"".join(number.to_bytes(2, "big") for number in numbers)
    for track in tracks:
        data += b"MTrk" + (len(track) + 4).to_bytes(4, "big") + track + b"\x00\xff\x2f\x00"
    return data


def absurd_midi() -> list[bytes]:
    """Well-formed MIDI files that ask for too much, and files that only begin like MIDI."""
    note = b"\x00\x90\x3c\x40\x83\x60\x80\x3c\x00"
    tune, longest_delta = note * 8, b"\xff\xff\xff\x7f"
    head = b"MThd\0\0\0\6\0\0\0\1\1\xe0"
    chord = b"".join(b"\x00\x90" + bytes([number % 128, 64]) for number in range(60_000))
    return [
        _midi([(longest_delta + b"\x90\x3c\x40" + longest_delta + b"\x80\x3c\x00") * 40]),
        *(_midi([tune], division) for division in (0, 1, 0xE728, 0x8000, 0x7FFF)),
        *(_midi([b"\x00\xff\x51\x03" + tempo + tune])
          for tempo in (b"\0\0\0", b"\0\0\1", b"\xff\xff\xff", b"\x7f\xff\xff")),
        *(_midi([b"\x00\xff\x58\x04" + meter + tune])
          for meter in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x1f\0\0", b"\x04\x02\0\0")),
        _midi([b"\x00\xff\x51\x03\x07\xa1\x20" * 60_000 + tune]),
        _midi([b"\x01\xff\x58\x04\x01\x06\x18\x08" * 30_000 + note * 900]),
        _midi([b"\x01\xb0\x40\x7f\x01\xb0\x40\x00" * 30_000 + tune]),
        _midi([b"\x00\x90\x3c\x40" * 100_000]),
        _midi([b"\x01\x90\x3c\x40\x01\x80\x3c\x00" * 40_000]),
        _midi([chord + longest_delta + b"\x80\x3c\x00"]),
        _midi([note * 7_000]),
        _midi([tune] * 200, kind=1),
        _midi([tune] * 3, kind=1, track_count=65_535),
        _midi([tune] * 3, kind=2),
        _midi([tune], kind=9),
        _midi([b""]),
        _midi([b"\x00\xff\x03\x85\x50" + b"<script>" * 90 + tune]),
        _midi([b"\x00\xff\x03\x04\xff\xfe\xed\xa0" + tune]),
        b"",
        b"MThd",
        b"RIFF" + b"\0" * 40,
        b"MThd\xff\xff\xff\xff" + b"\0" * 100,
        head + b"MTrk\x7f\xff\xff\xff" + tune,
        head + b"MTrk\0\0\0\x08\x00\xff\x7f\xff\xff\xff\x7f\x00",
        head * 3_000,
        head + b"MTrk\0\0\0\0" * 100_000,
    ]  # fmt: skip


def dense_midi() -> bytes:
    """A MIDI file that stays within all limits, and has as many segments as it can have."""
    track = bytearray(b"\x00\xff\x51\x03\x01\x5f\x90")  # 667 beats a minute, for 28 minutes
    for number in range(19_000):
        pitch = 40 + number % 37
        track += bytes([0, 0x90, pitch, 64, 0, 0x90, pitch + 7, 64])
        track += bytes([0x83, 0x60, 0x80, pitch, 0, 0, 0x80, pitch + 7, 0])
    return _midi([bytes(track)])
