"""How much music a study's answers are about: an interval speaks for music like it, no more.

Intervals count pieces. Segments of one piece are alike: to count each by itself makes intervals too
short. Agreement is given so, too, to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import crossed, pieces, segments, units
from survey.statistics.estimate import Estimate

FEW_PIECES = 12  # below them Student's t alone makes an interval more than an eighth wider


@dataclass(frozen=True)
class MusicAmount:
    """How much music answers are about.

    Attributes
    ----------
    items, segments : int
    pieces : int
        None unless every row tells its own.
    by_segment : Estimate
        Agreement's two-way estimate if segments of one piece were independent; None where pieces
        have one segment each.
    """

    items: int
    segments: int
    pieces: int | None
    by_segment: Estimate | None


def amount(table: pd.DataFrame) -> MusicAmount:
    """Items, segments and pieces that rows are about."""
    sources = pieces(table)
    known = len(sources) > 0 and all(source is not None for source in sources)
    piece_count = len(set(sources)) if known else None
    return MusicAmount(int(table["item"].nunique()), len(set(segments(table))), piece_count, None)


def music(transfers: pd.DataFrame) -> MusicAmount:
    """Items, segments and pieces of the transfers, and agreement clustered by segments."""
    counts = amount(transfers)
    if len(set(units(transfers))) == counts.segments:
        return counts
    by_segment = twoway.share(crossed(transfers, agreement(transfers), "segment"))
    return replace(counts, by_segment=by_segment)
