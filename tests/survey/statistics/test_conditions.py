"""Models and strengths, each by itself, and compared."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.chance_tests import holm
from survey.statistics.conditions import by_model, conditions, contrasts
from survey.statistics.crossed_design import crossed
from survey.statistics.simulation import simulate
from tests.survey.statistics.unbalanced import transfers


def names(table: pd.DataFrame) -> dict[str, list[str]]:
    """The items of each condition."""
    return {one.name: sorted(set(table.loc[rows, "item"])) for one, rows in conditions(table)}


def test_each_strength_is_a_condition_and_so_are_items_that_tell_none() -> None:
    assert names(transfers()) == {
        "strength 0.5": ["h2", "l2"],
        "strength 1": ["h1", "l1"],
        "strength not told": ["l3"],
    }


def test_one_strength_beside_unknown_ones_is_nothing_to_compare() -> None:
    table = transfers()
    assert conditions(table[table["strength"] != 0.5]) == []
    assert contrasts(table[table["strength"] != 0.5]) == []
    assert conditions(table.iloc[:0]) == []


def test_models_are_never_pooled() -> None:
    table = transfers()
    table["checkpoint"] = ["gmvae", "glsr"] * 5
    by_name = names(table)
    assert list(by_name) == [
        f"model {model}, strength {step}"
        for model in ("glsr", "gmvae")
        for step in ("0.5", "1", "not told")
        if f"model {model}, strength {step}" in by_name
    ]
    assert sum(rows.sum() for _, rows in conditions(table)) == len(table)
    one_strength = table[table["strength"] == 1]
    assert list(names(one_strength)) == ["model glsr", "model gmvae"]
    assert [name for name, _ in by_model(table)] == ["glsr", "gmvae"]
    assert [(name, len(some)) for name, some in by_model(transfers())] == [(None, 10)]
    one_strength["checkpoint"] = one_strength["checkpoint"].where(
        one_strength["participant"] != "a", ""
    )
    assert "model not told" in names(one_strength)


def test_a_contrast_is_the_two_way_difference_of_the_same_peoples_answers() -> None:
    answers = simulate({"realistic": 9}, seed=2, strengths=(0.5, 1.0, 2.0))
    table = answers[answers["kind"] == "transfer"].reset_index(drop=True)
    pairs = contrasts(table)
    assert [(one.first, one.second) for one in pairs[:3]] == [
        ("strength 0.5", "strength 1"),
        ("strength 0.5", "strength 2"),
        ("strength 1", "strength 2"),
    ]
    assert [one.measure for one in pairs[::3]] == ["agreement", *SCALES]
    agrees = crossed(table, agreement(table))
    strength = table["strength"].to_numpy()
    expected = twoway.difference(agrees.only(strength == 0.5), agrees.only(strength == 1))
    assert pairs[0].difference == expected
    t = abs(expected.value) / expected.error
    assert pairs[0].p == pytest.approx(2 * stats.t.sf(t, expected.freedom))
    assert [one.holm for one in pairs[:3]] == holm([one.p for one in pairs[:3]])
    of_scales = [one for one in pairs if one.measure in SCALES]
    assert len(of_scales) == 3 * len(SCALES)
    assert [one.holm for one in of_scales] == holm([one.p for one in of_scales])


def test_a_difference_by_hand() -> None:
    """Two people, two pieces, each at two strengths; the second piece is heard at the larger."""
    table = pd.DataFrame(
        [
            (person, f"{piece}-{strength}", piece, 0, strength, heard)
            for person in "ab"
            for piece, strength, heard in (
                ("x", 1.0, "lower"),
                ("x", 2.0, "lower"),
                ("y", 1.0, "same"),
                ("y", 2.0, "lower"),
            )
        ],
        columns=["participant", "item", "source", "segment", "strength", "heard"],
    ).assign(intended="lower", **dict.fromkeys(SCALES, np.nan))
    one = contrasts(table)[0]
    assert (one.difference.value, one.difference.n) == (pytest.approx(-1 / 2), 8)
    # Scores: strength 1, x 1/8 and y -1/8 for each person; strength 2, none. Sums: by person 0, by
    # piece 1/4 and -1/4, so V = 2 (1/16 + 1/16) = 1/4; cells, 1/8 each, take 4/3 · 4/64 = 1/12 off.
    # By piece alone it is 1/4, the larger.
    assert one.difference.error == pytest.approx(1 / 2)
    assert contrasts(table)[1].difference.value is None  # nobody rated
