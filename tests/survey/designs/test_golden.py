"""Every table of a small fixed study of every design is as it was."""

from __future__ import annotations

import functools
import io

import pytest

from survey.ratings.csv_file import write_csv
from tests.survey.analysis.test_golden import is_near, rows
from tests.survey.designs import golden

FILES = sorted(
    (design, path.stem)
    for design in golden.DESIGNS
    for path in (golden.FOLDER / design).glob("*.csv")
)

small_tables = functools.cache(golden.small_tables)  # of a design once, not of each of its tables


@pytest.mark.slow
def test_every_table_has_its_file() -> None:
    names = [(design, name) for design in golden.DESIGNS for name in small_tables(design)]
    assert sorted(names) == FILES


@pytest.mark.parametrize(("design", "name"), FILES)
def test_a_table_is_as_it_was(design: str, name: str) -> None:
    text = io.StringIO(newline="")
    write_csv(small_tables(design)[name], text)
    current = rows(text.getvalue())
    golden_rows = rows((golden.FOLDER / design / f"{name}.csv").read_text(encoding="utf-8"))
    assert current[0] == golden_rows[0] and len(current) == len(golden_rows)
    for cells, known in zip(current[1:], golden_rows[1:], strict=True):
        assert all(map(is_near, cells, known)), (cells, known)
