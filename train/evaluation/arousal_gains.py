"""What classifiers gain from a further means of arousal beside the paper's two densities.

The means are those that the literature names: tempo, loudness, register, articulation, mode. Each
is given to fresh classifiers with the densities, cross-fitted by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.pipeline import Pipeline

from train import metrics
from train.evaluation.arousal_classifiers import (
    DENSITIES,
    TEMPO,
    Rated,
    boosted_trees,
    cross_fitted,
    interval_of,
    regression,
)
from train.metrics.arousal_features import averages, loudness
from train.reporting.results.arousal import Gain

MEANS: dict[str, tuple[str, ...]] = {
    "tempo": (TEMPO,),
    "loudness": ("velocity", "loudest", "velocity, spread"),
    "register": ("pitch", "highest line", "lowest line", "bass"),
    "articulation": ("length in gaps", "detached"),
    "mode": ("major",),
}
FRESH: dict[str, Callable[[int, int], Pipeline]] = {
    "regression": regression,
    "boosted trees": boosted_trees,
}


def gains(music: Rated, seed: int) -> list[Gain]:
    """AUC by the densities alone, with each of `MEANS`, and with the best and each of the others.

    Raises
    ------
    ValueError
        As `cross_fitted` does.
    """
    rows = [{**averages(heard), **loudness(heard)} for heard in music.heard]
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]} | dict(music.facts)

    def gain(means: Sequence[str]) -> Gain:
        columns = [*DENSITIES, *(name for each in means for name in MEANS[each])]
        return Gain(means=list(means), **_by_all(table, columns, music, seed))

    alone = [gain([name]) for name in MEANS]
    best = max(alone, key=lambda each: each.aucs["regression"]).means
    pairs = [gain([*best, name]) for name in MEANS if name not in best]
    return [gain([]), *alone, *pairs]


def _by_all(
    table: Mapping[str, np.ndarray], columns: Sequence[str], music: Rated, seed: int
) -> dict[str, dict]:
    """AUCs and their intervals over pieces, by classifier."""
    values = np.stack([table[name] for name in columns], axis=1)
    aucs, intervals = {}, {}
    for name, fresh in FRESH.items():
        scores, _ = cross_fitted(fresh, values, music.high, music.piece, seed)
        aucs[name] = round(metrics.auc(scores, music.high), 3)
        intervals[name] = interval_of(scores, music.high, music.piece, seed)
    return {"aucs": aucs, "intervals": intervals}
