"""MIDI files <-> pieces.

A piece that was read from a file is saved as that file with other notes (`file_bytes`, `write`);
one that was not, and what is only to be played, becomes a file of its own (`dump`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fadernets.music import user_file
from fadernets.music.midifile import maps
from fadernets.music.midifile.cut import between
from fadernets.music.midifile.edit import with_notes
from fadernets.music.midifile.error import MidiError as MidiError
from fadernets.music.midifile.limits import check_piece
from fadernets.music.midifile.new import dump as dump
from fadernets.music.midifile.notes import (
    RawNotes,
    default_parts,
    keyboard_notes,
    last_tick,
    raw_notes,
)
from fadernets.music.midifile.part import Part, labels
from fadernets.music.midifile.source import parsed, source_bytes
from fadernets.music.midifile.tempo_edit import with_tempo
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, STEPS_PER_BEAT, Notes
from fadernets.music.piece import Original, Piece
from fadernets.music.plain_text import plain_text

MAX_BEATS = 9_600  # most beats that faders are offered for: 30 minutes at 320 a minute
MAX_MINUTES = 30  # longest piece that faders are offered for; training may read longer ones
MOST_BEATS = 20_000  # 30 minutes at 667 a minute: more means damaged times
MOST_NAMED = 5  # parts that a notice names


def read(
    source: str | Path | bytes, parts: Sequence[int] | None = None, *, name: str = ""
) -> Piece:
    """The piano music of a MIDI file, some of its parts merged.

    A part is what one track holds for one channel. Without `parts` it is those that a piano plays;
    where none does, all but drums. Notes beyond a piano's keys are not seen. Several strikes of a
    key at one instant are one, as long as the longest and as loud as the loudest; a key struck
    again while it is down ends its note there, and one that is never released ends with its track.
    Pedals of several parts count as one, down while any is down; a pedal in a track without notes
    is not seen. What is not seen stays in the file when the piece is saved.

    A damaged file is read as far as it goes, and the piece's `notices` say so.

    Parameters
    ----------
    source : path, or the bytes of a file
        RIFF files may wrap it.
    parts : sequence of int, optional
        Numbers of parts, from 0 as `parts_of` lists them.
    name : str, optional
        What the file is called, where its path does not tell.

    Raises
    ------
    MidiError
        If it cannot be read, is not a MIDI file, holds more than `fadernets.music.midifile.limits`
        allows, has no such part or no notes for a piano. The sentence has the file's name, but not
        its folder.
    """
    data, called = source_bytes(source, name)
    piece = _piece(data, called, parts)
    file = Path(name or ("" if isinstance(source, bytes) else source))
    return replace(piece, name=plain_text(file.stem))


def with_parts(piece: Piece, parts: Sequence[int]) -> Piece:
    """Other parts of a piece's file, as `read` gives them.

    Raises
    ------
    MidiError
        If the piece was not read from a file, or as in `read`.
    """
    if piece.original is None:
        raise MidiError(f"{piece.name or 'the piece'} was not read from a MIDI file.")
    return replace(_piece(piece.original.data, piece.original.name, parts), name=piece.name)


def _piece(data: bytes, name: str, parts: Sequence[int] | None) -> Piece:
    """The piece of a file's bytes, without a name; `name` is what sentences call the file."""
    file = parsed(data, name)
    raw = raw_notes(file)
    if not len(raw.part):
        damage = "is damaged or cut short" if file.warnings else "has no notes"
        raise MidiError(f"{name} {damage}.")
    numbers = tuple(default_parts(raw) if parts is None else dict.fromkeys(parts))
    if not all(0 <= number < len(raw.parts) for number in numbers):
        raise MidiError(f"{name} has no such track: it has {len(raw.parts)} with notes.")
    if not numbers:
        raise MidiError(f"{name} has only drums.")
    notes, _ = keyboard_notes(raw, numbers, file.division)
    if not len(notes):
        raise MidiError(f"{name} has no notes in the range of a piano.")
    chosen = [raw.parts[number] for number in numbers]
    # The end of a track that is used: tempo and meter may go on long after the music.
    last = max(last_tick(file, file.tracks[part.track]) for part in chosen)
    length = max(float(notes.offset.max()), last / file.division)
    # Damaged delta times add up to weeks of silence.
    if length > MOST_BEATS:
        raise MidiError(f"{name} is damaged: it has impossible times.")
    piece = Piece(
        notes=notes,
        pedal=maps.pedal(file, chosen, length),
        tempo=maps.tempo(file, length),
        meter=maps.meter(file, chosen, length),
        length=length,
        original=Original(
            data,
            name,
            raw.parts,
            numbers,
            tuple(f"{name} {fault}: it was opened as far as it goes." for fault in file.warnings),
            _notices(raw, numbers, by_default=parts is None),
            beside=_beside(raw, numbers, file.division),
        ),
    )
    check_piece(piece, name)
    return piece


