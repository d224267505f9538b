"""How much music a study's answers are about: an interval speaks for music like it, no more.

Intervals count segments. Several segments of one piece may be alike, so where there are any,
agreement is also given with whole pieces as the unit: fewer of them, and wider.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import crossed, pieces, segments
from survey.statistics.estimate import Estimate


@dataclass(frozen=True)
class Music:
    """How much music the transfers are of.

    Attributes
    ----------
    items, segments : int
    pieces : int
        None unless every row tells its own.
    by_piece : Estimate
        Agreement's two-way estimate with pieces for items; None where that is nothing new.
    """

    items: int
    segments: int
    pieces: int | None
    by_piece: Estimate | None


def music(transfers: pd.DataFrame) -> Music:
    """Items, segments and pieces of the transfers, and agreement clustered by pieces."""
    sources = pieces(transfers)
    known = len(sources) > 0 and all(source is not None for source in sources)
    piece_count = len(set(sources)) if known else None
    segment_count = len(set(segments(transfers)))
    by_piece = None
    if piece_count is not None and piece_count < segment_count:
        by_piece = twoway.share(crossed(transfers, agreement(transfers), "piece"))
    return Music(int(transfers["item"].nunique()), segment_count, piece_count, by_piece)
