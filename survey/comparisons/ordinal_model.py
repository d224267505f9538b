"""An ordinal mixed model of a scale's steps, beside the linear one and the two-way intervals.

A cumulative link mixed model with a logit link: that an answer is at step k at most has the logit
``threshold[k] - (effect of the system + normal terms)``, terms of the participant, the piece, and
both by system, as in `mixed_model`. No distance between steps is taken for granted. Terms are
integrated out by Laplace's approximation, as by clmm of R's package ordinal (Christensen 2019),
whose results the tests compare with; errors are of the whole likelihood's curvature at its maximum.
Intervals have the degrees of freedom of the two-way ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used
from scipy import sparse

from survey.comparisons import systems
from survey.comparisons.mixed_model import TERMS, TOO_FEW, MixedModel, ModelDifference
from survey.comparisons.mixed_model import levels as levels_of
from survey.statistics.estimate import NONE, Estimate, around

MOST_TERMS = 1200  # people and pieces, and both by system: the side of a matrix
MOST_ANSWERS, MOST_STEPS = 30_000, 11
DIGITS = 3
DUST = 1e-3  # logits: what the search leaves of a standard deviation of 0
FARTHEST = 15.0  # logits, beyond which a likelihood only grows
STEP = 1e-4  # of the differences that the curvature is made of
NEWTON, CLOSE = 100, 1e-9
FLAT = 1e-5  # of the likelihood of an answer, at its maximum
TOO_LARGE = NONE + "there are too many people, pieces, answers or steps for the ordinal model"
NOT_FOUND = NONE + "the likelihood of the ordinal model has no maximum that was found"


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted model.

    Attributes
    ----------
    thresholds : float array, shape (steps - 1,)
    effects : float array, shape (columns,)
    covariance : float array, shape (columns, columns)
        Of the effects.
    deviations : float array, shape (terms,)
        Standard deviations, in logits.
    log_likelihood : float
    """

    thresholds: np.ndarray
    effects: np.ndarray
    covariance: np.ndarray
    deviations: np.ndarray
    log_likelihood: float


def of_question(
    table: pd.DataFrame, question: str, two_way: Sequence[systems.Difference]
) -> MixedModel:
    """The model of a scale's answers; a note where there is none, never an error."""
    values = pd.to_numeric(table[question]).to_numpy(dtype=float, na_value=np.nan)
    is_answered = ~np.isnan(values)
    chosen, values = table[is_answered], values[is_answered]
    names = sorted(set(chosen["system"]))
    system, person, piece = levels_of(chosen, names)
    count = len(names)
    terms = [person, piece, person * count + system, piece * count + system]
    terms = [np.unique(term, return_inverse=True)[1] for term in terms]
    levels = [int(of.max(initial=-1)) + 1 for of in (system, person, piece)]
    if min(levels) < 2 or len(values) <= count + 1 or np.ptp(values) == 0:
        return MixedModel(question, [], None, TOO_FEW)
    size = sum(int(term.max()) + 1 for term in terms)
    if size > MOST_TERMS or len(values) > MOST_ANSWERS or len(set(values)) > MOST_STEPS:
        return MixedModel(question, [], None, TOO_LARGE)
    fit = fitted(values, np.eye(count)[system][:, 1:], terms)
    if fit is None:
        return MixedModel(question, [], None, NOT_FOUND)
    differences = []
    for one in two_way:
        if one.question != question or one.first not in names or one.second not in names:
            continue
        weights = np.zeros(count)
        weights[names.index(one.first)], weights[names.index(one.second)] = 1, -1
        value = rounded(float(weights[1:] @ fit.effects))
        error = rounded(float(np.sqrt(weights[1:] @ fit.covariance @ weights[1:])))
        freedom, n = one.difference.freedom, one.difference.n
        model = (
            Estimate(value, n=n, note=TOO_FEW)
            if freedom is None
            else around(value, error, freedom, n)
        )
        differences.append(ModelDifference(question, one.first, one.second, model, one.difference))
    variances = [rounded(float(sd) ** 2) for sd in fit.deviations]
    return MixedModel(question, differences, dict(zip(TERMS, variances, strict=True)))


