"""The mixed model beside: as the analysis of variance, statsmodels and the two-way interval."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from survey.comparisons import mixed_model, systems
from survey.designs.design import Resampling
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems

SDS = (0.6, 0.5, 0.4, 0.3, 0.8)  # person, piece, person and piece by system, answer


def balanced(people: int, pieces: int, count: int, seed: int) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    person, piece, of_person, of_piece, answer = SDS
    values = (
        dice.normal(0, person, (people, 1, 1))
        + dice.normal(0, piece, (1, pieces, 1))
        + dice.normal(0, of_person, (people, 1, count))
        + dice.normal(0, of_piece, (1, pieces, count))
        + dice.normal(0, answer, (people, pieces, count))
        + np.arange(count) / 3
    )
    at = np.indices(values.shape).reshape(3, -1)
    return pd.DataFrame(
        {
            "participant": at[0],
            "item": at[1],
            "source": at[1].astype(str),
            "system": np.array(list("abcdef"))[at[2]],
            "quality": values.ravel(),
        }
    )


def of(table: pd.DataFrame) -> mixed_model.MixedModel:
    return mixed_model.of_question(table, "quality", systems.differences(table, ["quality"]))


@pytest.mark.parametrize("seed", range(8))
def test_no_term_is_likelier_with_a_little_more_variance(seed: int) -> None:
    """By standard deviation a search ends at 0, which is flat, where a term begins too small."""
    dice = np.random.default_rng(seed)
    system, person, piece = np.indices((3, 6, 4)).reshape(3, -1)
    values = dice.normal(0, 1, 72) + dice.normal(0, 0.2, 6)[person] + dice.normal(0, 0.2, 4)[piece]
    fit = mixed_model.fitted(values, system, person, piece)
    assert fit is not None
    known = np.eye(3)[system]
    terms = mixed_model.terms(person, known), mixed_model.terms(piece, known)
    products = mixed_model._Products(known, values, *terms)
    order = [mixed_model.TERMS.index(term) for term in mixed_model.ORDER]
    at = np.sqrt(fit.variances[order] / fit.residual)
    for more in 0.03 * np.eye(len(at)):
        assert products.solved(at + more).deviance > products.solved(at).deviance - 1e-6


def by_mean_squares(table: pd.DataFrame) -> dict[str, float]:
    """The variances of a complete table, where none comes out below 0: equal to REML's."""
    grid = table.set_index(["participant", "item", "system"])["quality"].unstack([1, 2]).to_numpy()
    people, pieces, count = (table[name].nunique() for name in ("participant", "item", "system"))
    cube = grid.reshape(people, pieces, count)
    p, i, s = (cube.mean(axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))
    ps, pieces_systems = cube.mean(axis=1), cube.mean(axis=0)
    mean = cube.mean()
    square = {
        "p": pieces * count * ((p - mean) ** 2).sum() / (people - 1),
        "i": people * count * ((i - mean) ** 2).sum() / (pieces - 1),
        "ps": pieces * ((ps - p[:, None] - s + mean) ** 2).sum() / ((people - 1) * (count - 1)),
        "is": people
        * ((pieces_systems - i[:, None] - s + mean) ** 2).sum()
        / ((pieces - 1) * (count - 1)),
    }
    left = cube - ps[:, None] - pieces_systems + s - (p[:, None, None] - mean)
    left = left - (i[None, :, None] - mean) + (p[:, None, None] + i[None, :, None] - 2 * mean)
    freedom = people * pieces * count - 1
    freedom -= (people - 1) + (pieces - 1) + (count - 1)
    freedom -= (people - 1 + pieces - 1) * (count - 1)
    square["e"] = (left**2).sum() / freedom
    residual = square["e"]
    return {
        "participant": (square["p"] - square["ps"]) / (pieces * count),
        "piece": (square["i"] - square["is"]) / (people * count),
        "participant_system": (square["ps"] - residual) / pieces,
        "piece_system": (square["is"] - residual) / people,
        "residual": residual,
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_variances_are_those_of_the_analysis_of_variance(seed: int) -> None:
    table = balanced(20, 15, 3, seed)
    known = by_mean_squares(table)
    assert min(known.values()) > 0
    ours = of(table)
    assert ours.variances == pytest.approx(known, rel=2e-3)
    error = np.sqrt(
        2
        * (known["participant_system"] / 20 + known["piece_system"] / 15 + known["residual"] / 300)
    )
    for one in ours.differences:
        assert one.model.error == pytest.approx(error, rel=1e-3)
        assert one.model.value == pytest.approx(one.twoway.value, rel=1e-3)


@pytest.mark.slow
def test_the_two_way_interval_is_as_wide_on_balanced_data() -> None:
    """Two systems: the same variance, but for that two-way never goes below its largest part."""
    ratios = []
    for seed in range(12):
        (one,) = of(balanced(30, 30, 2, seed)).differences
        ratios.append(one.model.error / one.twoway.error)
        assert one.model.freedom == one.twoway.freedom
    assert np.median(ratios) == pytest.approx(1, abs=0.03)
    assert max(ratios) < 1.1 and min(ratios) > 0.9


@pytest.mark.slow
def test_as_statsmodels_with_answers_missing() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM  # takes seconds

    table = balanced(10, 8, 2, 3)
    table = table[np.random.default_rng(0).random(len(table)) < 0.8].reset_index(drop=True)
    both = {
        "ps": table["participant"].astype(str) + table["system"],
        "qs": table["source"] + table["system"],
    }
    formulas = {"1p": "0 + C(participant)", "2q": "0 + C(source)"}
    formulas |= {"3ps": "0 + C(ps)", "4qs": "0 + C(qs)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedLM.from_formula(
            "quality ~ 0 + system",
            table.assign(one=1, **both),
            groups="one",
            re_formula="0",
            vc_formula=formulas,
        )
        theirs = model.fit(method=["bfgs", "powell"])
    weights = np.array([1.0, -1.0])
    covariance = np.asarray(theirs.cov_params())[:2, :2]
    ours = of(table)
    (one,) = ours.differences
    assert one.model.value == pytest.approx(float(weights @ theirs.fe_params), abs=2e-3)
    assert one.model.error == pytest.approx(
        float(np.sqrt(weights @ covariance @ weights)), rel=0.01
    )
    variances = [*theirs.vcomp, theirs.scale]
    assert list((ours.variances or {}).values()) == pytest.approx(variances, rel=0.05, abs=5e-3)


def test_a_term_that_is_not_there_comes_out_at_0() -> None:
    dice = np.random.default_rng(5)
    table = balanced(12, 10, 2, 0).assign(quality=dice.normal(0, 1, 240))
    variances = of(table).variances
    assert variances is not None and variances["residual"] == pytest.approx(1, abs=0.2)
    assert sum(variances.values()) < 1.3


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda table: table[table["participant"] == 0], mixed_model.TOO_FEW),
        (lambda table: table[table["item"] == 0], mixed_model.TOO_FEW),
        (lambda table: table[table["system"] == "a"], mixed_model.TOO_FEW),
        (lambda table: table.assign(quality=3.0), mixed_model.TOO_FEW),
        (lambda table: table.assign(quality=np.nan), mixed_model.TOO_FEW),
        (lambda table: table.iloc[:0], mixed_model.TOO_FEW),
    ],
)
def test_where_there_is_no_model_a_note_says_why(change, note: str) -> None:
    ours = of(change(balanced(4, 3, 2, 0)))
    assert (ours.differences, ours.variances, ours.note) == ([], None, note)


def test_a_search_that_fails_is_a_sentence_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question(name="quality", text="?")
    table = balanced(4, 3, 2, 0).assign(stimulus="x")

    def singular(*of: object, **more: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr("scipy.optimize.minimize", singular)
    findings = of_systems(table, [question], Resampling(0, 1))
    assert (
        "There is no mixed model of quality: the likelihood of the model has no maximum that "
        in (" ".join(findings.sentences))
    )
    (row,) = findings.tables["mixed_model"].to_dict("records")
    assert row["measure"] == "none" and row["note"] == mixed_model.NOT_FOUND
    monkeypatch.setattr(mixed_model, "MOST_TERMS", 3)
    assert of(table).note == mixed_model.TOO_LARGE
