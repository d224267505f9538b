"""Do participants agree with each other? Krippendorff's alpha and intraclass correlations.

Krippendorff (2011), Computing Krippendorff's alpha-reliability. Shrout & Fleiss (1979),
Psychological Bulletin 86:420-428; McGraw & Wong (1996), Psychological Methods 1:30-46. Variance
components by moments: Gao & Owen (2017), Electronic Journal of Statistics 11:1235-1296; in a
complete table these are the analysis of variance's, and answers may be missing.

By hand, for SciPy has neither: pingouin's correlations need complete tables, and it brings seaborn,
scikit-learn and statsmodels along; krippendorff's alpha is fifteen lines. The tests compare with
both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from db.models import DIRECTIONS, SCALES
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.mean_opinion_score import VALUES

OUTSIDE = (
    "the intraclass correlation comes out below 0 or above 1: items differ by no more than chance, "
    "or there are too few answers"
)
FEWEST_ITEMS = 4  # with two answers or more; two people are often alike on fewer by chance
FEW_ITEMS = "fewer than four items have two answers"
NO_ALPHA = f"cannot be told: {FEW_ITEMS}, or all answers are equal"
UNTOLD = "too few answers, or too alike, to tell people's scatter from that of items"


@dataclass(frozen=True)
class Components:
    """Variances of participants, of items and of single answers; moments may be negative."""

    participant: float
    item: float
    residual: float


@dataclass(frozen=True)
class Reliability:
    """Krippendorff's alpha; None where there is none."""

    alpha: float | None


@dataclass(frozen=True)
class ScaleReliability(Reliability):
    """Krippendorff's alpha of a scale, and its intraclass correlations with items as targets.

    Attributes
    ----------
    icc_1, icc_k : float
        ICC(A,1) and ICC(A,k); None where they come out below 0 or above 1, with a note.
    k : float
        Participants an item, the harmonic mean.
    components : Components
    """

    icc_1: float | None
    icc_k: float | None
    k: float | None
    components: Components | None
    note: str | None = None


def alpha(counts: np.ndarray, level: Literal["nominal", "ordinal"]) -> float | None:
    """Krippendorff's alpha: 1 for full agreement, 0 for none beyond chance.

    Parameters
    ----------
    counts : int array, shape (items, values)
        How many participants gave each value to each item; values in ascending order.
    level : str
        How far two values are from each other: nominal, equally; ordinal, by their ranks.

    Returns
    -------
    float
        None if fewer than two items have two answers, or all answers are equal: of one item, the
        agreement to expect is the one that there is, and alpha 0 or below by construction.
    """
    counts = counts[counts.sum(axis=1) >= 2].astype(float)
    if len(counts) < 2:
        return None
    each = counts.sum(axis=1)
    pairs = np.einsum("uc,uk,u->ck", counts, counts, 1 / (each - 1))
    pairs -= np.diag((counts / (each - 1)[:, None]).sum(axis=0))
    totals = pairs.sum(axis=1)
    far = _distance(totals, level)
    expected = (far * np.outer(totals, totals)).sum()
    if expected == 0:
        return None
    return float(1 - (totals.sum() - 1) * (far * pairs).sum() / expected)


def components(answers: Crossed) -> Components | None:
    """The variance components of crossed answers, None where they cannot be told apart."""
    n = len(answers.values)
    rows = np.bincount(answers.participants)
    columns = np.bincount(answers.items)
    people, items = answers.participant_count, answers.item_count
    if people < 2 or items < 2 or n == people or n == items:
        return None
    values = answers.values - answers.mean
    squares = float((values**2).sum())
    within_people = squares - _explained(values, answers.participants, rows)
    within_items = squares - _explained(values, answers.items, columns)
    equations = np.array(
        [
            [0, n - people, n - people],
            [n - items, 0, n - items],
            [n - (rows**2).sum() / n, n - (columns**2).sum() / n, n - 1],
        ]
    )
    if np.linalg.matrix_rank(equations) < 3:
        return None
    return Components(
        *map(float, np.linalg.solve(equations, [within_people, within_items, squares]))
    )


