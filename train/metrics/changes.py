"""Changes: what became of notes, and what the new ones do.

A note is the same note where pitch and onset are, to within 50 ms (`train.metrics.identity`).
"""

from __future__ import annotations

import numpy as np

from fadernets.music.locks import Locks
from fadernets.music.notes import Notes
from train.metrics.identity import matched
from train.metrics.over_pieces import Tally
from train.metrics.strikes import restruck

STUB = 0.5  # of its length: a note that keeps no more is a stub
VOICES = {"melody": Locks(melody=True), "bass": Locks(bass=True)}


def changes(
    before: Notes, after: Notes, judged: np.ndarray, judged_after: np.ndarray
) -> dict[str, Tally]:
    """What became of some notes of a piece, by name.

    Parameters
    ----------
    before, after : Notes
        All n and m of the piece.
    judged, judged_after : bool arrays, shape (n,) and (m,)
        The notes that count.

    Returns
    -------
    name -> Tally
        "notes kept": of the notes before. "new notes": of those after. "stubs": kept notes of half
        their length or less. "new notes that restrike": new ones on a key that sounds. "melody
        kept", "bass kept": notes of the outer voice that are still there; "… and still outermost":
        that have nothing above or below them after, too.
    """
    rows, rows_after = matched(before, after)
    place = np.full(len(before), -1)  # of each note, its number after
    place[rows] = rows_after
    is_new = np.ones(len(after), bool)
    is_new[rows_after] = False
    kept_rows = np.flatnonzero(judged & (place >= 0))
    length, length_after = before.offset - before.onset, after.offset - after.onset
    counted = {
        "notes kept": place[judged] >= 0,
        "new notes": is_new[judged_after],
        "stubs": length_after[place[kept_rows]] <= STUB * length[kept_rows],
        "new notes that restrike": restruck(after)[is_new & judged_after],
    }
    for voice, lock in VOICES.items():
        own = np.flatnonzero(judged & lock.of(before))
        is_outermost = np.append(lock.of(after), False)  # the last is that of a note that is gone
        counted[f"{voice} kept"] = place[own] >= 0
        counted[f"{voice} kept and still outermost"] = is_outermost[place[own]]
    return {name: Tally.of(values) for name, values in counted.items()}
