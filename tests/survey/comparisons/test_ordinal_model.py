"""The ordinal mixed model: as R's clmm and statsmodels' OrderedModel, and right about its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey.comparisons import mixed_model, ordinal_model, systems
from survey.comparisons.ordinal_model import _Likelihood, fitted, of_question
from survey.designs.design import Resampling
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems

# Bitterness of wine from 8 bottles, a row each, to 9 judges (Randall 1989, Biometrical Journal 31).
# The first four are of cold wine; in each four the last two had contact between juice and skins.
WINE = np.array(
    [
        [2, 1, 2, 3, 2, 3, 1, 2, 1],
        [3, 2, 3, 2, 3, 2, 1, 2, 2],
        [3, 1, 3, 3, 4, 3, 2, 2, 3],
        [4, 3, 2, 2, 3, 2, 2, 3, 2],
        [4, 2, 5, 3, 3, 2, 2, 3, 3],
        [4, 3, 5, 2, 3, 4, 3, 3, 2],
        [5, 5, 4, 5, 3, 5, 2, 3, 4],
        [5, 4, 4, 3, 3, 4, 3, 4, 4],
    ],
    dtype=float,
)
CUTS = (-2.0, -0.5, 1.0, 2.5)
GOOD = (0.0, 0.6, 1.2)


def answers(
    people: int, pieces: int, seed: int, sds: tuple[float, ...] = (1.0, 0.6, 0.5, 0.4)
) -> pd.DataFrame:
    """A complete table of the model itself; terms as `mixed_model.TERMS`."""
    dice, count = np.random.default_rng(seed), len(GOOD)
    shapes = (people, 1, 1), (1, pieces, 1), (people, 1, count), (1, pieces, count)
    line = sum((dice.normal(0, sd, shape) for sd, shape in zip(sds, shapes, strict=True)), 0)
    heard = np.asarray(GOOD) + line + dice.logistic(size=(people, pieces, count))
    steps = 1 + (heard[..., None] > CUTS).sum(axis=-1)
    at = np.indices(steps.shape).reshape(3, -1)
    names = np.array(list("abc"), dtype=object)[at[2]]
    columns = {"participant": at[0], "item": at[1], "source": "", "system": names}
    return pd.DataFrame({**columns, "quality": steps.ravel()})


def of(table: pd.DataFrame) -> mixed_model.MixedModel:
    return of_question(table, "quality", systems.differences(table, ["quality"]))


def test_as_clmm_of_r() -> None:
    """The results that the package's tutorial prints (Christensen 2015), to all its digits."""
    bottle, judge = np.indices(WINE.shape).reshape(2, -1)
    x = np.column_stack([bottle >= 4, bottle % 4 >= 2]).astype(float)
    fit = fitted(WINE.ravel(), x, [judge])
    assert fit is not None
    assert fit.effects == pytest.approx([3.0630, 1.8349], abs=6e-5)
    assert np.sqrt(fit.covariance.diagonal()) == pytest.approx([0.5954, 0.5125], abs=1e-4)
    assert fit.thresholds == pytest.approx([-1.6237, 1.5134, 4.2285, 6.0888], abs=6e-5)
    assert fit.deviations == pytest.approx([1.131], abs=6e-4)
    assert fit.log_likelihood == pytest.approx(-81.56541, abs=6e-6)


def test_as_statsmodels_where_no_term_is_there() -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # takes seconds

    table = answers(12, 8, 3, (0, 0, 0, 0))
    shuffled = table.sample(frac=1, random_state=0).reset_index(drop=True)
    table[["system", "quality"]] = shuffled[["system", "quality"]]  # people and pieces tell nothing
    x = (table["system"].to_numpy()[:, None] == np.array(["b", "c"])).astype(float)
    fit = fitted(table["quality"].to_numpy(dtype=float), x, [np.zeros(len(table), dtype=int)])
    theirs = OrderedModel(table["quality"], x, distr="logit").fit(method="bfgs", disp=False)
    assert fit is not None and fit.deviations == pytest.approx([0], abs=1e-6)
    assert fit.effects == pytest.approx(theirs.params.to_numpy()[:2], abs=1e-4)
    assert np.sqrt(fit.covariance.diagonal()) == pytest.approx(theirs.bse.to_numpy()[:2], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)


