"""One change, whichever command asks for it: what is chosen, a new file, and what is said of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fadernets.checkpoint import CheckpointError
from fadernets.command_line import output, selection
from fadernets.command_line.progress import status_lines
from fadernets.command_line.refusal import Refusal
from fadernets.lock_report import LockReport
from fadernets.lock_words import LockWords
from fadernets.music import midi, user_file
from fadernets.music.locks import Locks
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.score import controllers, playing
from fadernets.score.arranging import Arrangement
from fadernets.score.confined import confined
from fadernets.score.expressing import expressed
from fadernets.score.settings import PieceSettings
from fadernets.whole_piece import changed

if TYPE_CHECKING:
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

BATCH = 256  # segments changed at a time


@dataclass(frozen=True)
class PieceChange:
    """What of a piece is to be changed, and how.

    Attributes
    ----------
    indices : list of int
        Of the segments that change.
    locks : Locks
    report : LockReport, optional
        Learns how far the segments came beside what stays.
    seed : int, optional
    progress : function
        Called with how many segments are done.
    """

    net: FaderNet
    piece: Piece
    indices: list[int]
    locks: Locks
    report: LockReport | None
    seed: int | None
    progress: Callable[[int], None]


Arrange = Callable[[PieceChange], Piece]


def by_settings(settings: PieceSettings) -> Arrange:
    """What changes a piece as the page does."""

    def arrange(job: PieceChange) -> Piece:
        net = job.net
        chosen = segments(job.piece, numbers=job.indices)
        codes: dict[int, Codes] = {}
        for first in range(0, len(chosen), BATCH):
            part = chosen[first : first + BATCH]
            encoded = net.encode(part)
            codes |= {s.index: encoded[[row]] for row, s in enumerate(part)}
        edit, report_of = replace(settings, seed=job.seed), lambda segment: job.report
        return Arrangement(
            net, edit, job.piece, chosen, codes, job.locks, BATCH, report_of, job.progress
        ).result()

    return arrange


def by_codes(code: Callable[[FaderNet, list[Segment]], Codes]) -> Arrange:
    """What plays other codes in the place of segments."""

    def arrange(job: PieceChange) -> Piece:
        count = 0

        def change(batch: list[Segment]) -> list[Notes]:
            nonlocal count
            # Each segment its own seed, whichever are chosen beside it.
            seeds = None if job.seed is None else [job.seed + segment.index for segment in batch]
            codes = code(job.net, batch)
            notes = job.net.reconstruct(codes, seed=seeds)
            if job.report:
                job.report.add(job.net, codes, notes)
            count += len(batch)
            job.progress(count)
            return notes

        return changed(job.piece, job.indices, change, locks=job.locks, batch=BATCH)

    return arrange


def change_piece(
    args: argparse.Namespace,
    piece: Piece,
    arrange: Arrange,
    settings: PieceSettings | None = None,
    lack: Callable[[FaderNet, int], str | None] = lambda net, index: None,
) -> None:
    """Change the chosen segments that can be, write the piece and name the others.

    Segments of which `settings` ask nothing stay as they are, without them all change. It is told
    how far densities came beside what stays: those that were asked for, or all of them where
    that were moods or another piece. Where curves are wanted, the file carries what is asked.
    """
    windows = segments(piece)
    chosen = _selection(args, windows)
    lock, locks = _locks(args, piece)
    net = _net(args.model)
    try:
        if lock:
            net.check_can_lock()
        net = net.strict() if args.strict else net
    except ValueError as error:
        raise Refusal(f"{error}".rstrip(".") + ".") from error
    report = LockReport(lock.sentence) if net.realiser.takes_any else None
    problems = {s.index: net.problem(s) or lack(net, s.index) for s in chosen}
    able = [segment for segment in chosen if problems[segment.index] is None]
    moved = able if settings is None else playing.moved(settings, piece, able)
    count = 0

    def progress(segment_count: int) -> None:
        nonlocal count
        count = segment_count

    job = PieceChange(net, piece, [s.index for s in moved], locks, report, args.seed, progress)
    with status_lines(lambda: f"{count} of {len(moved)} segments"):
        try:
            result = arrange(job) if moved or settings is None else piece
        except ValueError as error:  # the model has no such fader, or cannot lock anything
            raise Refusal(f"{error}".rstrip(".") + ".") from error
    if settings is not None:
        settings = replace(settings, seed=args.seed, lock=lock, strict=args.strict)
        if len(chosen) < len(windows):
            settings = confined(settings, piece, chosen[0].span.start, chosen[-1].span.end)
        by_arousal, fixed = net.realiser.moves_expression, piece.notes[locks.of(piece.notes)]
        result = expressed(piece, result, settings, by_arousal=by_arousal, fixed=fixed)
    is_same = _write(args, result, settings) or list(result.notes) == list(piece.notes)
    for problem in dict.fromkeys(filter(None, problems.values())):
        same = [index for index in problems if problems[index] == problem]
        listed = selection.segments_listed if args.segments else selection.bars_listed
        print(f"unchanged, {problem}: {listed(same, windows)}", file=sys.stderr)
    by_faders = settings and not settings.moods and [*settings.faders, *settings.positions]
    sentences = report.sentences(by_faders or args.faders) if report else []
    if is_same and able and not sentences:
        as_asked = "they are as asked for already, or can go no further"
        why = as_asked if moved else "nothing is asked of what was chosen"
        sentences = [f"{args.output.name} has the notes of {args.source.name}: {why}"]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if not net.realiser.takes_any and len(able) < len(chosen):
        print(f"{net.name} can take {len(able)} of {len(chosen)} segments", file=sys.stderr)


def write_unchanged(args: argparse.Namespace, piece: Piece, hint: str) -> None:
    """Write the piece as it is, and say what would change it."""
    _selection(args, segments(piece))
    _locks(args, piece)
    _save(args, midi.file_bytes(piece))
    print(
        f"nothing to change: {args.output.name} is {args.source.name} as it is; {hint}",
        file=sys.stderr,
    )


def _write(args: argparse.Namespace, piece: Piece, settings: PieceSettings | None) -> bool:
    """Write a piece; with --curves, the file carries what was asked for. Whether notes are as read.

    They may be by the ticks of the file alone.
    """
    data = midi.file_bytes(piece)
    is_same = piece.original is not None and data == piece.original.data
    if settings is not None and args.curves:
        data = controllers.written(data, settings, piece)
    _save(args, data)
    return is_same


def _save(args: argparse.Namespace, data: bytes) -> None:
    """Write OUT, and say which name some programs need for what it is."""
    out: Path = args.output
    user_file.save(data, out)
    suffix = out.suffix.lower()
    if data.startswith(b"RIFF") and suffix != ".rmi":
        stem = out.stem if suffix in output.MIDI else out.name
        print(
            f"{out.name} is wrapped in RIFF, as {args.source.name} is: "
            f"some programs open it only under a name such as {stem}.rmi",
            file=sys.stderr,
        )


def _net(model: str | None) -> FaderNet:
    from fadernets.net import FaderNet  # PyTorch takes seconds; what needs no model does without

    with status_lines(lambda: "loading the model"):
        try:
            return FaderNet.load(model)
        except CheckpointError as error:
            raise Refusal(f"{' '.join(str(error).split())}.") from error


def _locks(args: argparse.Namespace, piece: Piece) -> tuple[LockWords, Locks]:
    """What --lock says, and what that is in the piece."""
    try:
        lock = LockWords.read(args.lock)
        return lock, lock.on(piece)
    except ValueError as error:
        raise Refusal(f"{error}".rstrip(".") + ".") from error


def _selection(args: argparse.Namespace, windows: list[Segment]) -> list[Segment]:
    """The segments that --bars or --segments names, once they and the output can be."""
    name = args.source.name
    chosen = (
        selection.of_segments(args.segments or (0, None), windows, name)
        if args.bars is None
        else selection.of_bars(args.bars, windows, name)
    )
    output.check(args.output, output.MIDI, f"{args.run.__name__} writes MIDI")
    return chosen
