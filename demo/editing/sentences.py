"""What became of a selection, in words: how many notes changed, and which segments did not."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from demo.editing.piece_session import PieceSession
from fadernets.music.segments import Segment
from fadernets.playback import pianoroll

RUNS_NAMED = 20  # runs of segments that are named before the rest is counted


def change_sentence(rolls: pianoroll.Comparison, is_neutral: bool) -> str:
    """How many notes stayed, came and went, and what became of those that stayed.

    Parameters
    ----------
    is_neutral : bool
        Whether nothing was asked of them.
    """
    before, after = rolls["original"]["marks"], rolls["result"]["marks"]
    unchanged, gone = before.count(pianoroll.KEPT), before.count(pianoroll.REMOVED)
    new = after.count(pianoroll.ADDED)
    if not unchanged and not new and not gone:
        return ""
    otherwise = _otherwise(rolls)
    if new or gone or otherwise:
        of_kept = f"; of those kept {', '.join(otherwise)}" if otherwise else ""
        return f"{unchanged} note{'s' * (unchanged != 1)} kept, {new} new, {gone} gone{of_kept}."
    if is_neutral:
        return "As played. Move a fader to change it."
    return "As played: what the faders ask for is there already."


def _otherwise(rolls: pianoroll.Comparison) -> list[str]:
    """How many of the notes that stayed are louder, softer, longer and shorter than before."""
    before, after = (_kept_by_pitch(roll) for roll in (rolls["original"], rolls["result"]))
    velocity = after[:, 3] - before[:, 3]
    length = (after[:, 1] - after[:, 0]) - (before[:, 1] - before[:, 0])
    counts = {
        "louder": velocity > 0,
        "softer": velocity < 0,
        "longer": length > pianoroll.SAME_ONSET,
        "shorter": length < -pianoroll.SAME_ONSET,
    }
    return [f"{np.count_nonzero(those)} {word}" for word, those in counts.items() if those.any()]


def _kept_by_pitch(roll: pianoroll.MarkedRoll) -> np.ndarray:
    """The notes that stayed, by pitch and onset, so that those of both sides are in one order."""
    rows = zip(roll["notes"], roll["marks"], strict=True)
    unchanged = [row for row, mark in rows if mark == pianoroll.KEPT]
    return np.array(sorted(unchanged, key=itemgetter(2, 0))).reshape(-1, 4)


def unchanged_sentences(session: PieceSession, chosen: Sequence[Segment]) -> str:
    """Which segments the model leaves as they are, and why."""
    sentences = []
    problems = {s.index: session.problem(s) for s in chosen}
    for problem in dict.fromkeys(filter(None, problems.values())):
        names = session.places([index for index in problems if problems[index] == problem])
        more = f" and {len(names) - RUNS_NAMED} more" if len(names) > RUNS_NAMED else ""
        unit = f"bar{'s' * ('–' in names[0] or len(names) > 1)} " if session.has_bars else ""
        sentences.append(f"Unchanged, {problem}: {unit}{', '.join(names[:RUNS_NAMED])}{more}.")
    return " ".join(sentences)
