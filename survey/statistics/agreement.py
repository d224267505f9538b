"""How arousal was heard to change against how it was meant to: the table and its intervals.

An answer agrees if it says what was intended; "same" disagrees; no answer is neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from db.models import DIRECTIONS
from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import wilson

INTENDED = ("lower", "higher")  # of transfers


def agreement(table: pd.DataFrame) -> np.ndarray:
    """1 where an answer agrees, 0 where it does not, NaN where there is none; shape (rows,)."""
    agrees = (table["heard"] == table["intended"]).to_numpy(dtype=float)
    return np.where(table["heard"].notna().to_numpy(), agrees, np.nan)


def crosstab(table: pd.DataFrame, rows: pd.Series, names: list[Any]) -> list[dict[str, Any]]:
    """How often each direction was heard, by `rows`, which has a name for each of the table's.

    Returns
    -------
    list of dict
        row; counts and shares by direction, shares None without answers; n; missing.
    """
    found = []
    for name in names:
        heard = table["heard"][(rows == name).to_numpy()]
        counts = {word: int((heard == word).sum()) for word in DIRECTIONS}
        n = sum(counts.values())
        shares = {word: count / n if n else None for word, count in counts.items()}
        found.append(
            {"row": name, "counts": counts, "shares": shares, "n": n, "missing": len(heard) - n}
        )
    return found


def directions(table: pd.DataFrame) -> dict[str, Any]:
    """The table of intended by heard, of each item, and of the catch trials.

    Parameters
    ----------
    table : DataFrame
        Ratings of all kinds; only transfers are in "table" and "items".
    """
    transfers = table[table["kind"] == "transfer"]
    catch = table[table["kind"] != "transfer"]
    named = (catch["kind"] + ", meant " + catch["intended"]).where(
        catch["kind"] == "swapped", catch["kind"]
    )
    return {
        "table": crosstab(transfers, transfers["intended"], list(INTENDED)),
        "items": items(transfers),
        "catch": crosstab(catch, named, sorted(set(named))),
    }


def items(transfers: pd.DataFrame) -> list[dict[str, Any]]:
    """Agreement by item, with Wilson's interval: each participant answers an item only once."""
    found = []
    for name, rows in transfers.groupby("item", sort=True):
        agrees = agreement(rows)
        there = agrees[~np.isnan(agrees)]
        strength = rows["strength"].iloc[0]
        one = wilson(int(there.sum()), len(there))
        found.append(
            {
                "item": name,
                "intended": rows["intended"].iloc[0],
                "strength": float(strength) if pd.notna(strength) else None,
                "n": one.n,
                "agree": int(there.sum()),
                "share": one.value,
                "low": one.low,
                "high": one.high,
            }
        )
    return found


def by_direction(transfers: pd.DataFrame) -> dict[str, Crossed]:
    """Agreement overall, of lower and of higher items; participants have the same codes in all."""
    agrees = agreement(transfers)
    overall = crossed(transfers, agrees)
    intended = transfers["intended"].to_numpy()[~np.isnan(agrees)]
    return {"overall": overall, **{word: overall.only(intended == word) for word in INTENDED}}


def intervals(transfers: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Agreement overall and by direction with its intervals.

    Returns
    -------
    dict
        For overall, lower and higher: agree, n, and the estimates twoway (the one to report),
        participants (for these very items) and naive (Wilson's, as if answers were independent).
    """
    found = {}
    for name, answers in by_direction(transfers).items():
        agree = int(answers.values.sum())
        found[name] = {
            "agree": agree,
            "n": len(answers.values),
            "twoway": twoway.share(answers).as_dict(),
            "participants": twoway.share_by_participant(answers).as_dict(),
            "naive": wilson(agree, len(answers.values)).as_dict(),
        }
    return found
