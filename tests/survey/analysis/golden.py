"""A small fixed study, and every table that is made of it, kept as files.

    python -m tests.survey.analysis.golden

writes the tables anew, to be read before they are committed: what changed is what researchers get.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from survey.analysis.analyse import analyse
from survey.analysis.tables import tables
from survey.analyze import from_file
from survey.ratings.csv_file import write_csv

FOLDER = Path(__file__).parent / "golden"
RATINGS = FOLDER / "study" / "ratings.csv"


def small_tables() -> dict[str, pd.DataFrame]:
    """Every table of the study, by name."""
    data = from_file(RATINGS, None)
    return tables(analyse(data.table, data.counts, data.rules, seed=0, draws=200))


def main() -> None:
    """Write all tables."""
    for name, table in small_tables().items():
        write_csv(table, FOLDER / f"{name}.csv")


if __name__ == "__main__":
    main()