def test_the_gradient_is_the_likelihoods() -> None:
    """Of crossed terms, which the known answers do not have."""
    table = answers(7, 5, 1)
    system, person, piece = mixed_model.levels(table, list("abc"))
    terms = [person, piece, person * 3 + system, piece * 3 + system]
    values = table["quality"].to_numpy(dtype=float)
    likelihood = _Likelihood(values, np.eye(3)[system][:, 1:], terms)
    dice = np.random.default_rng(0)
    for _ in range(3):
        at = likelihood.start + dice.uniform(0, 0.3, len(likelihood.start))
        steps = 1e-5 * np.eye(len(at))
        slopes = [
            (likelihood.loss(at + step)[0] - likelihood.loss(at - step)[0]) / 2e-5 for step in steps
        ]
        assert likelihood.loss(at)[1] == pytest.approx(slopes, abs=1e-4)


@pytest.mark.parametrize("seed", [3, 4, 9, 21, 36])
def test_no_term_is_likelier_with_a_little_more_variance(seed: int) -> None:
    """By standard deviation a search ends at 0, which is flat, where a term begins too small."""
    table = answers(6, 4, seed, (0.3, 0.3, 0.3, 0.3))
    system, person, piece = mixed_model.levels(table, list("abc"))
    terms = [person, piece, person * 3 + system, piece * 3 + system]
    values, x = table["quality"].to_numpy(dtype=float), np.eye(3)[system][:, 1:]
    fit, likelihood = fitted(values, x, terms), _Likelihood(values, x, terms)
    assert fit is not None
    gaps = np.log(np.diff(fit.thresholds))
    at = np.concatenate([fit.thresholds[:1], gaps, fit.effects, fit.deviations])
    for more in 0.03 * np.eye(len(at))[likelihood.is_deviation]:
        assert likelihood.loss(at + more)[0] > likelihood.loss(at)[0] - 1e-6


@pytest.mark.slow
def test_its_intervals_hold_the_truth() -> None:
    """Of systems' differences in logits, in studies of 12 people and 8 pieces."""
    held, ratios = [], []
    for seed in range(60):
        for one in of(answers(12, 8, seed)).differences:
            true = GOOD["abc".index(one.first)] - GOOD["abc".index(one.second)]
            assert one.model.low is not None and one.model.high is not None
            held.append(one.model.low <= true <= one.model.high)
            ratios.append((one.model.value or 0) / true)
    assert np.mean(held) >= 0.92
    assert np.mean(ratios) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda table: table[table["participant"] == 0], ordinal_model.TOO_FEW),
        (lambda table: table[table["item"] == 0], ordinal_model.TOO_FEW),
        (lambda table: table[table["system"] == "a"], ordinal_model.TOO_FEW),
        (lambda table: table.assign(quality=3), ordinal_model.TOO_FEW),
        (lambda table: table.assign(quality=np.nan), ordinal_model.TOO_FEW),
        (lambda table: table.iloc[:0], ordinal_model.TOO_FEW),
        # everybody puts one above all others: the odds have no end
        (
            lambda table: table.assign(quality=np.where(table["system"] == "c", 5, 1)),
            ordinal_model.NOT_FOUND,
        ),
    ],
)
def test_where_there_is_no_model_a_note_says_why(change, note: str) -> None:
    model = of(change(answers(4, 3, 0)))
    assert (model.differences, model.variances, model.note) == ([], None, note)


def test_too_large_a_study_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordinal_model, "MOST_TERMS", 20)
    assert of(answers(6, 4, 0)).note == ordinal_model.TOO_LARGE


@pytest.mark.slow
def test_the_report_compares_it_with_the_means() -> None:
    question = Question(name="quality", text="?")
    table = answers(12, 8, 0).assign(stimulus="x")
    findings = of_systems(table, [question], Resampling(0, 1))
    words = " ".join(findings.sentences)
    assert "An ordinal mixed model of quality" in words and "Of 3 comparisons" in words
    rows = findings.tables["ordinal_model"]
    assert list(rows["measure"][:3]) == ["a less b", "a less c", "b less c"]
    assert (rows["value"][3:] >= 0).all()
    slider = Question(name="quality", kind="slider", text="?", least=0, most=100)
    assert "ordinal_model" not in of_systems(table, [slider], Resampling(0, 1)).tables
