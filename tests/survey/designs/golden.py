"""A small fixed study of every design, and every table that is made of it, kept as files.

    python -m tests.survey.designs.golden

writes the tables anew, to be read before they are committed: what changed is what researchers get.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from survey.analyze import from_file
from survey.designs.analysis import analyse, tables
from survey.designs.design import Resampling
from survey.ratings.csv_file import write_csv

FOLDER = Path(__file__).parent / "golden"
DESIGNS = ("mos", "ab", "abx", "mushra")


def small_tables(design: str) -> dict[str, pd.DataFrame]:
    """Every table of the design's study, by name."""
    data = from_file(FOLDER / design / "study" / "ratings.csv", None)
    resampling = Resampling(seed=0, draws=200)
    return tables(
        analyse(data.design, data.table, data.questions, data.counts, data.rules, resampling)
    )


def main() -> None:
    """Write all tables."""
    for design in DESIGNS:
        for name, table in small_tables(design).items():
            write_csv(table, FOLDER / design / f"{name}.csv")


if __name__ == "__main__":
    main()
