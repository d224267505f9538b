"""The mixed model of preferences: as statsmodels has it, and beside the two-way means."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from survey.comparisons import mixed_model, preference_model, preferences
from survey.designs.design import Resampling
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question

NAMES = np.array(["alder", "birch", "cedar"])
PAIRS = np.array([(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)])
GOOD = np.array([0.0, 0.5, 1.5])
SIDE = 0.3


def answered(people: int, pieces: int, seed: int, share: float = 1.0) -> pd.DataFrame:
    """Everybody hears every pair of every piece, in one order; or a share of that."""
    dice = np.random.default_rng(seed)
    person, piece, pair = np.indices((people, pieces, 3)).reshape(3, -1)
    first, second = PAIRS[2 * pair + (person + piece) % 2].T
    of_person, of_piece = dice.normal(0, 0.5, (people, 3)), dice.normal(0, 0.4, (pieces, 3))
    values = GOOD[second] - GOOD[first] + SIDE + dice.normal(0, 1, len(person))
    values += of_person[person, second] - of_person[person, first]
    values += of_piece[piece, second] - of_piece[piece, first]
    values += dice.normal(0, 0.4, people)[person] + dice.normal(0, 0.3, pieces)[piece]
    table = pd.DataFrame(
        {
            "participant": person,
            "item": piece,
            "source": piece.astype(str),
            "system_first": NAMES[first],
            "system_second": NAMES[second],
            "stimulus": [f"{at}" for at in zip(piece, pair, strict=True)],
            "preference": values,
        }
    )
    return table[dice.random(len(table)) < share].reset_index(drop=True)


def of(table: pd.DataFrame) -> mixed_model.MixedModel:
    compared = preferences.preferences(table, "preference")
    return preference_model.of_question(table, "preference", compared)


@pytest.mark.slow
def test_as_statsmodels_with_answers_missing() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec  # takes seconds

    table = answered(8, 6, 1, 0.8)
    first, second = (
        (table[column].to_numpy()[:, None] == NAMES).astype(float) for column in preferences.COLUMNS
    )
    signs = second - first
    people, pieces = (
        pd.get_dummies(table[name]).to_numpy(float) for name in ("participant", "source")
    )

    def by_system(own: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ik->ijk", own, signs).reshape(len(own), -1)

    matrices = [people, pieces, by_system(people), by_system(pieces)]
    columns = [[str(at) for at in range(one.shape[1])] for one in matrices]
    spec = VCSpec(["1", "2", "3", "4"], [[one] for one in columns], [[one] for one in matrices])
    known = np.column_stack([np.ones(len(table)), signs[:, 1:]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedLM(table["preference"].to_numpy(), known, np.ones(len(table)), exog_vc=spec)
        theirs = model.fit(method=["bfgs", "powell"])
    ours = of(table)
    covariance = np.asarray(theirs.cov_params())[:3, :3]
    for one, weights in zip(ours.differences, ((0, 1, 0), (0, 0, 1), (0, -1, 1)), strict=True):
        assert one.model.value == pytest.approx(float(weights @ theirs.fe_params), abs=3e-3)
        error = float(np.sqrt(np.array(weights) @ covariance @ weights))
        assert one.model.error == pytest.approx(error, rel=0.01)
    variances = [*theirs.vcomp, theirs.scale]
    assert list((ours.variances or {}).values()) == pytest.approx(variances, rel=0.05, abs=5e-3)


def test_differences_are_those_that_are_there_and_add_up() -> None:
    ours = of(answered(60, 40, 0))
    values = {(one.first, one.second): one.model.value for one in ours.differences}
    assert values["birch", "alder"] == pytest.approx(0.5, abs=0.3)
    assert values["cedar", "alder"] == pytest.approx(1.5, abs=0.3)
    both = values["birch", "alder"] + values["cedar", "birch"]
    assert values["cedar", "alder"] == pytest.approx(both, abs=2e-3)
    for one in ours.differences:
        assert one.model.value == pytest.approx(one.twoway.value, abs=0.15)
        assert one.model.freedom == one.twoway.freedom and one.model.low < one.model.high
    variances = ours.variances or {}
    assert variances["participant_system"] == pytest.approx(0.25, abs=0.1)
    assert variances["residual"] == pytest.approx(1, abs=0.1)


def test_the_report_has_it() -> None:
    question = Question(name="preference", text="?", least=-3, most=3)
    table = answered(8, 6, 2)
    table = table.assign(preference=table["preference"].round().clip(-3, 3))
    findings = of_preferences(table.assign(position=0), [question], Resampling(0, 20))
    measures = list(findings.tables["mixed_model"]["measure"])
    assert measures[:3] == ["birch less alder", "cedar less alder", "cedar less birch"]
    assert "A linear mixed model of preference, with participants" in " ".join(findings.sentences)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda table: table[table["participant"] == 0], mixed_model.TOO_FEW),
        (lambda table: table[table["item"] == 0], mixed_model.TOO_FEW),
        (lambda table: table.assign(preference=1.0), mixed_model.TOO_FEW),
        (lambda table: table.assign(preference=np.nan), mixed_model.TOO_FEW),
        (lambda table: table.iloc[:0], mixed_model.TOO_FEW),
        # Of systems that no chain of pairs joins no difference is known.
        (
            lambda table: table.assign(
                system_first=np.where(table["item"] % 2, "x", "alder"),
                system_second=np.where(table["item"] % 2, "y", "birch"),
            ),
            preference_model.UNJOINED,
        ),
    ],
)
def test_where_there_is_no_model_a_note_says_why(change, note: str) -> None:
    ours = of(change(answered(5, 4, 0)))
    assert (ours.differences, ours.variances, ours.note) == ([], None, note)
