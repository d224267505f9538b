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
from demo.editing.figures import mean_arousal, octaves_faster
from demo.editing.mixing import mixed
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession
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
from fadernets.score import controllers
from fadernets.score import file as score_file
from fadernets.score.confined import confined
from fadernets.score.settings import PieceSettings

if TYPE_CHECKING:
    from fadernets.net import FaderNet

UNCHANGED_NAMED = 500  # segments that are named one by one: the server keeps answers for a while


def opened(net: FaderNet, path: str | Path, tracks: object = None) -> PieceSession:
    """A file's piece, for the tasks below.

    Parameters
    ----------
    path : path of a MIDI file
    tracks : str, optional
        Numbers from 1 with commas; without them a piano's tracks are the piece.

    Raises
    ------
    ValueError
        If the file cannot be used or has no such tracks; one sentence.
    """
    session = open_file(path, _tracks(tracks))
    session.takes_any = net.realiser.takes_any
    return session


def change(
    net: FaderNet, session: PieceSession, values: Values, folder: str | Path
) -> tuple[str, EndpointFigures]:
    """Change a piece.

    Parameters
    ----------
    session : PieceSession
        Of `opened`.
    values : mapping
        `EditRequest`'s fields; without ``first`` and ``last`` every segment changes. ``curves``:
        whether the file carries what was asked for, as ``fadernets slide --curves`` writes it.
    folder : path
        Made for the new file, and removed if the file does not come about.

    Returns
    -------
    Path of the new file; mean densities and mean probability of high arousal of the segments that
    can change, before and after; index and problem of each segment that cannot;
    ``tracks``, all that the file has; ``notices``, sentences on what locks hold back, is damaged in
    the file or stays as it is; ``reach``, how far the densities came beside locks.

    Raises
    ------
    ValueError
        If a value is outside its range; one sentence.
    """
    edit = _edit(net, session, values)
    result = session.result(net, edit)
    problems = {s.index: session.problem(s) for s in session.segments[edit.first : edit.last + 1]}
    report = session.lock_report(net, edit) if edit.lock else None
    held = session.lock_sentences(net, edit)
    name = file_name(session, edit, is_whole=True)
    data = midi.file_bytes(result)
    if flag(values, "curves"):
        data = controllers.written(data, _carried(session, edit), session.piece)
    return (
        write_midi(folder, name, data),
        _figures(net, session, result, problems, report, held),
    )


def edit(
    net: FaderNet,
    session: PieceSession,
    settings_path: str | Path,
    values: Values,
    folder: str | Path,
) -> tuple[str, EndpointFigures]:
    """Do what a file of settings asks for, as `change`; ``values`` as `with_settings` takes them.

    Raises
    ------
    ValueError
        As both of these do.
    """
    return change(net, session, with_settings(net, settings_path, values), folder)


def with_settings(net: FaderNet, settings_path: str | Path, values: Values) -> Values:
    """What a file of settings asks for, as `change` takes it, and what is given beside it.

    Parameters
    ----------
    settings_path : path
        Of JSON that the page has saved, or of a MIDI file that carries curves.
    values : mapping
        ``seed`` and ``lock`` come in the place of the file's; ``strict`` holds if either says so.

    Raises
    ------
    ValueError
        If it is neither; one sentence.
    """
    settings = PieceSettings.read(score_file.read(Path(settings_path)), net.faders)
    empty = (None, "", False)
    own_values = {
        name: value for name, value in values.items() if not any(value is each for each in empty)
    }
    return settings.to_json() | own_values


def mix(
    net: FaderNet,
    session: PieceSession,
    donor_path: str | Path,
    values: Values,
    folder: str | Path,
) -> tuple[str, EndpointFigures]:
    """Play the notes of a MIDI file in the rhythm of a piece.

    As `change`, for ``seed``, ``first``, ``last`` and ``lock``, which are of the piece.
    """
    edit = _edit(net, session, values)
    donor = Donor.of(open_file(donor_path).piece, "the other file")
    mix = mixed(net, session, edit, donor)
    held = mix.report.sentences(net.faders) if mix.report else []
    name = f"{file_name(session, edit, is_whole=True)}_mix"
    return (
        write_midi(folder, name, midi.file_bytes(mix.piece)),
        _figures(net, session, mix.piece, mix.problems, mix.report, held),
    )


def describe(
    session: PieceSession, values: Values, folder: str | Path
) -> tuple[str, DescribedFigures]:
    """A JSON file of what a piece is, as ``fadernets describe --json`` prints it, and its head.

    Parameters
    ----------
    values : mapping
        ``notes``: whether the file lists every note.
    """
    session.progress(0, 1)
    piece = session.piece
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
    session: PieceSession, values: Values, folder: str | Path
) -> tuple[str, RenderedFigures]:
    """The sound of a piece, and how long it is.

    Parameters
    ----------
    values : mapping
        ``kind``: one of `fadernets.playback.sound_file.KINDS`, or None for WAV.

    Raises
    ------
    ValueError
        If there is no such kind.
    AudioError
        If there is nothing to be heard.
    """
    session.progress(0, 1)
    piece = session.piece
    kind = values.get("kind") or "wav"
    if not isinstance(kind, str) or kind not in sound_file.KINDS:
        raise ValueError(f"kind {short(kind)} is none of {', '.join(sound_file.KINDS)}")
    with own_file(folder, f"{plain_name(piece)}.{kind}") as saved:
        if sound.is_long(piece):
            sound.write_long(saved, kind, piece, chunks.gain_of(piece), session.progress)
        else:
            saved.write_bytes(sound_file.coded(audio.render(piece), kind))
    return str(saved), {"seconds": round(piece.duration, 3), "notices": list(piece.notices)}


def _edit(net: FaderNet, session: PieceSession, values: Values) -> EditRequest:
    """What is to become of a piece; locks that cannot be are refused."""
    count = len(session.segments)
    fields = {n: value for n, value in values.items() if value is not None and n != "tracks"}
    edit = EditRequest.of({"first": 0, "last": count - 1} | fields, count, net.faders)
    session.locks(edit)  # one that cannot be is refused though nothing moves
    return edit


def _carried(session: PieceSession, edit: EditRequest) -> PieceSettings:
    """The settings that a file carries: those of a part change this part alone."""
    if edit.span == (0, len(session.segments) - 1):
        return edit
    first, last = (session.segments[index].span for index in edit.span)
    return confined(edit, session.piece, first.start, last.end)


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
    octaves = octaves_faster(chosen, played)
    return {**means, "arousal": mean_arousal([segment.sounding for segment in played], octaves)}
