"""The few numbers to watch while a study runs: no bootstrap, a few milliseconds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from db.models import SCALES
from survey.ratings.exclusion import kept
from survey.statistics import twoway
from survey.statistics.agreement import INTENDED, by_direction, crosstab
from survey.statistics.crossed_design import crossed


def summary(table: pd.DataFrame, rules: dict[str, Any] | None = None) -> dict[str, Any]:
    """Agreement and mean opinion scores with their two-way intervals; can be written as JSON.

    Parameters
    ----------
    table : DataFrame
        Ratings of one study, as of `survey.ratings.rating_table`; may be empty.
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`; all participants are taken if None.

    Returns
    -------
    dict
        participants, of them excluded; answers to transfers; agreement: overall, lower, higher;
        opinion: by scale, each an `Estimate` as a dict; directions: heard by intended direction.
    """
    everyone = table["participant"].nunique()
    people = kept(table, rules or {})[0]
    chosen = table[table["participant"].isin(people) & (table["kind"] == "transfer")]
    return {
        "participants": everyone,
        "excluded": everyone - len(people),
        "answers": len(chosen),
        "agreement": {
            name: twoway.share(answers).as_dict() for name, answers in by_direction(chosen).items()
        },
        "opinion": {
            scale: twoway.mean(crossed(chosen, chosen[scale])).as_dict() for scale in SCALES
        },
        "directions": crosstab(chosen, chosen["intended"], list(INTENDED)),
    }
