"""Each participant at a glance: who answers by hearing, by habit, or at random."""

from __future__ import annotations

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.statistics.agreement import agreement

COLUMNS = (
    "participant",
    "answers",
    "agreement",
    "lower",
    "same",
    "higher",
    "identical_wrong",
    "most_frequent_answers",
    "median_seconds",
    "finished",
    "excluded_by",
)


def people(table: pd.DataFrame, excluded: pd.DataFrame) -> pd.DataFrame:
    """One row per participant, columns as in `COLUMNS`.

    Shares are from 0 to 1: agreement of transfers, how often each direction was answered to them,
    identical pairs called otherwise than same, the most frequent combination of five answers.
    """
    rows = table.assign(agrees=agreement(table))
    transfers = rows[rows["kind"] == "transfer"]
    by = transfers.groupby("participant")
    found = pd.DataFrame(index=pd.Index(sorted(set(table["participant"])), name="participant"))
    found["answers"] = by["heard"].count().reindex(found.index, fill_value=0)
    found["agreement"] = by["agrees"].mean()
    for word in ("lower", "same", "higher"):
        said = (transfers["heard"] == word).where(transfers["heard"].notna())
        found[word] = said.astype(float).groupby(transfers["participant"]).mean()
    identical = rows[rows["kind"] == "identical"]
    found["identical_wrong"] = 1 - identical.groupby("participant")["agrees"].mean()
    answers = transfers.groupby(["participant", "heard", *SCALES], dropna=False).size()
    each = answers.groupby("participant")
    found["most_frequent_answers"] = each.max() / each.sum()
    found["median_seconds"] = table.groupby("participant")["seconds"].median()
    found["finished"] = table.groupby("participant")["finished"].first()
    rules = excluded.groupby("participant")["rule"].agg(" ".join)
    found["excluded_by"] = rules.reindex(found.index).fillna("")
    return found.reset_index().replace({np.nan: None})[list(COLUMNS)]
