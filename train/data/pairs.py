"""Pairs of MIDI files: pieces before and after a change, of the same name in two folders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from fadernets.music import midi
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.notes import raw_notes
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from train.data import corpora

Clock = Literal["beats", "seconds"]
SAME_TEMPO = 0.01  # quarter notes per minute, within which two tempos are one
SAME_BEAT = 1e-3  # beats, within which two changes of tempo are at one time


@dataclass(frozen=True, eq=False)
class PiecePair:
    """A piece before and after a change; both have the meter, tempo and length of one clock.

    Attributes
    ----------
    name : str
        Of both files below their folders.
    before, after : Piece
    """

    name: str
    before: Piece
    after: Piece


@dataclass
class Pairs:
    """The pairs of two folders, and what of them could not be used.

    Attributes
    ----------
    pairs : list of PiecePair
        In order of name.
    only_before, only_after : list of str
        Names without a file of that name in the other folder.
    unreadable : list of str
        Sentences on files that cannot be read; the name is that below the folder.
    empty : list of str
        Names of files after the change that have no note.
    other_tempo : list of str
        Names of files whose tempo after the change is another than before.
    sha256 : str
        Of the names and bytes of all pairs' files.
    """

    pairs: list[PiecePair] = field(default_factory=list)
    only_before: list[str] = field(default_factory=list)
    only_after: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    other_tempo: list[str] = field(default_factory=list)
    sha256: str = ""


def read(before: Path, after: Path, clock: Clock = "beats", by_sound: bool = False) -> Pairs:
    """All pairs of two folders.

    Parameters
    ----------
    before, after : Path
        Folders of MIDI files.
    clock : {"beats", "seconds"}
        What tells which notes of the two files come at one time.
    by_sound : bool
        Take notes as heard, lengthened by the pedal.

    Raises
    ------
    ValueError
        If a folder is missing or has no MIDI file, or no pair can be read.
    """
    paths, paths_after = files(before), files(after)
    both = sorted(paths.keys() & paths_after.keys())
    folder_pairs = Pairs(
        only_before=sorted(paths.keys() - paths_after.keys()),
        only_after=sorted(paths_after.keys() - paths.keys()),
    )
    if not both:
        raise ValueError(f"{before} and {after} have no files of the same names")
    digest = hashlib.sha256()
    for name in tqdm(both, desc="reading", unit="pair", disable=None):
        try:
            one = midi.read(paths[name])
            other = _changed(paths_after[name], one)
        except (midi.MidiError, OSError) as error:
            folder_pairs.unreadable.append(f"{name}: {error}")
            continue
        for path in (paths[name], paths_after[name]):
            digest.update(f"{name}\0".encode() + path.read_bytes())
        if not len(other.notes):
            folder_pairs.empty.append(name)
        if not _same_tempo(one.tempo, other.tempo):
            folder_pairs.other_tempo.append(name)
        if by_sound:
            one, other = heard(one), heard(other)
        folder_pairs.pairs.append(PiecePair(name, *on_one_clock(one, other, clock)))
    if not folder_pairs.pairs:
        raise ValueError(
            f"no pair of {before} and {after} can be read: {folder_pairs.unreadable[0]}"
        )
    folder_pairs.sha256 = digest.hexdigest()
    return folder_pairs


def files(folder: Path) -> dict[str, Path]:
    """The MIDI files below a folder, by name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    return {source.name: source.path for source in corpora.performances(folder)}


def _changed(path: Path, before: Piece) -> Piece:
    """A piece after a change; one without a note has the tempo and meter of the piece before."""
    try:
        return midi.read(path)
    except midi.MidiError:
        file = MidiFile.parse(path.read_bytes(), path.name)
        if file.warnings or len(raw_notes(file).part):
            raise
        return replace(before, notes=Notes.empty(), pedal=NO_PEDAL, original=None)


def heard(piece: Piece) -> Piece:
    """A piece whose notes are as long as they sound, without a pedal."""
    return replace(piece, notes=piece.sounding, pedal=NO_PEDAL)


def on_one_clock(before: Piece, after: Piece, clock: Clock) -> tuple[Piece, Piece]:
    """Both pieces with the meter and tempo of the first, and as long as the longer one."""
    if clock == "seconds":
        onset, offset = (
            before.beats(after.seconds(x)) for x in (after.notes.onset, after.notes.offset)
        )
        after = replace(
            after,
            notes=Notes(onset, offset, after.notes.pitch, after.notes.velocity),
            pedal=before.beats(after.seconds(after.pedal)),
            length=before.beats(after.duration),
        )
    length = max(before.length, after.length)
    before = replace(before, length=length)
    return before, replace(after, length=length, meter=before.meter, tempo=before.tempo)


def _same_tempo(tempo: np.ndarray, other: np.ndarray) -> bool:
    return tempo.shape == other.shape and bool(
        (np.abs(tempo - other) <= (SAME_BEAT, SAME_TEMPO)).all()
    )


def names_listed(names: Sequence[str], most: int = 10) -> str:
    """Names in a sentence: the first ones, and how many more there are.

    >>> named(["a.mid", "b.mid", "c.mid"], most=2)
    'a.mid, b.mid and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
