"""Ratings to CSV and back, as texts."""

from __future__ import annotations

import io

import pandas as pd

from survey.ratings import rating_table


def read(text: str) -> pd.DataFrame:
    return rating_table.read_csv(io.StringIO(text))


def as_csv(table: pd.DataFrame) -> str:
    text = io.StringIO()
    rating_table.write_csv(table, text)
    return text.getvalue()
