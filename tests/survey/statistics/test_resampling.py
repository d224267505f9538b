"""The bootstrap of a study against one that is made answer by answer."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from survey.statistics import bootstrap
from survey.statistics.crossed_design import units
from survey.statistics.resampling import resampled
from tests.survey.statistics.unbalanced import transfers

DRAWS = 300


def weighted(table: pd.DataFrame, seed: int) -> list[np.ndarray]:
    """How often each row counts in each draw, shape (DRAWS,) a row: people's draws come first."""
    people, names = pd.factorize(table["participant"], sort=True)
    music, pieces = pd.factorize(units(table), sort=True)
    random = np.random.default_rng(seed)
    by_people = bootstrap.weights(random, DRAWS, len(names))
    by_music = bootstrap.weights(random, DRAWS, len(pieces))
    return [
        by_people[:, person_row] * by_music[:, item_row]
        for person_row, item_row in zip(people, music, strict=True)
    ]


def assert_near(ends: bootstrap.Percentiles, values: np.ndarray) -> None:
    assert asdict(ends) == pytest.approx(asdict(bootstrap.percentiles(values)))


def test_each_interval_is_of_the_answers_that_its_name_says() -> None:
    table = transfers()
    weights = weighted(table, 4)
    resampled_intervals = resampled(table, DRAWS, seed=4)

    def total(rows: pd.Series) -> np.ndarray:
        return sum((w for w, row in zip(weights, rows, strict=True) if row), np.zeros(DRAWS))

    is_intended = {word: table["intended"] == word for word in ("lower", "higher")}
    is_heard = {word: table["heard"] == word for word in ("lower", "higher")}
    is_answered = table["heard"].notna()
    with np.errstate(invalid="ignore"):
        agree = {word: total(is_intended[word] & is_heard[word]) for word in is_intended}
        answered_count = {word: total(is_intended[word] & is_answered) for word in is_intended}
        for word in is_intended:
            expected = agree[word] / answered_count[word]
            assert_near(resampled_intervals.agreement[word], expected)
        overall = (agree["lower"] + agree["higher"]) / (
            answered_count["lower"] + answered_count["higher"]
        )
        assert_near(resampled_intervals.agreement["overall"], overall)
        scores = table["melody"].to_numpy(float, na_value=np.nan)
        sums = sum(w * s for w, s in zip(weights, scores, strict=True) if not np.isnan(s))
        mean = sums / total(~pd.Series(np.isnan(scores), index=table.index))
        assert_near(resampled_intervals.opinion["melody"], mean)
    assert 0 < resampled_intervals.agreement["lower"].draws < DRAWS  # some draws lack a kind


def test_a_scale_that_nobody_answered_has_no_interval() -> None:
    resampled_intervals = resampled(transfers(), DRAWS, seed=0)
    assert resampled_intervals.opinion["harmony"] == bootstrap.Percentiles(None, None, 0)
