"""A linear mixed model of ratings, beside the two-way intervals, to be compared with them.

Ratings are a mean of each system, and normal terms of the participant, the piece, the participant
with this system, the piece with this system, and the answer. Variances are estimated by restricted
maximum likelihood, profiled over the fixed effects and the residual as in Bates, Maechler, Bolker &
Walker (2015), Journal of Statistical Software 67(1). The tests compare with statsmodels' MixedLM,
which is not a requirement and takes the inverse of larger matrices; intervals have the degrees of
freedom of the two-way ones.

It takes steps of a scale for equal; `ordinal_model` does not. `preference_model` fits it to
preferences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used
from scipy import sparse

from survey.analysis.number_format import number
from survey.comparisons import systems
from survey.statistics.crossed_design import units
from survey.statistics.estimate import NONE, Estimate, around

MOST_TERMS = 2000  # pieces, and pieces by system: the side of a matrix
TERMS = ("participant", "piece", "participant_system", "piece_system")
ORDER = ("participant", "participant_system", "piece", "piece_system")  # of the deviance
DIGITS = 4
DUST = 1e-4  # of the residual's standard deviation: what the search leaves of 0
TOO_FEW = NONE + "the model takes two systems, participants and pieces, and answers that vary"
TOO_LARGE = NONE + "there are too many pieces and systems for the model"
NOT_FOUND = NONE + "the likelihood of the model has no maximum that was found"


@dataclass(frozen=True)
class MixedFit:
    """A fitted model.

    Attributes
    ----------
    means : float array, shape (systems,)
    covariance : float array, shape (systems, systems)
    variances : float array, shape (`TERMS`,)
    residual : float
        A variance.
    """

    means: np.ndarray
    covariance: np.ndarray
    variances: np.ndarray
    residual: float


@dataclass(frozen=True)
class ModelDifference:
    """How much more the first system is given than the second, by the model and two-way."""

    question: str
    first: str
    second: str
    model: Estimate
    twoway: Estimate


@dataclass(frozen=True)
class MixedModel:
    """The model of a question.

    Attributes
    ----------
    question : str
    differences : list of ModelDifference
    variances : dict or None
        By term, "residual" too.
    note : str or None
        Why there is none.
    """

    question: str
    differences: list[ModelDifference]
    variances: dict[str, float] | None
    note: str | None = None


def of_question(
    table: pd.DataFrame, question: str, two_way: Sequence[systems.Difference]
) -> MixedModel:
    """The model of a question's ratings; a note where there is none, never an error."""
    pairs = [one for one in two_way if one.question == question]
    values = pd.to_numeric(table[question]).to_numpy(dtype=float, na_value=np.nan)
    has_value = ~np.isnan(values)
    chosen = table[has_value]
    names = sorted(set(chosen["system"]))
    codes = levels(chosen, names)
    note = why_not(values[has_value], codes)
    fit = None if note else fitted(values[has_value], *codes)
    if fit is None:
        return MixedModel(question, [], None, note or NOT_FOUND)
    differences = []
    for one in pairs:
        if one.first not in names or one.second not in names:
            continue
        weights = np.zeros(len(names))
        weights[names.index(one.first)], weights[names.index(one.second)] = 1, -1
        model = estimated(fit, weights, one.difference)
        differences.append(ModelDifference(question, one.first, one.second, model, one.difference))
    return MixedModel(question, differences, variances_of(fit))


def estimated(fit: MixedFit, weights: np.ndarray, two_way: Estimate) -> Estimate:
    """A sum of a fit's means by weights, with the degrees of freedom of the two-way estimate."""
    value = rounded(float(weights @ fit.means))
    if two_way.freedom is None:
        return Estimate(value, n=two_way.n, note=TOO_FEW)
    error = rounded(float(np.sqrt(weights @ fit.covariance @ weights)))
    return around(value, error, two_way.freedom, two_way.n)


