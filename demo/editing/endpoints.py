"""What programs can edit of the demo, beside people: MIDI file in, MIDI file and figures out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.answers import EndpointFigures
from demo.editing.piece_session import mean_arousal, open_file
from demo.editing.requests import EditRequest, Values
from demo.editing.service import file_name, own_file
from fadernets.music import midi
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import cut
from fadernets.music.piece import Piece, Segment

if TYPE_CHECKING:
    from fadernets.net import FaderNet


def change(
    net: FaderNet, path: str | Path, values: Values, folder: str | Path
) -> tuple[str, EndpointFigures]:
    """Change a MIDI file.

    Parameters
    ----------
    path : path of a MIDI file
    values : mapping
        `EditRequest`'s fields; without ``first`` and ``last`` every segment changes.
    folder : path
        Made for the new file, and removed if the file does not come about.

    Returns
    -------
    Path of the new file; mean densities and mean probability of high arousal of the segments that
    can change, before and after; index and problem of each segment that cannot;
    ``notices``, sentences on what is damaged in the file or stays as it is.

    Raises
    ------
    ValueError
        If the file cannot be used or a value is outside its range; one sentence.
    """
    session = open_file(path)
    count = len(session.segments)
    given = {name: value for name, value in values.items() if value is not None}
    edit = EditRequest.read({"first": 0, "last": count - 1} | given, count, net.faders)
    result = session.result(net, edit)
    usable = session.usable(edit.span)
    names = tuple(dict.fromkeys((*PAPER, *net.faders)))
    selected = session.segments[edit.first : edit.last + 1]
    with own_file(folder, f"{file_name(session, edit, is_whole=True)}.mid") as new:
        new.write_bytes(midi.file_bytes(result))
    return (
        str(new),
        {
            "before": _means(session.piece, usable, names),
            "after": _means(result, usable, names),
            "unchanged": [
                {"segment": s.index, "problem": s.problem} for s in selected if s.problem
            ],
            "notices": list(session.piece.notices),
        },
    )


def _means(piece: Piece, chosen: Sequence[Segment], names: Sequence[str]) -> dict[str, float]:
    """Mean densities of segments by their keys, and mean arousal by their sound."""
    played = [notes for s in chosen if len(notes := cut(piece.notes, s.start))]
    if not played:
        return {}
    measures = [measure(notes, names) for notes in played]
    means = {name: float(np.mean([m[name] for m in measures])) for name in names}
    return {**means, "arousal": mean_arousal([cut(piece.sounding, s.start) for s in chosen])}
