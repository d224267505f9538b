"""What programs can edit of the demo, beside people: MIDI file in, MIDI file and figures out."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.answers import EndpointFigures, UnchangedSegment
from demo.editing.figures import mean_arousal
from demo.editing.opening import open_file
from demo.editing.piece_session import WorkProgress, ignore_progress
from demo.editing.requests import EditRequest, Values
from demo.editing.saving import file_name, write_midi
from fadernets.command_line import arguments
from fadernets.music import midi
from fadernets.music.attributes import PAPER
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments

if TYPE_CHECKING:
    from fadernets.net import FaderNet

UNCHANGED_NAMED = 500  # segments that are named one by one: the server keeps answers for a while


def change(
    net: FaderNet,
    path: str | Path,
    values: Values,
    folder: str | Path,
    progress: WorkProgress = ignore_progress,
) -> tuple[str, EndpointFigures]:
    """Change a MIDI file.

    Parameters
    ----------
    path : path of a MIDI file
    values : mapping
        `EditRequest`'s fields; without ``first`` and ``last`` every segment changes. ``tracks``
        are numbers from 1 with commas; without them a piano's tracks are the piece.
    folder : path
        Made for the new file, and removed if the file does not come about.
    progress : function, optional
        As in `PieceSession`.

    Returns
    -------
    Path of the new file; mean densities and mean probability of high arousal of the segments that
    can change, before and after; index and problem of each segment that cannot;
    ``tracks``, all that the file has; ``notices``, sentences on what locks hold back, is damaged in
    the file or stays as it is; ``reach``, how far the densities came beside locks.

    Raises
    ------
    ValueError
        If the file cannot be used or a value is outside its range; one sentence.
    """
    session = open_file(path, _tracks(values.get("tracks")))
    session.takes_any, session.progress = net.realiser.takes_any, progress
    count = len(session.segments)
    given = {n: value for n, value in values.items() if value is not None and n != "tracks"}
    edit = EditRequest.read({"first": 0, "last": count - 1} | given, count, net.faders)
    session.locks(edit)  # one that cannot be is refused though nothing moves
    result = session.result(net, edit)
    usable = session.usable(edit.span)
    names = tuple(dict.fromkeys((*PAPER, *net.faders)))
    name = file_name(session, edit, is_whole=True)
    report = session.lock_report(net, edit)
    unchanged: list[UnchangedSegment] = [
        {"segment": segment.index, "problem": problem}
        for segment in session.segments[edit.first : edit.last + 1]
        if (problem := session.problem(segment))
    ]
    more = len(unchanged) - UNCHANGED_NAMED
    return (
        write_midi(folder, name, midi.file_bytes(result)),
        {
            "before": _means(net, session.piece, usable, names),
            "after": _means(net, result, usable, names),
            "unchanged": unchanged[:UNCHANGED_NAMED],
            "tracks": session.tracks,
            "notices": [
                *session.lock_sentences(net, edit),
                *session.piece.notices,
                *([f"{more} more segments cannot be changed."] if more > 0 else []),
            ],
            "reach": report.means() if report else {},
        },
    )


def _tracks(text: object) -> tuple[int, ...] | None:
    """Tracks' numbers from 0, of a text such as ``1,3``."""
    if text is None or text == "":
        return None
    try:
        return arguments.tracks(str(text))
    except ArgumentTypeError:  # its sentence repeats the text, which may be a path
        raise ValueError("The tracks are not a list of tracks such as 1,2.") from None


def _means(
    net: FaderNet, piece: Piece, chosen: Sequence[Segment], names: Sequence[str]
) -> dict[str, float]:
    """Mean densities of segments as the model takes them, and mean arousal by their sound."""
    now = segments(piece, numbers={segment.index for segment in chosen})
    played = [segment for segment in now if len(segment.rows)]
    if not played:
        return {}
    measures = [net.measure(segment, names) for segment in played]
    means = {name: float(np.mean([m[name] for m in measures])) for name in names}
    return {**means, "arousal": mean_arousal([segment.sounding for segment in played])}
