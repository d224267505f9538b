"""The linear mixed model of preferences, beside their two-way means.

A preference for the second of two clips is how much better its system is than the first one's, how
much the second clip is preferred whichever it is, and normal terms of participant and piece:
for either clip, and for each system. All pairs tell of every difference, so that a mean preference
of one pair may be another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from survey.comparisons import mixed_model
from survey.comparisons.mixed_model import NOT_FOUND, MixedModel, ModelDifference
from survey.comparisons.preferences import COLUMNS, Preference, numbers
from survey.statistics.crossed_design import units
from survey.statistics.estimate import NONE

UNJOINED = NONE + "some systems are joined by no chain of pairs, so that nothing compares them"


def of_question(table: pd.DataFrame, question: str, compared: Sequence[Preference]) -> MixedModel:
    """The model of a question's preferences; a note where there is none, never an error.

    Parameters
    ----------
    table : DataFrame
        As of `survey.comparisons.preferences.preferences`, whose results are `compared`.
    """
    values = numbers(table, question)
    has_value = ~np.isnan(values)
    chosen, values = table[has_value], values[has_value]
    names = sorted({*chosen[COLUMNS[0]], *chosen[COLUMNS[1]]})
    first, second = (
        pd.Categorical(chosen[column], categories=names).codes.astype(int) for column in COLUMNS
    )
    person = pd.factorize(chosen["participant"], sort=True)[0]
    piece = pd.factorize(units(chosen), sort=True)[0]
    note = mixed_model.why_not(values, (np.concatenate([first, second]), person, piece))
    if note:
        return MixedModel(question, [], None, note)
    signs = np.eye(len(names))[second] - np.eye(len(names))[first]
    # Of how good systems are only differences are known: the first is 0, the order in its place.
    known = np.column_stack([np.ones(len(values)), signs[:, 1:]])
    if np.linalg.matrix_rank(known.T @ known) < len(names):
        return MixedModel(question, [], None, UNJOINED)
    by_people, by_pieces = (mixed_model.terms(of, signs) for of in (person, piece))
    fit = mixed_model.fitted_by(values, known, by_people, by_pieces)
    if fit is None:
        return MixedModel(question, [], None, NOT_FOUND)
    differences = []
    for one in compared:
        weights = np.eye(len(names))[names.index(one.second)]
        weights = weights - np.eye(len(names))[names.index(one.first)]
        weights[0] = 0
        model = mixed_model.estimated(fit, weights, one.strength)
        differences.append(ModelDifference(question, one.second, one.first, model, one.strength))
    return MixedModel(question, differences, mixed_model.variances_of(fit))