def players(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    """Who plays a piece's notes: numbers of notes, and of the part of each, as `read` has them.

    A note that several parts play is there for each. Reads the whole file.

    Parameters
    ----------
    piece : Piece
        As `read` gives it.

    Returns
    -------
    rows, parts : int arrays, shape (m,) each

    Raises
    ------
    MidiError
        If the piece was not read from a file.
    """
    if piece.original is None:
        raise MidiError(f"{piece.name or 'the piece'} was not read from a MIDI file.")
    file = parsed(piece.original.data, piece.original.name)
    raw = raw_notes(file)
    _, row = keyboard_notes(raw, piece.original.parts, file.division)
    return row[row >= 0], raw.part[row >= 0]


def played_by(piece: Piece, parts: Collection[int]) -> np.ndarray:
    """Which of a piece's n notes some parts of its file play: bool, (n,).

    Parameters
    ----------
    piece : Piece
        As `read` gives it. A note that several parts play counts for each.
    parts : collection of int
        As for `read`.

    Raises
    ------
    MidiError
        If the piece was not read from a file.
    """
    rows, players_of = players(piece)
    played = np.zeros(len(piece.notes), bool)
    played[rows[np.isin(players_of, list(parts))]] = True
    return played


def parts_of(source: str | Path | bytes) -> tuple[Part, ...]:
    """The parts of a MIDI file that have notes, by track, then channel.

    Raises
    ------
    MidiError
        If it cannot be read.
    """
    return raw_notes(parsed(*source_bytes(source))).parts


def file_bytes(piece: Piece, span: tuple[float, float] | None = None) -> bytes:
    """The bytes of a piece's MIDI file: the file that it was read from, with the piece's notes.

    All other events stay where they were; with the same notes the bytes are the same. Of another
    tempo the marks change. A piece that was not read from a file, or whose pedal, meter or length
    is another than the file's, is written anew, as `dump` does.

    Parameters
    ----------
    piece : Piece
    span : (float, float), optional
        Two beats: only what lies between, by `fadernets.music.midifile.cut.between`.
    """
    if span is not None:
        return cut(file_bytes(piece), piece, span)
    if piece.original is None:
        return dump(piece)
    before = with_parts(piece, piece.original.parts)
    same = ("pedal", "meter", "length")
    if not all(np.array_equal(getattr(before, a), getattr(piece, a)) for a in same):
        return dump(piece)
    file = parsed(piece.original.data, piece.original.name)
    original = piece.original
    keeps = original.closed, original.locked
    data = with_notes(file, raw_notes(file), original.parts, piece.notes, *keeps)
    if np.array_equal(before.tempo, piece.tempo):
        return data
    return with_tempo(parsed(data, piece.original.name), piece.tempo)


def cut(data: bytes, piece: Piece, span: tuple[float, float]) -> bytes:
    """What lies between two beats of a piece's file, as `file_bytes` has it; its bytes if all."""
    is_part = span[0] > 0 or span[1] < piece.length
    return between(data, *span) if is_part else data


def check_length(
    piece: Piece,
    *,
    least_beats: float = 0.0,
    most_minutes: float = MAX_MINUTES,
    most_beats: float = MAX_BEATS,
    name: str = "",
) -> None:
    """Refuse a piece longer than the limit, or shorter than one that is asked for.

    A last note that ends within the final sixteenth of `least_beats` still fills them: players
    release keys early, and many files end with the last release. `name` is what a sentence calls
    it, by default its own name.

    Raises
    ------
    MidiError
        If it is shorter or longer.
    """
    name = name or piece.name or "the piece"
    if piece.length <= least_beats - 1 / STEPS_PER_BEAT:
        raise MidiError(
            f"{name} lasts {piece.length:.1f} beats, shorter than one segment of "
            f"{least_beats:g} beats."
        )
    if piece.duration > most_minutes * 60:
        raise MidiError(
            f"{name} lasts {piece.duration / 60:.1f} minutes, longer than the limit of "
            f"{most_minutes:g} minutes."
        )
    if piece.length > most_beats:
        raise MidiError(
            f"{name} has {piece.length:,.0f} beats, more than the limit of {most_beats:,.0f}."
        )


def write(piece: Piece, path: str | Path) -> None:
    """Write a piece to a MIDI file as `file_bytes` has it, whole or not at all.

    Raises
    ------
    MidiError
        If it cannot be written.
    TypeError
        If it is no piece.
    """
    if not isinstance(piece, Piece):
        raise TypeError(
            f"a {type(piece).__name__} is no piece: write stitch(piece, {{0: notes}}), or one that "
            "read(path) gives"
        )
    user_file.save(file_bytes(piece), path)


def _beside(raw: RawNotes, numbers: tuple[int, ...], division: int) -> Notes:
    """The notes of other parts on the channel of some; none where these have several."""
    channel = np.array([part.channel for part in raw.parts])
    own = np.unique(channel[list(numbers)])
    others = [k for k in np.flatnonzero(channel == own[0]).tolist() if k not in numbers]
    return keyboard_notes(raw, others if len(own) == 1 else (), division)[0]


def _notices(raw: RawNotes, numbers: tuple[int, ...], by_default: bool) -> tuple[str, ...]:
    """Sentences for the user on what the file holds and the piece leaves out."""
    notices = []
    chosen = np.isin(raw.part, numbers)
    beyond = np.count_nonzero(chosen & ((raw.pitch < LOWEST_PITCH) | (raw.pitch > HIGHEST_PITCH)))
    if beyond:
        notes = "1 note beyond the keys of a piano stays as it is"
        if beyond > 1:
            notes = f"{beyond:,} notes beyond the keys of a piano stay as they are"
        notices.append(f"{notes}, below A0 or above C8.")
    if by_default and any(raw.parts[number].is_drums for number in numbers):
        notices.append("Channel 10, where drums usually are, was taken for a piano's.")
    others = [name for number, name in enumerate(labels(raw.parts)) if number not in numbers]
    if others:
        more = f" and {len(others) - MOST_NAMED:,} more" if len(others) > MOST_NAMED else ""
        stay = "stays as it is" if len(others) == 1 else "stay as they are"
        notices.append(f"{', '.join(others[:MOST_NAMED])}{more} {stay}.")
    return tuple(notices)
