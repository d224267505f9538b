"""Whether claims of the paper hold in our results: each a function of the results of one split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from scipy import stats
from sklearn.metrics import silhouette_score

from train.reporting.markdown import percent
from train.reporting.paper import COLUMNS, NAMES, PAPER
from train.reporting.results.latent import LabelledMap, Map, Mixed
from train.reporting.results.part import present
from train.reporting.split_results import Models, interval, mean_and_interval, table1

SHIFTED = "gmvae"
SINGLE = "singlegmvae"
APART = 0.5  # least silhouette of clusters that are apart (Kaufman and Rousseeuw 1990)
FOLLOWS = 0.7  # least rank correlation of a z^d that follows its density
NEAR = 0.1  # of a score
CERTAIN = 0.9  # least q of a segment's cluster
SEPARATE = 0.9  # least AUC, with its interval, of codes that tell arousal apart
UNRATED = -1  # of `Mixed.arousal`
FEW, ALL, NONE = 0.01, 1.0, 0.0  # of the labels
HOLDS, FAILS, OPEN, MISSING = "**holds**", "**fails**", "open", "not measured"


def ranked(higher: Sequence[str], lower: Sequence[str], column: int) -> Callable[[Models], str]:
    """Whether every model of a group scores above every one of another.

    Their 95 % intervals over runs must not touch; a model that was not trained is passed by.
    """

    def measured(models: Models) -> str:
        tables = table1(models)
        above = {m: mean_and_interval(tables[m], column) for m in higher if m in tables}
        below = {m: mean_and_interval(tables[m], column) for m in lower if m in tables}
        if not above or not below:
            return MISSING
        (least, low), (greatest, high) = min(above.values()), max(below.values())
        if least - low > greatest + high:
            verdict = HOLDS
        else:
            verdict = FAILS if least + low < greatest - high else OPEN
        names = [next(m for m in g if g[m][0] == v) for g, v in ((above, least), (below, greatest))]
        first, second = (NAMES[name] for name in names)
        absent = [NAMES[model] for model in (*higher, *lower) if model not in tables]
        without = f" (no {', '.join(absent)})" if absent else ""
        return f"{verdict}: {first} {least:.2f}, {second} {greatest:.2f}{without}"

    return measured


def order(models: Models) -> str:
    """Kendall's τ between the paper's order of models and ours, by column of Table 1."""
    tables = table1(models)
    if len(tables) < 3:
        return MISSING
    values = []
    for column in range(len(COLUMNS)):
        ours = [mean_and_interval(table, column)[0] for table in tables.values()]
        papers = [PAPER[NAMES[model]][column] for model in tables]
        values.append(float(stats.kendalltau(papers, ours).statistic))
    return f"{', '.join(f'{value:.2f}' for value in values)} ({len(tables)} models)"


def reached(models: Models) -> str:
    """How many of the GM-VAE's scores come near the paper's, or above."""
    table = table1(models).get(SHIFTED)
    if table is None:
        return MISSING
    pairs = zip(range(len(COLUMNS)), PAPER[NAMES[SHIFTED]], strict=True)
    near = sum(mean_and_interval(table, c)[0] > value - NEAR for c, value in pairs)
    return f"{HOLDS if near == len(COLUMNS) else FAILS}: {near} of {len(COLUMNS)}"


def mixed_of(models: Models) -> Mixed | None:
    """The maps of the GM-VAE's codes."""
    latent = models.latents.get(SHIFTED)
    return latent.mixed if latent else None


def certain(places: Map) -> tuple[np.ndarray, np.ndarray]:
    """The segments that a code puts into the high cluster, and into the low one, by its q."""
    high = np.asarray(present(places.high))
    return high > CERTAIN, high < 1 - CERTAIN


def apart(models: Models) -> str:
    """Whether the segments of the two clusters lie apart on a code's map."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    parts = []
    for code, places in mixed.codes.items():
        high, low = certain(places)
        members = high | low
        if not high.any() or not low.any():
            return f"{FAILS}: one cluster in {code}"
        silhouette = float(silhouette_score(np.c_[places.x, places.y][members], high[members]))
        parts.append(f"{HOLDS if silhouette >= APART else FAILS}: {code} {silhouette:.2f}")
    return ", ".join(parts)


def all_belong(models: Models) -> str:
    """Whether most performances, which carry no label, belong to a cluster, too."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    has_rating = np.asarray(mixed.arousal) != UNRATED
    shares = []
    for places in mixed.codes.values():
        members = np.logical_or(*certain(places))
        shares.append([float(members[~has_rating].mean()), float(members[has_rating].mean())])
    (unrated, rated_share), verdict = np.mean(shares, 0), HOLDS
    if min(unlabelled for unlabelled, _ in shares) < 0.5:
        verdict = FAILS
    return f"{verdict}: {percent(unrated, 0)} of performances, {percent(rated_share, 0)} of rated"


