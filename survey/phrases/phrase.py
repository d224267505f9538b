"""Phrases of a piece: some whole bars, as long as people remember music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fadernets import mood_classifier
from fadernets.music.notes import Notes
from fadernets.music.segments import Segment, segments
from survey.building.corpus import Work
from survey.building.selection import Fingerprint, fingerprint

BARS = (8, 4, 16, 2, 12, 6, 10, 24, 3, 5, 7, 1)  # how long phrases are, the likeliest first
LEAST_PLAYED = 0.75  # of a phrase's segments in which something begins


@dataclass(frozen=True, eq=False)
class Phrase:
    """Whole bars of a piece.

    Attributes
    ----------
    work : str
        Name of its piece.
    segments : sequence of Segment
        Of which it consists, in order.
    begin, end : float
        Beats from the piece's beginning.
    bars : (int, int)
        Its first and its last bar, from 1.
    seconds : float
        How long it lasts.
    arousal : float
        Mean probability of high arousal of its segments, by the shipped classifier of notes, which
        knows no model.
    """

    work: str
    segments: Sequence[Segment]
    begin: float
    end: float
    bars: tuple[int, int]
    seconds: float
    arousal: float


def phrases(
    work: Work, shortest: float, longest: float, known: set[Fingerprint] | None = None
) -> list[Phrase]:
    """The phrases of a piece that last so many seconds, no two of the same notes.

    All have the same number of bars, the first of `BARS` of which half of the piece's are long
    enough and not too long; without such a number there are none. An upbeat is in none.

    Parameters
    ----------
    work : Work
    shortest, longest : float
        Seconds.
    known : set of Fingerprint, optional
        Of phrases of other pieces, which do not come again; gets those of this one.
    """
    known = set() if known is None else known
    parts = segments(work.piece)
    edges = np.array([part.start for part in parts] + [parts[-1].span.end])
    bars = work.piece.bars(edges)
    seconds = work.piece.seconds(np.minimum(edges, work.piece.length))
    begins = np.flatnonzero((np.abs(bars - bars.round()) < 1e-6) & (bars > 0.5))
    edge_of = {int(round(bars[edge])): int(edge) for edge in begins}
    for count in BARS:
        runs = [
            (edge_of[bar], edge_of[bar + count])
            for bar in range(min(edge_of, default=1), max(edge_of, default=0) - count + 1, count)
            if bar in edge_of and bar + count in edge_of
        ]
        fitting = [run for run in runs if shortest <= seconds[run[1]] - seconds[run[0]] <= longest]
        if fitting and 2 * len(fitting) >= len(runs):
            return _played(work, parts, fitting, edges, bars, seconds, known)
    return []


def _played(
    work: Work,
    parts: Sequence[Segment],
    runs: Sequence[tuple[int, int]],
    edges: np.ndarray,
    bars: np.ndarray,
    seconds: np.ndarray,
    known: set[Fingerprint],
) -> list[Phrase]:
    """The phrases between pairs of edges in which enough is played, each once."""
    phrases = []
    for first, last in runs:
        inside = parts[first:last]
        played = [part for part in inside if len(part.sounding)]
        mark = _mark(inside, edges[first])
        if len(played) < LEAST_PLAYED * len(inside) or mark in known:
            continue
        known.add(mark)
        arousal = mood_classifier.of_arousal().probability([part.sounding for part in played])
        phrases.append(
            Phrase(
                work.name,
                inside,
                float(edges[first]),
                float(edges[last]),
                (int(round(bars[first])), int(round(bars[last])) - 1),
                float(seconds[last] - seconds[first]),
                float(arousal.mean()),
            )
        )
    return phrases


def _mark(inside: Sequence[Segment], begin: float) -> Fingerprint:
    """What phrases of the same notes share."""
    onset = np.concatenate([part.notes.onset + part.start - begin for part in inside])
    offset = np.concatenate([part.notes.offset + part.start - begin for part in inside])
    pitch, velocity = (
        np.concatenate([getattr(part.notes, name) for part in inside])
        for name in ("pitch", "velocity")
    )
    return fingerprint(Notes.of(onset, offset, pitch, velocity))
