"""Whether answers change with the order of the trials, or the place on the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey.comparisons import trial_order
from survey.designs import missing
from survey.designs.design import Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems
from survey.statistics.families import corrected
from tests.survey.comparisons.test_mixed_model import balanced

ONCE = Resampling(0, 1)


def ordered(seed: int, change: float = 0.0) -> pd.DataFrame:
    """Ratings in an order of each person's own, which change from its first to its last."""
    table = balanced(12, 8, 2, seed)
    dice = np.random.default_rng(seed)
    order = dice.permuted(np.tile(np.arange(16), (12, 1)), axis=1).ravel()
    return table.assign(position=order, quality=table["quality"] + change * order / 15)


def of(table: pd.DataFrame, by: str = "position") -> trial_order.Trend | None:
    values = table["quality"].to_numpy(dtype=float)
    return trial_order.trend(table, values, "quality", by, ["system"])


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_the_slope_is_that_of_a_regression_with_all_people_and_systems(share: float) -> None:
    table = ordered(0, 1.0)
    is_missing = np.random.default_rng(1).random(len(table)) > share
    table.loc[is_missing, "quality"] = np.nan
    there = table[~is_missing]
    position = there["position"].to_numpy()
    span = np.ptp(position)
    columns = [
        position / span,
        *(there["participant"] == person for person in range(12)),
        there["system"] == "b",
    ]
    known = np.linalg.lstsq(np.column_stack(columns).astype(float), there["quality"], rcond=None)
    trend = of(table)
    assert trend is not None and trend.change.value == pytest.approx(known[0][0], rel=1e-8)
    assert trend.change.n == len(there)
    if share == 1:
        assert trend.p < 0.05 and trend.change.value == pytest.approx(1, abs=0.5)


def test_its_error_is_the_regression_s_clustered_both_ways() -> None:
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.sandwich_covariance import cov_cluster

    table = ordered(3, 0.3)
    people = pd.get_dummies(table["participant"]).to_numpy(dtype=float)
    x = np.column_stack([table["position"] / 15, people, table["system"] == "b"]).astype(float)
    fit = OLS(table["quality"].to_numpy(), x).fit()
    cells = table["participant"] * 100 + table["item"]
    parts = [
        cov_cluster(fit, codes.to_numpy(), use_correction=False)[0, 0] * n / (n - 1)
        for codes, n in ((table["participant"], 12), (table["item"], 8), (cells, 96))
    ]
    variance = max(parts[0] + parts[1] - parts[2], *parts[:2])
    trend = of(table)
    assert trend is not None and trend.change.error == pytest.approx(variance**0.5, rel=1e-6)
    assert trend.change.freedom == 7


@pytest.mark.slow
def test_nothing_is_seldom_found() -> None:
    trends = [of(ordered(seed)) for seed in range(100)]
    assert sum(one.p < 0.05 for one in trends) <= 11


def test_where_no_position_is_told_or_none_varies() -> None:
    table = ordered(0)
    assert of(table.drop(columns="position")) is None
    assert of(table.assign(position=None)) is None
    for change in (4, table["participant"]):
        same = of(table.assign(position=change))
        assert same is not None and same.change.value is None and same.p is None
        assert same.change.note == trial_order.SAME_PLACE
    trends = corrected([of(ordered(0, 2)), of(ordered(1)), same], trial_order.Trend)
    assert trends[2].holm is None and trends[0].holm == pytest.approx(2 * trends[0].p)


def test_designs_say_what_the_order_did() -> None:
    table = ordered(0, 2.0).assign(place=0, stimulus=[f"s{at}" for at in range(192)])
    table["place"] = (table["system"] == "b").astype(int) + table["item"] % 2
    findings = of_systems(table, [Question(name="quality", text="?")], ONCE)
    rows = findings.tables["trend"].set_index("by")
    assert rows.loc["position", "value"] == pytest.approx(2, abs=0.5)
    words = " ".join(findings.sentences)
    assert "Quality changes from the first trial to the last by" in words
    assert "Whether quality changes from the first place on the page to the last cannot be" in words

    one = table["item"] % 2 == 0
    pairs = table.assign(
        system_first=np.where(one, "a", "b"),
        system_second=np.where(one, "b", "a"),
        preference=np.where(table["position"] > 7, 3, 0) * np.where(one, 1, -1),
    )
    question = Question(name="preference", text="?", least=-3, most=3)
    findings = of_preferences(pairs, [question], ONCE)
    (row,) = findings.tables["trend"].to_dict("records")
    assert row["value"] > 2 and any(
        "The size of preferences (preference) changes from" in sentence
        for sentence in findings.sentences
    )

    heard = pairs.assign(system_third="a", same_as="A")
    question = Question(name="same_as", kind="choice", text="?", choices=("A", "B"))
    findings = of_discrimination(heard, [question], ONCE)
    (row,) = findings.tables["order"].to_dict("records")
    assert (row["answer"], row["value"]) == ("A", 1)
    assert any("100.0 % of the answers are “A”" in sentence for sentence in findings.sentences)


def test_what_is_missing_is_said() -> None:
    quality, why = Question(name="quality", text="?"), Question(name="why", kind="text", text="?")
    table = ordered(0).assign(stimulus=[f"s{at}" for at in range(192)], why=None)
    assert missing.sentences(table, [quality, why]) == ["No answer is missing."]
    table.loc[:3, "quality"] = None
    fewer = table[(table["participant"] != 0) | (table["position"] < 8)]
    lines = missing.sentences(fewer, [quality, why])
    assert "1 of 12 participants has answered fewer trials than the 16" in lines[0]
    assert "4.2 % of as many" in lines[0]
    assert "answers say nothing on quality" in lines[1] and len(lines) == 3
    rows = missing.rows(table, [quality, why], ["system"])
    assert [(row["system"], row["answers"], row["missing"]) for row in rows] == [
        ("a", 96, 2),
        ("b", 96, 2),
    ]
