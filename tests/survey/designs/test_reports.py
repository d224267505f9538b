"""What the reports of designs say, of the small fixed study of each."""

from __future__ import annotations

import pandas as pd
import pytest

from survey.analysis import participant_sentences
from survey.analyze import StudyRatings, from_file
from survey.designs.analysis import DesignResults, analyse
from survey.designs.design import Resampling
from tests.survey.designs.golden import DESIGNS, FOLDER


def data(design: str) -> StudyRatings:
    return from_file(FOLDER / design / "study" / "ratings.csv", None)


def results(of: StudyRatings, table: pd.DataFrame | None = None) -> DesignResults:
    chosen = of.table if table is None else table
    return analyse(
        of.design, chosen, of.questions, of.counts, of.rules, Resampling(seed=0, draws=20)
    )


@pytest.mark.parametrize("design", DESIGNS)
def test_whoever_did_the_headphone_check_is_counted(design: str) -> None:
    of = data(design)
    names = sorted(set(of.table["participant"]))
    score = of.table["participant"].map({name: 4 + at % 2 for at, name in enumerate(names)})
    found = results(of, of.table.assign(headphones_right=score.astype("Int64")))
    words = " ".join(participant_sentences.flow(found.flow))
    check = found.flow.headphones
    assert check is not None and check.checked == found.flow.kept
    assert f"{check.passed} passed it" in words and 0 < check.passed < check.checked
    assert "agree" not in words  # nothing is intended