def variances_of(fit: MixedFit) -> dict[str, float]:
    """A fit's variances by term."""
    variances = [rounded(float(variance)) for variance in (*fit.variances, fit.residual)]
    return dict(zip((*TERMS, "residual"), variances, strict=True))


def rounded(value: float) -> float:
    """A value to the digits that the search for the maximum gives alike on all processors."""
    return float(f"{value:.{DIGITS}g}")


def sentences(models: Sequence[MixedModel]) -> list[str]:
    """How far mixed models say the same as the two-way intervals."""
    lines = []
    for model in models:
        name = f"mixed model of {model.question.replace('_', ' ')}"
        if model.variances is None:
            note = (model.note or "").removeprefix(NONE)
            lines.append(f"There is no {name}: {note}.")
            continue
        pairs = [
            (one.model, one.twoway)
            for one in model.differences
            if one.model.value is not None and one.twoway.value is not None
        ]
        ratios = [ours.error / two.error for ours, two in pairs if ours.error and two.error]
        if not ratios:
            continue
        apart = max(abs(ours.value - two.value) for ours, two in pairs)  # type: ignore[operator]
        lines.append(
            f"A linear {name}, with participants and pieces, and both by system, as random terms, "
            f"gives differences up to {number(apart)} points from these, with standard errors "
            f"{number(min(ratios))} to {number(max(ratios))} times as large."
        )
    return lines


