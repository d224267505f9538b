"""Anchors are rated beside the systems, and are none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from survey.analyze import from_file
from survey.building import stimuli_file
from survey.building.study_spec import BuildError
from survey.designs.analysis import analyse, tables
from survey.designs.design import Resampling
from survey.statistics.chance_tests import holm
from tests.survey.designs.golden import FOLDER


def tables_of(design: str, **renamed: str) -> dict[str, pd.DataFrame]:
    """Tables of a small study, some of its systems called otherwise."""
    of = from_file(FOLDER / design / "study" / "ratings.csv", None)
    names = [name for name in of.table if name.startswith("system")]
    table = of.table.assign(**{name: of.table[name].replace(renamed) for name in names})
    questions = [
        one.model_copy(update={"margin": 0.4 if one.choices else 1.0}) for one in of.questions
    ]
    of = replace(of, table=table, questions=questions)
    results = analyse(of.design, table, questions, of.counts, {}, Resampling(0, 20))
    return tables(results)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "name", "columns"),
    [
        ("mushra", "differences", ["first", "second"]),
        ("mos", "differences", ["first", "second"]),
        ("ab", "preferences", ["first", "second"]),
        ("abx", "discrimination", ["pair"]),
    ],
)
def test_nothing_is_tested_of_an_anchor(design: str, name: str, columns: list[str]) -> None:
    tables = tables_of(design, cedar="anchor-low")
    rows = tables[name][tables[name]["participants"] == "with exclusions"]
    has_anchor = rows[columns].agg(" ".join, axis=1).str.contains("anchor-")
    assert has_anchor.any() and not has_anchor.all()
    assert rows[has_anchor]["p"].isna().all() and rows[has_anchor]["holm"].isna().all()
    assert rows[has_anchor]["low"].notna().any()  # their intervals stay
    others = rows[~has_anchor]
    assert others["holm"].tolist() == pytest.approx(holm(others["p"].tolist()))
    equivalence = tables["equivalence"].astype(str).agg(" ".join, axis=1)
    assert not equivalence.str.contains("anchor-").any() and len(equivalence)


def test_a_system_is_not_written_over_by_an_anchor(tmp_path: Path) -> None:
    table = tmp_path / "stimuli.csv"
    table.write_text("item,system,file,reference\none,anchor-7kHz,a.wav,r.wav\n")
    items = stimuli_file.read(table)
    assert list(stimuli_file.with_anchors(items, [3.5])[0].files) == [
        "reference",
        "anchor-7kHz",
        "anchor-3.5kHz",
    ]
    with pytest.raises(BuildError, match=r"has a system 'anchor-7kHz', which is what the anchor"):
        stimuli_file.with_anchors(items, [3.5, 7])
