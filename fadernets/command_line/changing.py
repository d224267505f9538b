"""One change, whichever command asks for it: what is chosen, a new file, and what is said of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from fadernets import curve
from fadernets.checkpoint import CheckpointError
from fadernets.command_line import output, selection
from fadernets.command_line.progress import told
from fadernets.command_line.refusal import Refusal
from fadernets.curve import Amount
from fadernets.lock_report import LockReport
from fadernets.lock_words import LockWords
from fadernets.music import midi, user_file
from fadernets.music.locks import Locks
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segment_limits import runs
from fadernets.music.segments import Segment, segments
from fadernets.score import controllers
from fadernets.score.settings import Settings
from fadernets.whole_piece import changed

if TYPE_CHECKING:
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

BATCH = 256  # segments changed at a time

# What changes a batch of segments: (model, segments) -> the codes that are played instead
Change = Callable[["FaderNet", list[Segment]], "Codes"]
# What arranges a piece: (model, indices of segments, locks, what is told how far they came)
Arrange = Callable[["FaderNet", Collection[int], Locks, LockReport | None], Piece]


def change_piece(
    args: argparse.Namespace,
    piece: Piece,
    windows: list[Segment],
    change: Change | None,
    amounts: Collection[Amount] = (),
    lack: Callable[[FaderNet, int], str | None] = lambda net, index: None,
    said: Collection[str] = (),
    asked: Settings | None = None,
    arranged: Arrange | None = None,
) -> None:
    """Change the chosen segments that can be, write the piece and name the others.

    Where there are amounts, segments in which all of them are 0 stay as they are. Of the densities
    named in `said` it is told how far they came beside what is locked. Where curves are wanted, the
    file carries what is `asked`. Without `change`, all of the piece is `arranged` at once.
    """
    chosen = _selection(args, windows)
    lock, locks = _locks(args, piece)
    net = _net(args.model)
    try:
        if lock:
            net.check_can_lock()
        net = net.strict() if args.strict else net
    except ValueError as error:
        raise Refusal(f"{error}".rstrip(".") + ".") from error
    report = LockReport(lock.sentence) if lock else None
    problems = {s.index: net.problem(s) or lack(net, s.index) for s in chosen}
    usable = [index for index, problem in problems.items() if problem is None]
    able, count = len(usable), 0

    def changing(batch: list[Segment]) -> list[Notes]:
        nonlocal count
        # Each segment its own seed, whichever are chosen beside it.
        seeds = None if args.seed is None else [args.seed + segment.index for segment in batch]
        try:
            codes = change(net, batch) if change else net.encode(batch)
            notes = net.reconstruct(codes, seed=seeds)
            if report:
                report.add(net, codes, notes)
        except ValueError as error:  # the model has no such fader, or cannot lock anything
            raise Refusal(f"{error}.") from error
        count += len(batch)
        return notes

    if amounts:
        moving = {segment.index for segment in curve.moving(amounts, piece, chosen)}
        usable = [index for index in usable if index in moving]
    with told(lambda: f"{count} of {len(usable)} segments"):
        if arranged is not None:
            result = arranged(net, usable, locks, report)
        else:
            result = changed(piece, usable, changing, locks=locks, batch=BATCH)
    _write(args, result, asked and replace(asked, seed=args.seed, lock=lock, strict=args.strict))
    for problem in dict.fromkeys(filter(None, problems.values())):
        same = [index for index in problems if problems[index] == problem]
        print(f"unchanged, {problem}: {_listed(same)}", file=sys.stderr)
    sentences = report.sentences(said) if report else []
    if count and not sentences and list(result.notes) == list(piece.notes):
        sentences = [
            f"{args.output.name} has the notes of {args.source.name}: they are as asked for "
            "already, or can go no further"
        ]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if not net.realiser.takes_any and able < len(chosen):
        print(f"{net.name} can take {able} of {len(chosen)} segments", file=sys.stderr)


def write_unchanged(args: argparse.Namespace, piece: Piece, hint: str) -> None:
    """Write the piece as it is, and say what would change it."""
    _selection(args, segments(piece))
    _locks(args, piece)
    midi.write(piece, args.output)
    print(
        f"nothing to change: {args.output.name} is {args.source.name} as it is; {hint}",
        file=sys.stderr,
    )


def _write(args: argparse.Namespace, piece: Piece, asked: Settings | None) -> None:
    """Write a piece; with --curves, the file carries what was asked for."""
    data = midi.file_bytes(piece)
    if asked is not None and args.curves:
        data = controllers.written(data, asked, piece)
    user_file.save(data, args.output)


def _net(model: str | None) -> FaderNet:
    from fadernets.net import FaderNet  # PyTorch takes seconds; what needs no model does without

    with told(lambda: "loading the model"):
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
        selection.of_segments(args.segments, windows, name)
        if args.bars is None
        else selection.of_bars(args.bars, windows, name)
    )
    output.check(args.output, output.MIDI, f"{args.run.__name__} writes MIDI")
    return chosen


def _listed(indices: list[int]) -> str:
    """Segment numbers in words, neighbours joined: ``segments 1, 4-6``."""
    words = [f"{first}-{last}" if last > first else f"{first}" for first, last in runs(indices)]
    return f"segment{'s' if len(indices) > 1 else ''} {', '.join(words)}"