def _difference(more: np.ndarray, less: np.ndarray, sign: int) -> str:
    """Whether a mean is higher (sign 1) or lower (-1) than another, with a 95 % interval."""
    difference = float(more.mean() - less.mean())
    half = 1.96 * sqrt(sum(values.var(ddof=1) / len(values) for values in (more, less)))
    if abs(difference) <= half:
        verdict = OPEN
    else:
        verdict = HOLDS if difference * sign > 0 else FAILS
    return f"{verdict}: {difference:+.2f} ± {half:.2f}"


def density_of_clusters(density: str, sign: int) -> Callable[[Models], str]:
    """Whether the high cluster of a density's code has more (sign 1) or less of it (-1)."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        values = np.asarray(mixed.density[density])
        high, low = certain(mixed.codes[density])
        if min(high.sum(), low.sum()) < 2:
            return f"{FAILS}: one cluster"
        return _difference(values[high], values[low], sign)

    return measured


def density_of_ratings(density: str, sign: int) -> Callable[[Models], str]:
    """The same of the segments that people rated high and low, whatever a model says."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        values, arousal = np.asarray(mixed.density[density]), np.asarray(mixed.arousal)
        return _difference(values[arousal == 1], values[arousal == 0], sign)

    return measured


def follows(models: Models) -> str:
    """Whether z^d follows the density, by rank correlation."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    correlations = [
        float(stats.spearmanr(values, mixed.density[name]).statistic)
        for places in mixed.codes.values()
        for name, values in places.zd.items()
    ]
    verdict = HOLDS if min(correlations) >= FOLLOWS else FAILS
    return f"{verdict}: {', '.join(f'{value:.2f}' for value in correlations)}"


def rated(models: Models, model: str) -> LabelledMap | None:
    """The map of a model's codes of rated segments."""
    latent = models.latents.get(model)
    return latent.labelled if latent else None


def with_features(models: Models) -> str:
    """Whether codes tell rated arousal with low-level features better than without, by AUC."""
    labelled = [rated(models, model) for model in (SHIFTED, SINGLE)]
    words = ("with", "without")
    parts, intervals = [], []
    for name, codes in zip(words, labelled, strict=True):
        if codes is not None:
            least, greatest = present(codes.auc_interval)
            intervals.append((least, greatest))
            parts.append(f"{name} {present(codes.auc):.2f} [{least:.2f}, {greatest:.2f}]")
    if len(intervals) < len(words):
        return f"{MISSING}: {parts[0]} alone" if parts else MISSING
    ours, single = intervals
    verdict = HOLDS if ours[0] > single[1] else FAILS if single[0] > SEPARATE else OPEN
    return f"{verdict}: AUC {', '.join(parts)}"


def shifted(side: str) -> Callable[[Models], str]:
    """Whether a shift of arousal is heard by the classifier more often than playing alone."""

    def measured(models: Models) -> str:
        evaluation = models.evaluations.get(SHIFTED)
        transfers = (evaluation.classified_transfers or {}) if evaluation else {}
        if side not in transfers or transfers[side].moved is None:
            return MISSING
        moves = transfers[side]
        share, alone = present(moves.moved), present(moves.moved_by_reconstruction)
        test = stats.binomtest(round(share * moves.n), moves.n)
        least, greatest = test.proportion_ci(method="wilson")
        verdict = HOLDS if least > max(alone, 0.5) else OPEN if greatest > alone else FAILS
        return (
            f"{verdict}: {percent(share, 0)} [{100 * least:.0f}, {100 * greatest:.0f}], "
            f"alone {percent(alone, 0)}"
        )

    return measured


def few_labels(models: Models) -> str:
    """Whether 1 % of the labels tells arousal apart as all of them do, by the AUC of q(high).

    By 95 % t intervals over seeds: it does if it is at most `NEAR` lower for certain, and does not
    if the two do not touch.
    """
    runs = models.label_shares.runs if models.label_shares else ()
    of_share = {
        share: [run.auc for run in runs if run.share == share] for share in (FEW, ALL, NONE)
    }
    if any(len(values) < 2 for values in of_share.values()):
        return MISSING
    (few, few_by), (everything, all_by), (none, none_by) = map(_over_seeds, of_share.values())
    if few - few_by > everything + all_by - NEAR:
        verdict = HOLDS
    else:
        verdict = FAILS if few + few_by < everything - all_by else OPEN
    return (
        f"{verdict}: AUC {few:.2f} ± {few_by:.2f}, with all {everything:.2f} ± {all_by:.2f}, "
        f"with none {none:.2f} ± {none_by:.2f}"
    )


def _over_seeds(values: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(values)), interval(float(np.std(values)), len(values))
