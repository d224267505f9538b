"""How much music a study's answers are about: an interval speaks for music like it, no more.

Intervals count segments. Several segments of one piece may be alike, so where there are any,
agreement is also given with whole pieces as the unit: fewer of them, and wider.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import crossed, pieces, segments


def music(transfers: pd.DataFrame) -> dict[str, Any]:
    """Items, segments and pieces of the transfers, and agreement clustered by pieces.

    Returns
    -------
    dict
        items and segments; pieces, None unless every row tells its own; by_piece: agreement's
        two-way estimate with pieces for items, None where that is nothing new.
    """
    sources = pieces(transfers)
    known = len(sources) > 0 and all(source is not None for source in sources)
    several = len(set(sources)) if known else None
    found: dict[str, Any] = {
        "items": int(transfers["item"].nunique()),
        "segments": len(set(segments(transfers))),
        "pieces": several,
        "by_piece": None,
    }
    if several is not None and several < found["segments"]:
        by_piece = crossed(transfers, agreement(transfers), "piece")
        found["by_piece"] = twoway.share(by_piece).as_dict()
    return found
