"""Naturalness: whether a classifier can tell changed music from real music of the same densities.

Each changed window is paired with a real one of another performance that has the same densities, so
that neither how busy nor how full it is gives it away. A classifier learns to tell the two apart
from features of their notes; no performance is on both sides of a fold. An AUC of .5 means that it
cannot, 1 that it always can. Two classifiers of different kinds, so that none has to be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fadernets.music.notes import EARLY, STEPS_PER_BEAT, Notes
from train.metrics.arousal import auc
from train.metrics.music import measures
from train.metrics.over_pieces import Tally, mean
from train.metrics.patterns import Beat
from train.metrics.window_features import LOUDNESS

FARTHEST = 0.35  # standard deviations of the densities, in sum, between the windows of a pair
NEAREST = 6  # windows, of which one is drawn
FOLDS = 5
DRAWS = 5  # of the pairs' real windows: one drawing's AUC may be .03 from another's
LEAST_KNOWN = 0.5  # share of the windows in which a feature has to be there to be used
LACKING = -1.0  # of a feature that a window has not, for trees that take no NaN


class Cut(NamedTuple):
    """The notes of a window, in beats from its start, and how many sixteenths it has."""

    notes: Notes
    steps: int

    def measures(self) -> dict[str, Tally]:
        """Musical measures of its own notes, its beats being quarter notes."""
        beats = [Beat(float(beat), 1.0) for beat in range(self.steps // STEPS_PER_BEAT)]
        return measures(self.notes, self.notes.onset >= -EARLY, beats)


@dataclass(frozen=True)
class Windows:
    """Windows of music, where they come from and how dense they are.

    Attributes
    ----------
    features : sequence of n name -> value
        Of `window_features.features`; windows without a note have none.
    densities : float array, shape (n, attributes)
    group : int array, shape (n,)
        The performance that each is of.
    cuts : sequence of n Cut
        The music itself, if it is wanted.
    """

    features: Sequence[Mapping[str, float]]
    densities: np.ndarray
    group: np.ndarray
    cuts: Sequence[Cut] = ()


@dataclass(frozen=True)
class Separability:
    """How well changed windows can be told from real ones.

    Attributes
    ----------
    pairs : int
    aucs : name of a classifier -> AUC
        The mean of several drawings of the pairs.
    deaf_aucs : name of a classifier -> AUC
        The same of classifiers that do not know how loud notes are, which no density controls: a
        mood asks for another loudness, and a score may have a single one.
    spreads : name of a classifier -> standard deviation of the AUC over the drawings
    tells : name of a feature -> AUC on its own
        The five that tell most; above .5 where changed windows have more of it.
    measures : name -> mean of the changed windows and of the real ones
    """

    pairs: int
    aucs: dict[str, float]
    deaf_aucs: dict[str, float]
    spreads: dict[str, float]
    tells: dict[str, float]
    measures: dict[str, tuple[float, float]]


def pair(changed: Windows, real: Windows, sd: np.ndarray, seed: int = 0) -> np.ndarray:
    """Changed windows with real ones of the same densities and another performance.

    Parameters
    ----------
    sd : float array, shape (attributes,)
        Of the densities of real windows.

    Returns
    -------
    int array, shape (p, 2)
        Rows of changed and of real windows, each of these once. Windows without a note, and those
        with no real one within `FARTHEST`, are left out.
    """
    rng = np.random.default_rng(seed)
    is_free = np.array([bool(f) for f in real.features])
    pairs = []
    for row in rng.permutation(len(changed.features)):
        if not changed.features[row]:
            continue
        distance = np.abs((real.densities - changed.densities[row]) / sd).sum(1)
        near = is_free & (distance <= FARTHEST) & (real.group != changed.group[row])
        # Many are equally near: taken in their order, half of them would be of a few pieces.
        candidates = rng.permutation(np.flatnonzero(near))
        if not len(candidates):
            continue
        candidates = candidates[np.argsort(distance[candidates], kind="stable")][:NEAREST]
        match = candidates[rng.integers(len(candidates))]
        is_free[match] = False
        pairs.append((row, match))
    return np.array(pairs, int).reshape(-1, 2)


def separability(
    changed: Windows, real: Windows, sd: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> Separability:
    """How well two classifiers tell changed windows from real ones of the same densities.

    Raises
    ------
    ValueError
        If the pairs are of fewer than `FOLDS` performances.
    """
    drawings = [_of_one_drawing(changed, real, sd, seed + draw) for draw in range(draws)]
    aucs = {name: [drawing.aucs[name] for drawing in drawings] for name in drawings[0].aucs}
    deaf = {name: [drawing.deaf_aucs[name] for drawing in drawings] for name in drawings[0].aucs}
    return replace(
        drawings[0],
        aucs={name: float(np.mean(each)) for name, each in aucs.items()},
        deaf_aucs={name: float(np.mean(each)) for name, each in deaf.items()},
        spreads={name: float(np.std(each)) for name, each in aucs.items()},
    )


def _of_one_drawing(changed: Windows, real: Windows, sd: np.ndarray, seed: int) -> Separability:
    """How well they are told by pairs that are drawn once."""
    pairs = pair(changed, real, sd, seed)
    rows = [changed.features[i] for i in pairs[:, 0]] + [real.features[i] for i in pairs[:, 1]]
    group = np.concatenate([changed.group[pairs[:, 0]], real.group[pairs[:, 1]]])
    if len(np.unique(changed.group[pairs[:, 0]])) < FOLDS:
        raise ValueError(f"changed windows of {FOLDS} performances at least can be judged")
    x = np.array([list(row.values()) for row in rows])
    is_known = np.isfinite(x).mean(0) > LEAST_KNOWN
    names = [name for name, known in zip(rows[0], is_known, strict=True) if known]
    x = x[:, is_known]
    is_changed = np.repeat([True, False], len(pairs))
    is_heard = np.array([name not in LOUDNESS for name in names])
    aucs, deaf_aucs = (
        _aucs(x[:, columns], is_changed, group, seed) for columns in (slice(None), is_heard)
    )
    single = {n: auc(np.nan_to_num(x[:, i], nan=LACKING), is_changed) for i, n in enumerate(names)}
    strongest = sorted(names, key=lambda name: -abs(single[name] - 0.5))[:5]
    tells = {name: single[name] for name in strongest}
    return Separability(len(pairs), aucs, deaf_aucs, {}, tells, _beside(changed, real, pairs))


def _aucs(x: np.ndarray, is_changed: np.ndarray, group: np.ndarray, seed: int) -> dict[str, float]:
    """AUC of each classifier on groups that it was not trained on."""
    aucs = {}
    for name, classifier in classifiers(seed).items():
        score = np.zeros(len(x))
        for inside, outside in GroupKFold(FOLDS).split(x, is_changed, group):
            classifier.fit(x[inside], is_changed[inside])
            score[outside] = classifier.predict_proba(x[outside])[:, 1]
        aucs[name] = auc(score, is_changed)
    return aucs


def _beside(changed: Windows, real: Windows, pairs: np.ndarray) -> dict[str, tuple[float, float]]:
    """Means of the measures of changed windows and of real ones, where both have some."""
    if not changed.cuts or not real.cuts:
        return {}
    sides = [
        [windows.cuts[row].measures() for row in rows]
        for windows, rows in zip((changed, real), pairs.T, strict=True)
    ]
    beside = {}
    for name in sides[0][0]:
        tallies = [[measures[name] for measures in side] for side in sides]
        if all(sum(tally.size for tally in side) for side in tallies):
            one, other = (mean(side)[0] for side in tallies)
            beside[name] = one, other
    return beside


def classifiers(seed: int = 0) -> dict[str, HistGradientBoostingClassifier]:
    """Two kinds of classifiers, untrained: boosted trees, and a forest of random ones."""
    boosted = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=15, l2_regularization=1.0,
        random_state=seed,
    )  # fmt: skip
    forest = make_pipeline(
        FunctionTransformer(np.nan_to_num, kw_args={"nan": LACKING}),
        ExtraTreesClassifier(300, min_samples_leaf=3, random_state=seed),
    )
    return {"boosted trees": boosted, "random trees": forest}
