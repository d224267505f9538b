"""What programs can do with the demo, beside people: MIDI file in, another file and figures out."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING

import numpy as np

from demo.editing import sound
from demo.editing.answers import (
    DescribedFigures,
    EndpointFigures,
    RenderedFigures,
    UnchangedSegment,
)
from demo.editing.figures import mean_arousal
from demo.editing.mixing import mixed
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession, WorkProgress, ignore_progress
from demo.editing.requests import EditRequest, Values, flag
from demo.editing.saving import file_name, own_file, plain_name, write_midi
from fadernets import description
from fadernets.command_line import arguments
from fadernets.donor import Donor
from fadernets.lock_report import LockReport
from fadernets.music import midi
from fadernets.music.attributes import PAPER
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.playback import audio, chunks, sound_file

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
    session, edit = _opened(net, path, values, progress)
    result = session.result(net, edit)
    problems = {s.index: session.problem(s) for s in session.segments[edit.first : edit.last + 1]}
    report = session.lock_report(net, edit)
    held = session.lock_sentences(net, edit)
    name = file_name(session, edit, is_whole=True)
    return (
        write_midi(folder, name, midi.file_bytes(result)),
        _figures(net, session, result, problems, report, held),
    )


def mix(
    net: FaderNet,
    path: str | Path,
    donor_path: str | Path,
    values: Values,
    folder: str | Path,
    progress: WorkProgress = ignore_progress,
) -> tuple[str, EndpointFigures]:
    """Play the notes of one MIDI file in the rhythm of another.

    As `change`, for ``seed``, ``first``, ``last``, ``tracks`` and ``lock``, which are of the file
    that gives the rhythm, the first one.
    """
    session, edit = _opened(net, path, values, progress)
    donor = Donor.of(open_file(donor_path).piece, "the other file")
    mix = mixed(net, session, edit, donor, progress)
    held = mix.report.sentences(net.faders) if mix.report else []
    name = f"{file_name(session, edit, is_whole=True)}_mix"
    return (
        write_midi(folder, name, midi.file_bytes(mix.piece)),
        _figures(net, session, mix.piece, mix.problems, mix.report, held),
    )


def describe(
    path: str | Path, values: Values, folder: str | Path, progress: WorkProgress = ignore_progress
) -> tuple[str, DescribedFigures]:
    """A JSON file of what a MIDI file is, as ``fadernets describe --json`` prints it, and its head.

    Parameters
    ----------
    values : mapping
        ``tracks`` as in `change`, and ``notes``, whether the file lists every note.
    """
    progress(0, 1)
    piece = open_file(path, _tracks(values.get("tracks"))).piece
    document = description.document(piece, notes=flag(values, "notes"))
    count = len(segments(piece))
    with own_file(folder, f"{plain_name(piece)}.json") as saved:
        saved.write_text(json.dumps(document, indent=1), encoding="utf-8")
    head: DescribedFigures = {
        "beats": piece.length,
        "seconds": round(piece.duration, 3),
        "segments": count,
        "tracks": len(description.track_rows(piece)),
        "notices": list(piece.notices),
    }
    return str(saved), head


def render(
    path: str | Path, values: Values, folder: str | Path, progress: WorkProgress = ignore_progress
) -> tuple[str, RenderedFigures]:
    """The sound of a MIDI file, and how long it is.

    Parameters
    ----------
    values : mapping
        ``kind``: one of `fadernets.playback.sound_file.KINDS`, or None for WAV; ``tracks`` as in
        `change`.

    Raises
    ------
    ValueError
        If the file cannot be used or there is no such kind.
    AudioError
        If there is nothing to be heard.
    """
    progress(0, 1)
    piece = open_file(path, _tracks(values.get("tracks"))).piece
    kind = values.get("kind") or "wav"
    if not isinstance(kind, str) or kind not in sound_file.KINDS:
        raise ValueError(f"kind {short(kind)} is none of {', '.join(sound_file.KINDS)}")
    with own_file(folder, f"{plain_name(piece)}.{kind}") as saved:
        if sound.is_long(piece):
            sound.write_long(saved, kind, piece, chunks.gain_of(piece), progress)
        else:
            saved.write_bytes(sound_file.coded(audio.render(piece), kind))
    return str(saved), {"seconds": round(piece.duration, 3), "notices": list(piece.notices)}


def _opened(
    net: FaderNet, path: str | Path, values: Values, progress: WorkProgress
) -> tuple[PieceSession, EditRequest]:
    """A file's piece, and what is to become of it; locks that cannot be are refused."""
    session = open_file(path, _tracks(values.get("tracks")))
    session.takes_any, session.progress = net.realiser.takes_any, progress
    count = len(session.segments)
    given = {n: value for n, value in values.items() if value is not None and n != "tracks"}
    edit = EditRequest.of({"first": 0, "last": count - 1} | given, count, net.faders)
    session.locks(edit)  # one that cannot be is refused though nothing moves
    return session, edit


def _figures(
    net: FaderNet,
    session: PieceSession,
    result: Piece,
    problems: Mapping[int, str | None],
    report: LockReport | None,
    held: Sequence[str],
) -> EndpointFigures:
    """What a program learns beside the new file; `problems` by the index of the segment."""
    names = tuple(dict.fromkeys((*PAPER, *net.faders)))
    usable = [session.segments[index] for index, problem in problems.items() if problem is None]
    unchanged: list[UnchangedSegment] = [
        {"segment": index, "problem": problem} for index, problem in problems.items() if problem
    ]
    more = len(unchanged) - UNCHANGED_NAMED
    return {
        "before": _means(net, session.piece, usable, names),
        "after": _means(net, result, usable, names),
        "unchanged": unchanged[:UNCHANGED_NAMED],
        "tracks": session.tracks,
        "notices": [
            *held,
            *session.piece.notices,
            *([f"{more} more segments cannot be changed."] if more > 0 else []),
        ],
        "reach": report.means() if report else {},
    }


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
