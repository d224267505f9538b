"""What became of a selection, in words: how many notes changed, and which segments did not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from demo.editing.piece_session import PieceSession
from fadernets.music.segments import Segment
from fadernets.playback import comparison
from fadernets.playback.comparison import Comparison
from fadernets.playback.pianoroll import KEPT

STAYED = (KEPT, comparison.LONGER, comparison.SHORTER)
PACED = "The result is heard at another tempo; the rolls keep the original's time."
RUNS_NAMED = 20  # runs of segments that are named before the rest is counted


def change_sentence(
    rolls: Comparison, is_neutral: bool, is_explained: bool = False, is_paced: bool = False
) -> str:
    """How many notes stayed, came and went, and what became of those that stayed.

    Parameters
    ----------
    is_neutral : bool
        Whether nothing was asked of them.
    is_explained : bool
        Whether another sentence says why less changed than was asked.
    is_paced : bool
        Whether the tempo is another.
    """
    counts = comparison.counts(rolls)
    if not any(counts):
        return ""
    pace = f" {PACED}" if is_paced else ""
    otherwise = _otherwise(rolls)
    if counts.added or counts.removed or counts.moved or otherwise:
        of_kept = f"; of those kept {', '.join(otherwise)}" if otherwise else ""
        moved = f"{counts.moved} moved, " if counts.moved else ""
        notes = f"{counts.kept} note{'s' * (counts.kept != 1)} kept"
        return f"{notes}, {moved}{counts.added} new, {counts.removed} gone{of_kept}.{pace}"
    if is_paced:
        return f"All notes as played.{pace}"
    if is_neutral:
        return "As played. Move a fader to change it."
    if is_explained:
        return "As played."
    return "As played: what the faders ask for is there already, or they can go no further."


def _otherwise(rolls: Comparison) -> list[str]:
    """How many of the notes that stayed are louder, softer, longer and shorter than before."""
    before, result = rolls["original"]["notes"], rolls["result"]
    _, after = comparison.words(rolls)
    rows = zip(result["notes"], after, result["partners"], strict=True)
    louder = np.array([n[3] - before[partner][3] for n, word, partner in rows if word in STAYED])
    counts = {
        "louder": np.count_nonzero(louder > 0),
        "softer": np.count_nonzero(louder < 0),
        comparison.LONGER: after.count(comparison.LONGER),
        comparison.SHORTER: after.count(comparison.SHORTER),
    }
    return [f"{count} {word}" for word, count in counts.items() if count]


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
