"""A MIDI file as its events, nothing lost: every event knows its bytes.

An edit (`fadernets.music.midifile.edit`) copies the bytes of every event that it does not change.
What is wrong with a file is told in sentences (`MidiFile.warnings`); one beyond the bounds of
`fadernets.music.midifile.limits` is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fadernets.music.midifile.error import MidiError
from fadernets.music.midifile.limits import LIMITS, Excess
from fadernets.music.midifile.other_kinds import advice
from fadernets.music.midifile.tracks import (
    END_OF_TRACK,
    KEY_SIGNATURE,
    META,
    PADDING,
    SYSEX,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Track,
    quantity,
    tracks_of,
)

HEADER = 14  # bytes of a file's head
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
            raise MidiError(f"{name} is not a MIDI file{advice(data)}.")
        kind, declared, division = (
            int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10, 12)
        )
        several = f"{name} holds independent pieces (MIDI format 2), not one: save them one by one."
        if kind == 2 and declared > 1:
            raise MidiError(several)
        if kind > 2:
            raise MidiError(f"{name} is of a MIDI format that does not exist: {kind}.")
        if division & 0x8000:
            raise MidiError(
                f"{name} counts time in SMPTE frames, which have no beats: save it again with time "
                "in ticks of a beat (PPQ)."
            )
        if division == 0:
            raise MidiError(f"{name} is damaged: its beats have no length.")
        try:
            tracks, warnings = tracks_of(data, data + PADDING, start, declared)
        except Excess as excess:
            raise MidiError(excess.sentence(name)) from None
        if kind == 2 and len(tracks) > 1:
            raise MidiError(several)
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
        """For each track: events that strike or release keys, their keys, their velocities."""
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


def _head(data: bytes) -> int | None:
    """Byte at which the MIDI file begins: the first, or one in a RIFF file's chunks."""
    start = 0
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        start = max(0, data.find(b"MThd", 12))
    if data[start : start + 4] != b"MThd" or len(data) < start + HEADER:
        return None
    return start
