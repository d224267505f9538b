"""The music that a study is made of: MIDI files of a folder, or scores that come with music21."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fadernets.music import examples, midi
from fadernets.music.examples import Example
from fadernets.music.notes import BEATS
from fadernets.music.piece import Piece

LEAST_FILES = 40  # files of a folder to read, if it has so many
SUFFIXES = (".mid", ".midi")
Progress = Callable[[str, int, int], None]  # called with a step, the number done, and their total

# Works beside the demo's examples, for keyboard or with parts that fit a piano. All are in the
# public domain, and no score claims a copyright on its transcription.
MORE = (
    Example("bwv66", "Bach", "Chorale of BWV 66", "bach/bwv66.6.mxl", 72, "mp"),
    Example("bwv245", "Bach", "Chorale of BWV 245", "bach/bwv245.40.mxl", 66, "mp"),
    Example("h186", "C. P. E. Bach", "Sonata H. 186, Poco adagio", "cpebach/h186.mxl", 56, "p"),
    Example(
        "polonaise2",
        "C. Schumann",
        "Polonaise op. 1 no. 2",
        "schumann_clara/polonaise_op1n2.mxl",
        92,
    ),
    Example(
        "polonaise3",
        "C. Schumann",
        "Polonaise op. 1 no. 3",
        "schumann_clara/polonaise_op1n3.mxl",
        96,
    ),
    Example(
        "polonaise4",
        "C. Schumann",
        "Polonaise op. 1 no. 4",
        "schumann_clara/polonaise_op1n4.mxl",
        104,
    ),
    Example("k155", "Mozart", "Quartet K. 155, Andante", "mozart/k155/movement2.mxl", 66, "p"),
    Example("presto", "Haydn", "Quartet op. 1 no. 1, Presto", "haydn/opus1no1/movement1.mxl", 150),
    Example("aloha", "Liliʻuokalani", "Aloha ʻOe", "liliuokalani/aloha_oe.mxl", 84, "mp"),
    Example("donna", "Verdi", "La donna è mobile", "verdi/laDonnaEMobile.mxl", 76),
)


@dataclass(frozen=True, eq=False)
class Work:
    """A piece that segments may be chosen from.

    Attributes
    ----------
    name : str
        A file's path below its folder, or composer and title.
    piece : Piece
    sha256 : str or None
        Of the MIDI file's bytes; None for a score of music21, whose version is kept instead.
    """

    name: str
    piece: Piece
    sha256: str | None = None


class CorpusError(ValueError):
    """There is no music to choose from; the message is one sentence for a person."""


def from_corpus(progress: Progress) -> list[Work]:
    """Pieces that come with music21; each takes about half a second to read."""
    works = []
    chosen = [*examples.EXAMPLES.values(), *MORE]
    for number, example in enumerate(chosen):
        progress("reading scores", number, len(chosen))
        is_shipped = examples.EXAMPLES.get(example.key) is example
        piece = examples.load(example.key) if is_shipped else examples.read(example)
        works.append(Work(example.name, piece))
    progress("reading scores", len(chosen), len(chosen))
    return works


def from_folder(
    folder: Path, most: int, rng: np.random.Generator, progress: Progress
) -> tuple[list[Work], dict[str, str]]:
    """MIDI files of a folder and all its subfolders, drawn at random.

    Parameters
    ----------
    folder : Path
    most : int
        Usable files at which to stop; `LEAST_FILES` if that is more.
    rng : numpy Generator
    progress : function

    Returns
    -------
    works : list of Work
    left_out : name -> why, one sentence
        Files that were drawn but cannot be used.

    Raises
    ------
    CorpusError
        If it is no folder, cannot be read or has no MIDI file that can be used.
    """
    names = _names(folder)
    works: list[Work] = []
    left_out: dict[str, str] = {}
    goal = min(max(most, LEAST_FILES), len(names))
    for index in rng.permutation(len(names)).tolist():
        progress("reading MIDI files", len(works), goal)
        if len(works) == goal:
            break
        try:
            works.append(_work(folder, names[index]))
        except midi.MidiError as error:
            left_out[_printable(names[index])] = _printable(str(error))
    progress("reading MIDI files", goal, goal)
    if not works:
        raise CorpusError(
            f"{folder} has no MIDI file that can be used; the first of {len(names)}: "
            f"{next(iter(left_out.values()))}"
        )
    return works, left_out


def _names(folder: Path) -> list[str]:
    """Paths below the folder, in the same order on every machine."""
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder.")
    try:
        names = sorted(_midi_files(folder))
    except OSError as error:
        raise CorpusError(
            f"{folder} cannot be read: {(error.strerror or str(error)).lower()}."
        ) from error
    if not names:
        raise CorpusError(f"{folder} has no MIDI files ({' or '.join(SUFFIXES)}).")
    return names


def _midi_files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path.relative_to(folder).as_posix()


def _work(folder: Path, name: str) -> Work:
    path = folder / name
    piece = midi.read(path)
    midi.check_length(piece, least_beats=BEATS)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Work(_printable(name), piece, digest)


def _printable(name: str) -> str:
    """A file's name; characters that do not print, such as control codes, are escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in name
    )