def rounded(value: float) -> float:
    """A value to the digits that the search for the maximum gives alike on all processors."""
    return float(f"{value:.{DIGITS}g}")


def fitted(values: np.ndarray, x: np.ndarray, terms: Sequence[np.ndarray]) -> OrdinalFit | None:
    """The model of values, shape (n,); None where no maximum was found.

    Parameters
    ----------
    x : float array, shape (n, columns)
        Of effects; no column says what the thresholds do.
    terms : sequence of int arrays, shape (n,)
        Levels of each random term, from 0.
    """
    likelihood = _Likelihood(values, x, terms)
    try:
        with np.errstate(all="ignore"):
            best = scipy.optimize.minimize(
                likelihood.of_an_answer,  # its gradient is as large as a first step may be
                likelihood.start,
                jac=True,
                method="L-BFGS-B",
                bounds=likelihood.bounds,
                options={"maxiter": 300, "ftol": 1e-14, "gtol": 1e-8},
            )
            maximum = likelihood.by_deviation(best.x)
            maximum[likelihood.is_deviation & (maximum < DUST)] = 0.0
            free = np.flatnonzero(~likelihood.is_deviation | (maximum > 0))
            curvature = np.empty((len(free), len(free)))
            for row, at in enumerate(free):
                step = STEP * np.eye(len(maximum))[at]
                ahead, behind = (
                    likelihood.loss(maximum + step)[1],
                    likelihood.loss(maximum - step)[1],
                )
                curvature[row] = (ahead - behind)[free] / (2 * STEP)
            covariance = np.linalg.inv((curvature + curvature.T) / 2)
    except (np.linalg.LinAlgError, ValueError):
        return None
    first, last = likelihood.steps - 1, likelihood.steps - 1 + x.shape[1]
    effects = maximum[first:last]
    near = float(np.abs(best.jac[free]).max()) < FLAT
    if not near or abs(effects).max() > FARTHEST or covariance.diagonal().min() <= 0:
        return None
    return OrdinalFit(
        likelihood.thresholds(maximum),
        effects,
        covariance[first:last, first:last],
        maximum[last:],
        -float(best.fun) * len(values),
    )


