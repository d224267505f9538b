"""Whether claims of the paper hold in our results: each a function of the results of one split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

import numpy as np
from scipy import stats
from sklearn.metrics import silhouette_score

from train.reporting.markdown import NONE, percent
from train.reporting.paper import COLUMNS, NAMES, PAPER
from train.reporting.results.latent import Map, Mixed
from train.reporting.results.part import present
from train.reporting.split_results import Models, over_seeds

SHIFTED = "gmvae"
SINGLE = "singlegmvae"
APART = 0.5  # least silhouette of clusters that are apart (Kaufman and Rousseeuw 1990)
FOLLOWS = 0.7  # least rank correlation of a z^d that follows its density
NEAR = 0.1  # of a score
CERTAIN = 0.9  # least q of a segment's cluster
SEPARATE = 0.9  # least AUC, with its interval, of codes that tell arousal apart
UNRATED = -1  # of `Mixed.arousal`
FEW, ALL, UNLABELLED = 0.01, 1.0, 0.0  # of the labels
HOLDS, FAILS, OPEN, MISSING = "**holds**", "**fails**", "open", "not measured"
DRAWS = 10_000  # of pieces, for an interval
LEAST_PIECES = 5  # that tell how much pieces differ
ENDS = 2.5, 97.5  # percent of the draws that lie below the ends of an interval


def ranked(higher: Sequence[str], lower: Sequence[str], column: int) -> Callable[[Models], str]:
    """Whether every model of a group scores above every one of another.

    Of no pair may the 95 % intervals, over runs or seeds, touch. It fails if one pair is the other
    way round, and is open if a model that it is said of was not trained.
    """

    def measured(models: Models) -> str:
        scores = models.scores()
        above = {m: scores[m][column] for m in higher if m in scores}
        below = {m: scores[m][column] for m in lower if m in scores}
        if not above or not below:
            return MISSING
        absent = [NAMES[model] for model in (*higher, *lower) if model not in scores]
        if min(m + half for m, half in above.values()) < max(m - h for m, h in below.values()):
            verdict = FAILS
        elif min(m - half for m, half in above.values()) > max(m + h for m, h in below.values()):
            verdict = OPEN if absent else HOLDS
        else:
            verdict = OPEN
        lowest, highest = min(above, key=above.__getitem__), max(below, key=below.__getitem__)
        (least, _), (greatest, _) = above[lowest], below[highest]
        first, second = NAMES[lowest], NAMES[highest]
        without = f" (no {', '.join(absent)})" if absent else ""
        return f"{verdict}: {first} {least:.2f}, {second} {greatest:.2f}{without}"

    return measured


def order(models: Models) -> str:
    """Kendall's τ between the paper's order of models and ours, by column of Table 1."""
    scores = models.scores()
    if len(scores) < 3:
        return MISSING
    values = []
    for column in range(len(COLUMNS)):
        ours = [row[column][0] for row in scores.values()]
        papers = [PAPER[NAMES[model]][column] for model in scores]
        values.append(float(stats.kendalltau(papers, ours).statistic))
    # Models that are all alike have no order.
    words = [NONE if isnan(value) else f"{value:.2f}" for value in values]
    return f"{', '.join(words)} ({len(scores)} models)"


def reached(models: Models) -> str:
    """How many of the GM-VAE's scores come near the paper's, or above."""
    ours = models.scores().get(SHIFTED)
    if ours is None:
        return MISSING
    bounds = [value - NEAR for value in PAPER[NAMES[SHIFTED]]]
    pairs = list(zip(ours, bounds, strict=True))
    near = sum(mean > bound for (mean, _), bound in pairs)
    if all(mean - half > bound for (mean, half), bound in pairs):
        verdict = HOLDS
    else:
        verdict = FAILS if any(mean + half < bound for (mean, half), bound in pairs) else OPEN
    return f"{verdict}: {near} of {len(COLUMNS)}"


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
    if has_rating.all() or not has_rating.any():
        return MISSING
    shares = []
    for places in mixed.codes.values():
        members = np.logical_or(*certain(places))
        shares.append([float(members[~has_rating].mean()), float(members[has_rating].mean())])
    (unrated, rated_share), verdict = np.mean(shares, 0), HOLDS
    if min(unlabelled for unlabelled, _ in shares) < 0.5:
        verdict = FAILS
    return f"{verdict}: {percent(unrated, 0)} of performances, {percent(rated_share, 0)} of rated"


def _difference(mixed: Mixed, density: str, more: np.ndarray, less: np.ndarray, sign: int) -> str:
    """Whether a mean density is higher (sign 1) or lower (-1) in some segments than in others.

    With a 95 % interval over pieces, by the bootstrap: segments of one piece are alike.
    """
    if mixed.piece is None:
        return f"{MISSING}: pieces not known"
    piece, values = np.asarray(mixed.piece), np.asarray(mixed.density[density])
    # Of each piece, sums and counts of both groups.
    rows = []
    for number in np.unique(piece[more | less]):
        groups = [group & (piece == number) for group in (more, less)]
        rows.append([part for g in groups for part in (values[g].sum(), g.sum())])
    if len(rows) < LEAST_PIECES:
        return f"{MISSING}: too few pieces"
    sums = np.array(rows)
    drawn = np.random.default_rng(0).integers(len(sums), size=(DRAWS, len(sums)))
    draws = sums[drawn].sum(1)
    draws = draws[(draws[:, 1] > 0) & (draws[:, 3] > 0)]  # in which both groups are
    low, high = np.percentile(draws[:, 0] / draws[:, 1] - draws[:, 2] / draws[:, 3], ENDS)
    if low <= 0 <= high:
        verdict = OPEN
    else:
        verdict = HOLDS if low * sign > 0 else FAILS
    difference = values[more].mean() - values[less].mean()
    return f"{verdict}: {difference:+.2f} [{low:+.2f}, {high:+.2f}]"


def density_of_clusters(density: str, sign: int) -> Callable[[Models], str]:
    """Whether the high cluster of a density's code has more (sign 1) or less of it (-1)."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        high, low = certain(mixed.codes[density])
        if not high.any() or not low.any():
            return f"{MISSING}: one cluster"
        return _difference(mixed, density, high, low, sign)

    return measured


