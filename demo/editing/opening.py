"""Pieces opened: files of visitors, other tracks of them, examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as short

from demo.editing.piece_session import PieceSession
from fadernets.music import examples, midi


def open_file(path: str | Path, tracks: Sequence[int] | None = None) -> PieceSession:
    """A MIDI file of the visitor's; tracks as in `fadernets.music.midi.read`.

    Raises
    ------
    MidiError
        If it cannot be used; one plain sentence.
    """
    piece = midi.read(path, tracks, name=_name(path))
    midi.check_length(piece)
    return PieceSession(piece)


def _name(path: str | Path) -> str:
    """What the visitor calls a file: HTML has browsers send a quotation mark in names as %22."""
    return Path(path).name.replace("%22", '"')


def choose(session: PieceSession, tracks: Sequence[int]) -> PieceSession:
    """Other tracks of a piece's file, by their numbers, as a piece of its own.

    Raises
    ------
    ValueError
        If one is not in `PieceSession.choices`, or they hold no piece.
    """
    allowed = {track["number"] for track in session.choices}
    if not tracks or not allowed.issuperset(tracks):
        raise ValueError(f"tracks {short(list(tracks))} are none of those that can be chosen")
    piece = midi.with_parts(session.piece, [number - 1 for number in sorted(set(tracks))])
    midi.check_length(piece)
    return PieceSession(piece, file=session.file, takes_any=session.takes_any)


def open_example(key: str) -> PieceSession:
    """One of `fadernets.music.examples.EXAMPLES`; raises ValueError for any other key."""
    return PieceSession(examples.load(key))
