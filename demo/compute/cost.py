"""How long work takes on an idle core, known before it is begun.

The figures are rounded up from `benchmarks/results`; they need only tell short from long.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from demo.editing.piece_session import PieceSession
from fadernets.music.notes import BEATS

EVENT = 0.06  # seconds that any answer takes
SEGMENT = 0.007  # for each segment that changes
NOTE = 6e-5  # for each note that is drawn, played or written
SOUND = 0.012  # for each second of sound rendered
BYTE = 5e-7  # for each byte of a file opened
SHORT = 0.3  # seconds up to which work is short
HEARD = 40.0  # seconds of sound in an answer, both sides together
NEARBY = 25  # segments that are changed for a part of the sound
FILE = 1e-4  # for each byte of a file that is changed whole: a segment is some 70 events


def of_opening(path: str) -> float:
    """Seconds that opening a file takes."""
    try:
        return EVENT + BYTE * os.stat(path).st_size
    except OSError:  # gone meanwhile: said when it is opened
        return EVENT


def of_file(path: str) -> float:
    """Seconds that opening a file and changing all of it takes: never short."""
    return 2 * SHORT + FILE / BYTE * (of_opening(path) - EVENT)


def of_answer(study: PieceSession, values: Mapping, *, hear: bool = False) -> float:
    """Seconds that a change of the selection takes, or the sound of a part of it."""
    first, last = _span(study, values)
    changed = last - first + 1
    notes = NOTE * _notes(study, first, last)
    if hear:
        return EVENT + SEGMENT * min(changed, NEARBY) + SOUND * HEARD + notes
    return EVENT + SEGMENT * changed + notes


def of_saving(study: PieceSession, values: Mapping) -> float:
    """Seconds that a file to take away takes."""
    first, last = _span(study, values)
    seconds = study.piece.duration if values.get("kind") == "wav" else 0.0
    changed = SEGMENT * (last - first + 1)
    return EVENT + changed + SOUND * seconds + NOTE * len(study.piece.notes)


def _span(study: PieceSession, values: Mapping) -> tuple[int, int]:
    """Segments selected; all if the values make no sense, which is said later."""
    first, last, count = values.get("first"), values.get("last"), len(study.segments)
    if isinstance(first, int) and isinstance(last, int) and 0 <= first <= last < count:
        return first, last
    return 0, count - 1


def _notes(study: PieceSession, first: int, last: int) -> int:
    """Notes that begin in a span of segments."""
    onsets = study.piece.notes.onset
    return int(np.diff(np.searchsorted(onsets, [first * BEATS, (last + 1) * BEATS]))[0])
