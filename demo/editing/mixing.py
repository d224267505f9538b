"""The notes of one piece in the rhythm of another, for the page and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo.editing.opening import open_example, open_file
from demo.editing.piece_session import SLICE, PieceSession
from demo.editing.requests import EditRequest, Values
from demo.editing.saving import title, write_midi
from fadernets.donor import Donor
from fadernets.lock_report import LockReport
from fadernets.music import midi
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.whole_piece import changed

if TYPE_CHECKING:
    from fadernets.net import FaderNet


@dataclass(frozen=True)
class Mix:
    """A piece with another's notes.

    Attributes
    ----------
    piece : Piece
    problems : index of a segment -> str or None
        Why it stays as it is.
    report : LockReport or None
        How far densities came beside what is locked.
    """

    piece: Piece
    problems: dict[int, str | None]
    report: LockReport | None


def mixed(net: FaderNet, session: PieceSession, edit: EditRequest, donor: Donor) -> Mix:
    """The notes of a donor in the rhythm of a piece's segments, by a request's seed and locks.

    Raises
    ------
    ValueError
        If the model can lock nothing, or the piece has not what is locked.
    """
    problems = {
        segment.index: session.problem(segment) or donor.problem(net, segment.index)
        for segment in session.segments[edit.first : edit.last + 1]
    }
    usable = [index for index, problem in problems.items() if problem is None]
    report = LockReport(edit.lock.sentence) if edit.lock else None
    count = 0

    def play(batch: list[Segment]) -> list[Notes]:
        nonlocal count
        session.progress(count, len(usable))
        count += len(batch)
        codes = donor.mixed(net, batch)
        seeds = None if edit.seed is None else [edit.seed + s.index for s in batch]
        notes = net.reconstruct(codes, seed=seeds)
        if report is not None:
            report.add(net, codes, notes)
        return notes

    if edit.lock:
        net.check_can_lock()
    locks, _ = session.locks(edit)
    result = changed(session.piece, usable, play, locks=locks, batch=SLICE)
    return Mix(result, problems, report)


def mix_piece(
    net: FaderNet,
    session: PieceSession,
    values: Values,
    donor: str,
    is_example: bool,
    folder: str | Path,
) -> str:
    """A file of the page's piece with another's notes: its path.

    Parameters
    ----------
    values : mapping
        ``seed`` and ``lock`` of `EditRequest`.
    donor : str
        The key of an example, or the path of a MIDI file.
    folder : path
        Made for the file, and removed if the file does not come about.

    Raises
    ------
    ValueError
        If a value is none of those, or the other piece cannot be used.
    """
    other = (open_example(donor) if is_example else open_file(donor)).piece
    last = len(session.segments) - 1
    fields = {"seed": values.get("seed"), "lock": values.get("lock"), "first": 0, "last": last}
    edit = EditRequest.of(fields, last + 1, net.faders)
    name = other.name or "the other piece"
    mix = mixed(net, session, edit, Donor.of(other, name))
    if all(mix.problems.values()):
        reason = next(filter(None, mix.problems.values()), "there is nothing to mix")
        raise ValueError(f"no bar can have the notes of {name}: {reason}")
    both = f"{title(session.piece)} with the notes of {title(other)}"
    return write_midi(folder, both, midi.file_bytes(mix.piece))