def density_of_ratings(density: str, sign: int) -> Callable[[Models], str]:
    """The same of the segments that people rated high and low, whatever a model says."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        high, low = (np.asarray(mixed.arousal) == side for side in (1, 0))
        if not high.any() or not low.any():
            return MISSING
        return _difference(mixed, density, high, low, sign)

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


def with_features(models: Models) -> str:
    """Whether codes tell rated arousal with low-level features better than without, by AUC."""
    aucs = [models.arousal_auc(model) for model in (SHIFTED, SINGLE)]
    words = ("with", "without")
    parts, intervals = [], []
    for name, auc in zip(words, aucs, strict=True):
        if auc is not None:
            value, least, greatest = auc
            intervals.append((least, greatest))
            parts.append(f"{name} {value:.2f} [{least:.2f}, {greatest:.2f}]")
    if len(intervals) < len(words):
        return f"{MISSING}: {parts[0]} alone" if parts else MISSING
    ours, single = intervals
    if ours[0] > single[1]:
        verdict = HOLDS
    else:
        verdict = FAILS if single[0] > min(SEPARATE, ours[1]) else OPEN
    return f"{verdict}: AUC {', '.join(parts)}"


def shifted(side: str) -> Callable[[Models], str]:
    """Whether a shift of arousal is heard by the classifier more often than playing alone.

    And in most segments; the 95 % intervals of the two shares, Wilson's, must not touch.
    """

    def measured(models: Models) -> str:
        evaluation = models.evaluations.get(SHIFTED)
        transfers = (evaluation.classified_transfers or {}) if evaluation else {}
        if side not in transfers or transfers[side].moved is None:
            return MISSING
        moves = transfers[side]
        share, alone = present(moves.moved), present(moves.moved_by_reconstruction)
        (least, greatest), (least_alone, greatest_alone) = (
            stats.binomtest(round(part * moves.n), moves.n).proportion_ci(method="wilson")
            for part in (share, alone)
        )
        if least > max(greatest_alone, 0.5):
            verdict = HOLDS
        else:
            verdict = FAILS if greatest < max(least_alone, 0.5) else OPEN
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
        share: [run.auc for run in runs if run.share == share] for share in (FEW, ALL, UNLABELLED)
    }
    if any(len(values) < 2 for values in of_share.values()):
        return MISSING
    (few, few_by), (everything, all_by), (none, none_by) = map(over_seeds, of_share.values())
    if few - few_by > everything + all_by - NEAR:
        verdict = HOLDS
    else:
        verdict = FAILS if few + few_by < everything - all_by else OPEN
    return (
        f"{verdict}: AUC {few:.2f} ± {few_by:.2f}, with all {everything:.2f} ± {all_by:.2f}, "
        f"with none {none:.2f} ± {none_by:.2f}"
    )