def icc_absolute(parts: Components, k: float = 1) -> float | None:
    """ICC(A,1), or ICC(A,k) of the mean of k participants; items are the targets."""
    other = (parts.participant + parts.residual) / k
    return None if parts.item + other <= 0 else parts.item / (parts.item + other)


def icc_one_way(clusters: np.ndarray, values: np.ndarray) -> float | None:
    """ICC(1,1): how alike values of one cluster are; clusters int, values float, shapes (n,)."""
    sizes = np.bincount(clusters)
    sizes = sizes[sizes > 0]
    n, groups = len(values), len(sizes)
    if groups < 2 or n == groups:
        return None
    values = values - values.mean()
    between = _explained(values, clusters, np.bincount(clusters))
    mean_between = between / (groups - 1)
    mean_within = (float((values**2).sum()) - between) / (n - groups)
    size = (n - (sizes**2).sum() / n) / (groups - 1)
    total = mean_between + (size - 1) * mean_within
    return None if total <= 0 else float((mean_between - mean_within) / total)


def _distance(totals: np.ndarray, level: str) -> np.ndarray:
    if level == "nominal":
        return 1 - np.eye(len(totals))
    if level != "ordinal":
        raise ValueError(f"level {level!r} is neither nominal nor ordinal")
    rank: np.ndarray = np.cumsum(totals) - totals / 2  # mean rank of the answers with each value
    squares: np.ndarray = (rank[:, None] - rank) ** 2
    return squares


def _explained(values: np.ndarray, by: np.ndarray, sizes: np.ndarray) -> float:
    sums = np.bincount(by, values)
    return float((sums[sizes > 0] ** 2 / sizes[sizes > 0]).sum())


def consensus(transfers: pd.DataFrame) -> dict[str, Reliability]:
    """The reliability of "direction" (alpha is nominal) and of each scale (ordinal)."""
    directions = transfers["heard"].map({word: at for at, word in enumerate(DIRECTIONS)})
    counts = _counts(transfers, directions, range(len(DIRECTIONS)))
    scales = {scale: _of_scale(transfers, scale) for scale in SCALES}
    return {"direction": Reliability(_told_alpha(counts, "nominal")), **scales}


def _told_alpha(counts: np.ndarray, level: Literal["nominal", "ordinal"]) -> float | None:
    """Alpha, where there are items enough to say anything of others."""
    return None if _are_few(counts) else alpha(counts, level)


def _are_few(counts: np.ndarray) -> bool:
    return int((counts.sum(axis=1) >= 2).sum()) < FEWEST_ITEMS


def _of_scale(transfers: pd.DataFrame, scale: str) -> ScaleReliability:
    answers = crossed(transfers, transfers[scale], "item")
    parts = components(answers)
    counts = _counts(transfers, transfers[scale], VALUES)
    few = _are_few(counts)
    sizes = np.bincount(answers.items)
    k = float(1 / np.mean(1 / sizes)) if len(sizes) else None
    correlations = [
        None if few or parts is None or number is None else icc_absolute(parts, number)
        for number in (1, k)
    ]
    outside = any(value is not None and not 0 <= value <= 1 for value in correlations)
    icc_1, icc_k = (None, None) if outside else correlations
    return ScaleReliability(
        alpha=_told_alpha(counts, "ordinal"),
        icc_1=icc_1,
        icc_k=icc_k,
        k=k,
        components=parts,
        note=OUTSIDE if outside else FEW_ITEMS if few else UNTOLD if icc_1 is None else None,
    )


def _counts(transfers: pd.DataFrame, values: pd.Series, steps: range) -> np.ndarray:
    answers = crossed(transfers, values, "item")
    if not len(answers.values):
        return np.zeros((0, len(steps)), dtype=int)
    cells = answers.items * len(steps) + answers.values.astype(int) - steps[0]
    n = (answers.items.max() + 1) * len(steps)
    return np.bincount(cells, minlength=n).reshape(-1, len(steps))
