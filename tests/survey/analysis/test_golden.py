"""Every table of a small fixed study is as it was."""

from __future__ import annotations

import csv
import io
import math

import pandas as pd
import pytest

from survey.ratings.csv_file import write_csv
from tests.survey.analysis import golden

NAMES = sorted(path.stem for path in golden.FOLDER.glob("*.csv"))


@pytest.fixture(scope="module")
def small_tables() -> dict[str, pd.DataFrame]:
    return golden.small_tables()


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def is_near(cell: str, golden_cell: str) -> bool:
    """Whether two cells say the same; processors differ in a number's last digits."""
    try:
        return math.isclose(float(cell), float(golden_cell), rel_tol=1e-6, abs_tol=1e-9)
    except ValueError:
        return cell == golden_cell


@pytest.mark.slow
def test_every_table_has_its_file(small_tables: dict[str, pd.DataFrame]) -> None:
    assert sorted(small_tables) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_as_it_was(name: str, small_tables: dict[str, pd.DataFrame]) -> None:
    text = io.StringIO(newline="")
    write_csv(small_tables[name], text)
    current = rows(text.getvalue())
    golden_cells = rows((golden.FOLDER / f"{name}.csv").read_text(encoding="utf-8"))
    assert current[0] == golden_cells[0] and len(current) == len(golden_cells)
    for cells, known in zip(current[1:], golden_cells[1:], strict=True):
        assert all(map(is_near, cells, known)), (cells, known)
