"""The bootstrap of a study against one that is made answer by answer."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from survey.statistics import bootstrap
from survey.statistics.crossed_design import segments
from survey.statistics.resampling import resampled
from survey.statistics.signal_detection import criterion, d_prime, loglinear
from tests.survey.statistics.unbalanced import transfers

DRAWS = 300


def weighted(table: pd.DataFrame, seed: int) -> list[np.ndarray]:
    """How often each row counts in each draw, shape (DRAWS,) a row: people's draws come first."""
    people, names = pd.factorize(table["participant"], sort=True)
    music, pieces = pd.factorize(segments(table), sort=True)
    random = np.random.default_rng(seed)
    by_people = bootstrap.weights(random, DRAWS, len(names))
    by_music = bootstrap.weights(random, DRAWS, len(pieces))
    return [
        by_people[:, one] * by_music[:, other] for one, other in zip(people, music, strict=True)
    ]


def assert_near(found: bootstrap.Percentiles, values: np.ndarray) -> None:
    assert asdict(found) == pytest.approx(asdict(bootstrap.percentiles(values)))


def test_each_interval_is_of_the_answers_that_its_name_says() -> None:
    table = transfers()
    weights = weighted(table, 4)
    found = resampled(table, DRAWS, seed=4)

    def total(rows: pd.Series) -> np.ndarray:
        return sum((w for w, row in zip(weights, rows, strict=True) if row), np.zeros(DRAWS))

    meant = {word: table["intended"] == word for word in ("lower", "higher")}
    heard = {word: table["heard"] == word for word in ("lower", "higher")}
    answered = table["heard"].notna()
    with np.errstate(invalid="ignore"):
        agree = {word: total(meant[word] & heard[word]) for word in meant}
        asked = {word: total(meant[word] & answered) for word in meant}
        for word in meant:
            expected = agree[word] / asked[word]
            assert_near(found.agreement[word], expected)
        both = (agree["lower"] + agree["higher"]) / (asked["lower"] + asked["higher"])
        assert_near(found.agreement["overall"], both)
        scores = table["melody"].to_numpy(float, na_value=np.nan)
        sums = sum(w * s for w, s in zip(weights, scores, strict=True) if not np.isnan(s))
        mean = sums / total(~pd.Series(np.isnan(scores), index=table.index))
        assert_near(found.opinion["melody"], mean)
    usable = (asked["lower"] > 0) & (asked["higher"] > 0)
    for answer, other in (("lower", "higher"), ("higher", "lower")):
        hits = loglinear(agree[answer], asked[answer])
        alarms = loglinear(total(meant[other] & heard[answer]), asked[other])
        for name, measure in (("d_prime", d_prime), ("criterion", criterion)):
            values = np.where(usable, measure(hits, alarms), np.nan)
            assert_near(getattr(found.detection[answer], name), values)
    assert 0 < found.detection["lower"].d_prime.draws < DRAWS  # some draws lack a kind


def test_a_scale_that_nobody_answered_has_no_interval() -> None:
    found = resampled(transfers(), DRAWS, seed=0)
    assert found.opinion["harmony"] == bootstrap.Percentiles(None, None, 0)