class _Likelihood:
    """Laplace's approximation of minus the logarithm of the likelihood, and its gradient.

    Parameters are the first threshold, logarithms of how far each further one is from the one
    before, effects, and standard deviations.
    """

    def __init__(self, values: np.ndarray, x: np.ndarray, terms: Sequence[np.ndarray]) -> None:
        known, self.answer = np.unique(values, return_inverse=True)
        self.steps, self.x = len(known), x
        n, self.sizes = len(values), [int(term.max()) + 1 for term in terms]
        ones = [sparse.csr_array((np.ones(n), (np.arange(n), term))) for term in terms]
        self.z = sparse.csr_array(sparse.hstack(ones))
        self.term = np.repeat(np.arange(len(terms)), self.sizes)
        self.mode = np.zeros(self.z.shape[1])
        shares = np.cumsum(np.bincount(self.answer))[:-1] / n
        cut = np.log(shares / (1 - shares))
        self.start = np.concatenate(
            [cut[:1], np.log(np.diff(cut)), np.zeros(x.shape[1]), np.full(len(terms), 0.25)]
        )
        self.is_deviation = np.arange(len(self.start)) >= len(self.start) - len(terms)
        far = (-2 * FARTHEST, 2 * FARTHEST)
        variances = ((DUST / 10) ** 2, FARTHEST**2)
        self.bounds = [variances if one else far for one in self.is_deviation]

    def thresholds(self, parameters: np.ndarray) -> np.ndarray:
        """The thresholds between steps, in logits, shape (steps - 1,)."""
        gaps = np.exp(parameters[1 : self.steps - 1])
        return np.asarray(parameters[0] + np.concatenate([[0], np.cumsum(gaps)]))

    def by_deviation(self, parameters: np.ndarray) -> np.ndarray:
        """Parameters with standard deviations instead of variances."""
        return np.where(self.is_deviation, np.sqrt(np.maximum(parameters, 0)), parameters)

    def of_an_answer(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The same by answer, at variances: by deviation every 0 is flat, and a search that meets
        one stays there, although more variance may be likelier."""
        deviations = self.by_deviation(parameters)
        value, gradient = self.loss(deviations)
        gradient = np.where(self.is_deviation, gradient / (2 * np.abs(deviations)), gradient)
        return value / len(self.answer), gradient / len(self.answer)

    def loss(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The value at some parameters, and its gradient."""
        cuts = self.thresholds(parameters)
        effects = parameters[self.steps - 1 : len(parameters) - len(self.sizes)]
        deviations = parameters[len(parameters) - len(self.sizes) :]
        scale = deviations[self.term]
        z = self.z.multiply(scale).tocsr()
        fixed = self.x @ effects
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        above, below = ends[self.answer + 1], ends[self.answer]
        mode = self.mode
        for _ in range(NEWTON):
            one = _Logit(above, below, fixed + z @ mode)
            products = (z.T @ z.multiply(one.weight[:, None])).toarray()
            root = scipy.linalg.cho_factor(products + np.eye(len(mode)), lower=True)
            step = scipy.linalg.cho_solve(root, z.T @ one.slope - mode)
            mode = mode + step / max(1.0, float(np.abs(step).max()) / 5)
            if np.abs(step).max() < CLOSE:
                break
        self.mode = mode
        one = _Logit(above, below, fixed + z @ mode)
        weighted = self.z.T @ self.z.multiply(one.weight[:, None])
        hessian = scale[:, None] * weighted.toarray() * scale + np.eye(len(mode))
        root = scipy.linalg.cho_factor(hessian, lower=True)
        inverse = scipy.linalg.cho_solve(root, np.eye(len(mode)))
        halves = np.log(np.diagonal(root[0])).sum()
        value = one.logarithm.sum() - mode @ mode / 2 - halves
        # How the value changes with its parameters, and with the mode that changes with them.
        spread = (z @ inverse * z.toarray()).sum(axis=1)
        by_line = one.slope - spread * one.weight_slope / 2
        turn = inverse @ (z.T @ (-spread * one.weight_slope / 2))
        moved = z @ turn
        by_cut = np.zeros(self.steps + 1)
        for at, side in ((self.answer + 1, one.above), (self.answer, one.below)):
            part = side.slope - spread * side.weight_slope / 2 + moved * side.density
            by_cut += np.bincount(at, part, minlength=self.steps + 1)
        by_cut = by_cut[1:-1]
        later = np.cumsum(by_cut[::-1])[::-1]
        own = by_line - moved * one.weight
        by_effect = self.x.T @ own
        shared = self.z.T @ own * mode + turn * (self.z.T @ one.slope)
        shared -= (inverse * scale * weighted.toarray()).sum(axis=1)
        by_deviation = np.bincount(self.term, shared, minlength=len(self.sizes))
        gaps = np.exp(parameters[1 : self.steps - 1])
        gradient = np.concatenate([later[:1], gaps * later[1:], by_effect, by_deviation])
        return -float(value), -gradient


@dataclass(frozen=True)
class _Side:
    """How an answer's logarithm changes with one of its two thresholds."""

    slope: np.ndarray
    density: np.ndarray
    weight_slope: np.ndarray


class _Logit:
    """Logarithms of the probabilities of answers between two thresholds, and their derivatives.

    `slope` and minus `weight` are the first and second by the line, `weight_slope` the weight's.
    """

    def __init__(self, above: np.ndarray, below: np.ndarray, line: np.ndarray) -> None:
        upper, lower = above - line, below - line
        up, low = scipy.special.expit(upper), scipy.special.expit(lower)
        width = np.where(np.isfinite(lower - upper), np.expm1(lower - upper), -1.0)
        self.logarithm = (
            scipy.special.log_expit(upper) + scipy.special.log_expit(-lower) + np.log(-width)
        )
        density = up * scipy.special.expit(-upper), low * scipy.special.expit(-lower)
        curve = density[0] * (1 - 2 * up), density[1] * (1 - 2 * low)
        probability = np.exp(self.logarithm)
        self.slope = up + low - 1
        self.weight = density[0] + density[1]
        self.weight_slope = -(curve[0] + curve[1])
        self.above = _Side(density[0] / probability, density[0], curve[0])
        self.below = _Side(-density[1] / probability, density[1], curve[1])
