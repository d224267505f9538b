"""What another seed gives: claims over several seeds, and how far Table 1 moves between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import sqrt

import numpy as np
from scipy import stats

from train.reporting.claims import CLAIMS
from train.reporting.markdown import NONE, Table
from train.reporting.paper import COLUMNS
from train.reporting.split_results import Models, SeedMeans
from train.reporting.verdicts import MISSING


def claims(seeds: Sequence[Models]) -> Table:
    """Every claim that all seeds have measured: of each alone, and over all of them.

    Claims whose figures have no interval over seeds are judged of each seed alone.
    """
    means, rows = SeedMeans.of(seeds), []
    for claim in CLAIMS:
        cells = [claim.measured(models) for models in seeds]
        over_all = claim.measured(means)
        if over_all != MISSING or MISSING not in cells:
            rows.append((claim.words, *cells, NONE if over_all == MISSING else over_all))
    return rows, ("claim", *(models.title for models in seeds), f"over {means.title}")


def spread(seeds: Sequence[Models]) -> Table:
    """How far a score is off with one seed, beside the intervals over its runs.

    And, of two models that one seed tells apart (their intervals over runs do not touch), how
    often another seed does not, or has them the other way round.
    """
    each, rows = [models.scores() for models in seeds], []
    names = [name for name in each[0] if all(name in scores for scores in each)]
    for column, (score, fader) in enumerate(COLUMNS):
        values = np.array([[scores[name][column] for name in names] for scores in each])
        mean, half = values[..., 0], values[..., 1]  # (seeds, models)
        sd = sqrt(mean.var(0, ddof=1).mean())
        by_seed = stats.t.ppf(0.975, len(names) * (len(seeds) - 1)) * sd
        above = (mean - half)[:, :, None] > (mean + half)[:, None, :]
        pairs = list(permutations(above, 2))
        apart, same, reverse = (
            sum(int(part.sum()) for part in parts)
            for parts in (
                [one for one, _ in pairs],
                [one & other for one, other in pairs],
                [one & other.T for one, other in pairs],
            )
        )
        rows.append(
            (
                f"{score} {fader}",
                f"± {half.mean():.3f}",
                f"± {by_seed:.3f}",
                f"{by_seed / half.mean():.1f}",
                f"{apart}",
                f"{apart - same - reverse}",
                f"{reverse}",
            )
        )
    head = (
        *("score", "over runs", "over seeds", "times"),
        *("told apart by one seed", "open with another", "reversed by another"),
    )
    return rows, head
