"""What is to be said of a piece: its tracks, its notes and its segments, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from fadernets import mood_classifier
from fadernets.music import key
from fadernets.music.midifile.part import labels
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.music.windows import ROUNDING
from fadernets.playback import pianoroll


class TrackRow(TypedDict):
    """A track with notes."""

    track: int  # from 1
    name: str
    channel: int  # from 1
    program: int  # General MIDI's, from 0
    notes: int
    chosen: bool  # whether it is part of the piece


class NoteRow(TypedDict):
    """A note."""

    number: int  # by which locks know it, from 1
    bar: int
    beat: float  # from the beginning of the piece
    beats: float
    pitch: int  # MIDI's
    name: str
    velocity: int


@dataclass(frozen=True)
class SegmentRow:
    """A segment.

    Attributes
    ----------
    segment : int
        From 0.
    beat, beats, seconds : float
        Where it begins, how long it is, and when it begins.
    bar : int
        In which it begins.
    densities : attribute -> float
    key : str or None
        None without notes.
    arousal : float or None
        Probability of high arousal; None where nothing sounds.
    problem : str or None
        Why it cannot be changed.
    """

    segment: int
    beat: float
    bar: int
    beats: float
    seconds: float
    densities: dict[str, float]
    key: str | None
    arousal: float | None
    problem: str | None

    def as_json(self) -> dict[str, object]:
        """One object, the densities among the other members."""
        members = dict(vars(self))
        densities = members.pop("densities")
        key_on = {name: members.pop(name) for name in ("key", "arousal", "problem")}
        return members | densities | key_on


def document(piece: Piece, *, notes: bool = False) -> dict[str, object]:
    """All of it as plain data: of the piece, its tracks, its segments and, if wanted, its notes."""
    rows = [segment_row(piece, segment).as_json() for segment in segments(piece)]
    head = {"name": piece.name, "beats": piece.length, "seconds": round(piece.duration, 3)}
    every_note = {"notes": note_rows(piece)} if notes else {}
    return {**head, "tracks": track_rows(piece), "segments": rows, **every_note}


def track_rows(piece: Piece) -> list[TrackRow]:
    """The tracks of a piece's file that have notes; none if it was not read from a file."""
    if piece.original is None:
        return []
    tracks = piece.original.tracks
    return [
        {
            "track": number + 1,
            "name": name,
            "channel": part.channel + 1,
            "program": part.program,
            "notes": part.notes,
            "chosen": number in piece.original.parts,
        }
        for number, (name, part) in enumerate(zip(labels(tracks), tracks, strict=True))
    ]


def note_rows(piece: Piece) -> list[NoteRow]:
    """All notes of a piece."""
    bars = np.floor(piece.bars(piece.notes.onset) + ROUNDING).astype(int)
    return [
        {
            "number": number,
            "bar": bar,
            "beat": round(onset, 4),
            "beats": round(offset - onset, 4),
            "pitch": pitch,
            "name": pianoroll.pitch_name(pitch),
            "velocity": velocity,
        }
        for number, (bar, (onset, offset, pitch, velocity)) in enumerate(
            zip(bars.tolist(), piece.notes, strict=True), 1
        )
    ]


def segment_row(piece: Piece, segment: Segment) -> SegmentRow:
    """A segment of a piece; arousal by the shipped classifier."""
    arousal = None
    if len(segment.sounding):
        arousal = round(float(mood_classifier.of_arousal().probability([segment.sounding])[0]), 4)
    return SegmentRow(
        segment=segment.index,
        beat=segment.start,
        bar=segment.span.bar,
        beats=segment.beats,
        seconds=round(float(piece.seconds(segment.start)), 3),
        densities={name: round(density, 4) for name, density in segment.measure().items()},
        key=key.name(key.find(segment.notes)) if len(segment.notes) else None,
        arousal=arousal,
        problem=segment.problem,
    )
