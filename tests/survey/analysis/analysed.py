"""Analyses of simulated studies."""

from __future__ import annotations

from typing import Any

import pandas as pd

from survey.analysis.analyse import analyse
from survey.analysis.results import Results
from survey.statistics.simulation import simulate


def results(table: pd.DataFrame, **options: Any) -> Results:
    return analyse(table, draws=50, **options)


def spread(pieces: int, strengths: tuple[float, ...] = (1.0,)) -> pd.DataFrame:
    """Ratings of segments, in turn of so many pieces; each at every strength."""
    table = simulate({"realistic": 8}, seed=1)
    number = table["item"].str.extract(r"(\d+)$")[0].astype(int)
    table = table.assign(source="p" + (number % pieces).astype(str), segment=number.astype("Int64"))
    return pd.concat(
        [
            table.assign(item=table["item"] + f"-{strength:g}", strength=strength)
            for strength in strengths
        ],
        ignore_index=True,
    )