def levels(table: pd.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of every row's system, participant and piece, from 0."""
    system = pd.Categorical(table["system"], categories=list(names)).codes.astype(int)
    people = pd.factorize(table["participant"], sort=True)[0]
    return system, people, pd.factorize(units(table), sort=True)[0]


def why_not(values: np.ndarray, codes: Sequence[np.ndarray]) -> str | None:
    """Why answers, with the numbers of their systems, people and pieces, have no model."""
    systems, _, pieces = levels = [int(of.max(initial=-1)) + 1 for of in codes]
    if min(levels) < 2 or len(values) <= systems + 1 or np.ptp(values) == 0:
        return TOO_FEW
    return TOO_LARGE if pieces * (systems + 1) > MOST_TERMS else None


def fitted(
    values: np.ndarray, system: np.ndarray, person: np.ndarray, piece: np.ndarray
) -> MixedFit | None:
    """The model of values, shape (n,); None where no maximum was found.

    Parameters
    ----------
    system, person, piece : int arrays, shape (n,)
        From 0.
    """
    known = np.eye(int(system.max()) + 1)[system]
    fit = fitted_by(values - values.mean(), known, terms(person, known), terms(piece, known))
    return None if fit is None else replace(fit, means=fit.means + values.mean())


def fitted_by(
    values: np.ndarray, known: np.ndarray, people: sparse.csr_array, pieces: sparse.csr_array
) -> MixedFit | None:
    """The model of values by columns of which each has a mean; None where no maximum was found.

    Parameters
    ----------
    values : float array, shape (n,)
    known : float array, shape (n, columns)
    people, pieces : sparse arrays, shape (n, (columns + 1) * people or pieces)
        Of everybody, and every piece, a term of their own, and one for each system.
    """
    scale = float(values.std())
    products = _Products(known, values / scale, people, pieces)
    try:
        with np.errstate(all="ignore"):
            # Searched by variance: by standard deviation every 0 is flat, and a search that meets
            # one stays there, although more variance may be likelier.
            best = scipy.optimize.minimize(
                lambda variances: products.solved(np.sqrt(variances)).deviance,
                np.full(len(TERMS), 0.25),
                method="L-BFGS-B",
                bounds=[(0, 1e6)] * len(TERMS),
                options={"maxiter": 200, "ftol": 1e-13, "gtol": 1e-7},
            )
            relative = np.sqrt(np.where(best.x < DUST**2, 0.0, best.x))
            solved = products.solved(relative)
    except (np.linalg.LinAlgError, ValueError):
        return None
    # Its line search may stop at the rounding of differences, which is a maximum all the same.
    near = float(np.abs(np.where(best.x > 0, best.jac, np.minimum(best.jac, 0))).max()) < 0.01
    if not (best.success or near) or not np.isfinite(best.fun) or solved.residual <= 0:
        return None
    inverse = scipy.linalg.solve_triangular(solved.root, np.eye(len(solved.root)), lower=True)
    residual = solved.residual * scale**2
    return MixedFit(
        solved.means * scale,
        inverse.T @ inverse * residual,
        relative[list(map(ORDER.index, TERMS))] ** 2 * residual,
        float(residual),
    )


def terms(of: np.ndarray, by_system: np.ndarray) -> sparse.csr_array:
    """Every person's, or piece's, term of their own and terms by system, beside each other.

    Parameters
    ----------
    of : int array, shape (n,)
    by_system : float array, shape (n, systems)
        How often an answer has the term of each system.
    """
    row, system = np.nonzero(by_system)
    n, size = len(of), by_system.shape[1] + 1
    columns = np.concatenate([of * size, of[row] * size + 1 + system])
    entries = np.concatenate([np.ones(n), by_system[row, system]])
    shape = (n, (int(of.max()) + 1) * size)
    return sparse.csr_array((entries, (np.concatenate([np.arange(n), row]), columns)), shape=shape)


@dataclass(frozen=True)
class _Solved:
    """The deviance at some relative standard deviations, and what is estimated there."""

    deviance: float
    means: np.ndarray
    root: np.ndarray  # lower triangle, whose square is the inverse of the means' covariance
    residual: float


class _Products:
    """What the deviance is made of. People's terms, of which no two share one, go first."""

    def __init__(
        self, x: np.ndarray, y: np.ndarray, people: sparse.csr_array, pieces: sparse.csr_array
    ) -> None:
        self.size = x.shape[1] + 1  # terms of a person, or a piece
        self.count = pieces.shape[1]
        known = np.column_stack([x, y])
        rows = people.shape[1] // self.size
        own = (people.T @ people).tocoo()
        self.own = np.zeros((rows, self.size, self.size))
        self.own[own.row // self.size, own.row % self.size, own.col % self.size] = own.data
        both = np.column_stack([(people.T @ pieces).toarray(), people.T @ known])
        self.both = both.reshape(rows, self.size, -1)
        self.pieces = np.column_stack([(pieces.T @ pieces).toarray(), pieces.T @ known])
        self.known = known.T @ known
        self.free = len(y) - x.shape[1]

    def solved(self, relative: np.ndarray) -> _Solved:
        """The restricted deviance, but for a constant, at relative sds in the order of `ORDER`."""
        of_person, of_piece = (
            np.repeat(pair, [1, self.size - 1]) for pair in (relative[:2], relative[2:])
        )
        weights = np.tile(of_piece, self.count // self.size)
        inner = of_person[:, None] * self.own * of_person + np.eye(self.size)
        lower = np.linalg.cholesky(inner)
        columns = np.concatenate([weights, np.ones(self.size)])
        half = np.linalg.solve(lower, of_person[:, None] * self.both * columns)
        flat = half.reshape(-1, half.shape[-1])
        product = flat.T @ flat
        m = self.count
        difference = weights[:, None] * self.pieces * columns - product[:m]
        difference[:, :m] += np.eye(m)
        second = np.linalg.cholesky(difference[:, :m])
        rest = scipy.linalg.solve_triangular(second, difference[:, m:], lower=True)
        known = self.known - product[m:, m:] - rest.T @ rest
        root = np.linalg.cholesky(known[:-1, :-1])
        short = scipy.linalg.solve_triangular(root, known[:-1, -1], lower=True)
        squares = float(known[-1, -1] - short @ short)
        deviance = self.free * np.log(squares / self.free)
        for triangle in (lower, second, root):
            deviance += 2 * np.log(np.diagonal(triangle, axis1=-2, axis2=-1)).sum()
        means = scipy.linalg.solve_triangular(root.T, short)
        return _Solved(float(deviance), means, root, squares / self.free)
