"""What programs can ask of the demo, beside people: MIDI file in, MIDI file and figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.piece_session import EditRequest, mean_arousal, open_file
from demo.editing.service import file_name, own_file
from fadernets.music import midi
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes, cut

if TYPE_CHECKING:
    from fadernets.net import FaderNet


def change(
    net: FaderNet, path: str | Path, values: Mapping, folder: str | Path
) -> tuple[str, dict]:
    """Change a MIDI file.

    Parameters
    ----------
    path : path of a MIDI file
    values : mapping
        `demo.editing.piece_session.EditRequest`'s fields; without ``first`` and ``last`` every
        segment changes.
    folder : path
        Where the new file is put, in a folder of its own.

    Returns
    -------
    Path of the new file, and a dict: ``before`` and ``after``, the mean densities
    and the mean probability of high arousal of the segments that can change; ``unchanged``, index
    (from 0) and problem of each that cannot.

    Raises
    ------
    ValueError
        If the file cannot be used or a value is outside its range; one sentence.
    """
    study = open_file(path)
    count = len(study.segments)
    given = {name: value for name, value in values.items() if value is not None}
    ask = EditRequest.read({"first": 0, "last": count - 1} | given, count, net.faders)
    result = study.result(net, ask)
    chosen = study.usable(ask.span)
    names = tuple(dict.fromkeys((*PAPER, *net.faders)))
    closed = [s for s in study.segments[ask.first : ask.last + 1] if s.problem]
    with own_file(folder, f"{file_name(study, ask, whole=True)}.mid") as new:
        new.write_bytes(midi.dump(result))
    return (
        str(new),
        {
            "before": _means([s.notes for s in chosen], names),
            "after": _means([cut(result.sounding, s.start) for s in chosen], names),
            "unchanged": [{"segment": s.index, "problem": s.problem} for s in closed],
        },
    )


def _means(chosen: Sequence[Notes], names: Sequence[str]) -> dict[str, float]:
    chosen = [notes for notes in chosen if len(notes)]
    if not chosen:
        return {}
    measures = [measure(notes, names) for notes in chosen]
    means = {name: float(np.mean([m[name] for m in measures])) for name in names}
    return {**means, "arousal": mean_arousal(chosen)}
