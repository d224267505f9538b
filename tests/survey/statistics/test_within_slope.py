"""The slope within people and what they heard: statsmodels' regression on all their dummies."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as formulas

from survey.statistics.within_slope import within_slope

SEGMENTS_EACH = 2


def ratings(people: int = 9, pieces: int = 5) -> pd.DataFrame:
    """Everybody hears most segments at most of three strengths."""
    random = np.random.default_rng(4)
    person, segment, strength = np.indices((people, pieces * SEGMENTS_EACH, 3)).reshape(3, -1)
    rows = pd.DataFrame(
        {
            "participant": [f"p{one}" for one in person],
            "item": [f"s{one}-{at}" for one, at in zip(segment, strength, strict=True)],
            "source": [f"piece {one // SEGMENTS_EACH}" for one in segment],
            "segment": segment % SEGMENTS_EACH,
            "music": [f"m{one}" for one in segment],
            "at": strength / 2,
            "value": random.normal(size=len(person)) + person / 3 + segment / 5 + strength / 4,
        }
    )
    return rows.sample(frac=0.8, random_state=1).reset_index(drop=True)


def test_slope_and_error_are_those_of_a_regression_with_dummies_clustered_both_ways() -> None:
    table = ratings()
    values, at = table["value"].to_numpy(), table["at"].to_numpy()
    slope = within_slope(table, values, at, [table["participant"], table["music"]])
    model = formulas.ols("value ~ at + C(participant) + C(music)", table)

    def variance(by: pd.Series) -> float:
        codes = pd.factorize(by)[0]
        groups = {"groups": codes, "use_correction": False}
        clusters = codes.max() + 1
        error = model.fit(cov_type="cluster", cov_kwds=groups).bse["at"]
        return float(error**2 * clusters / (clusters - 1))

    cells = table["participant"] + table["source"]
    one_way = [variance(table[name]) for name in ("participant", "source", "music")]
    both = one_way[0] + one_way[1] - variance(cells)
    assert slope.value == pytest.approx(model.fit().params["at"])
    assert slope.error == pytest.approx(math.sqrt(max(both, *one_way)))
    assert slope.freedom == 4 and slope.n == len(table)


def test_who_is_easy_to_please_and_what_is_easy_to_hear_make_no_slope() -> None:
    table = ratings()
    alike = table["segment"] + table["participant"].str[1:].astype(float)
    values, at = alike.to_numpy(), table["at"].to_numpy()
    slope = within_slope(table, values, at, [table["participant"], table["music"]])
    assert slope.value == pytest.approx(0, abs=1e-9)


def test_what_does_not_vary_within_them_has_no_slope() -> None:
    table = ratings()
    values = table["value"].to_numpy()
    of_segments = table["music"].str[1:].to_numpy(dtype=float)
    assert within_slope(table, values, of_segments, [table["music"]]) is None
    assert within_slope(table, values, np.full(len(table), np.nan), [table["music"]]) is None
    people = within_slope(table, values, of_segments, [table["participant"]])
    assert people is not None and people.value > 0


def test_what_is_missing_counts_for_nothing() -> None:
    table = ratings()
    values, at = table["value"].to_numpy(), table["at"].to_numpy().copy()
    groups = ("participant", "music")
    known = table.index % 3 > 0
    at[~known] = np.nan
    some = table[known]
    expected = within_slope(some, values[known], at[known], [some[name] for name in groups])
    assert within_slope(table, values, at, [table[name] for name in groups]) == expected
