"""How much music a study's answers are about: an interval speaks for music like it, no more.

Intervals count pieces. Segments of one piece are alike: to count each by itself makes intervals too
short. Agreement is given so, too, to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import crossed, pieces, segments, units
from survey.statistics.estimate import Estimate

FEW_PIECES = 12  # below them Student's t alone makes an interval more than an eighth wider


@dataclass(frozen=True)
class Music:
    """How much music the transfers are of.

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


def music(transfers: pd.DataFrame) -> Music:
    """Items, segments and pieces of the transfers, and agreement clustered by segments."""
    sources = pieces(transfers)
    known = len(sources) > 0 and all(source is not None for source in sources)
    piece_count = len(set(sources)) if known else None
    segment_count = len(set(segments(transfers)))
    by_segment = None
    if len(set(units(transfers))) < segment_count:
        by_segment = twoway.share(crossed(transfers, agreement(transfers), "segment"))
    return Music(int(transfers["item"].nunique()), segment_count, piece_count, by_segment)
