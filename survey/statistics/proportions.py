"""Intervals for a share of independent answers: Wilson's and Clopper and Pearson's.

Wilson (1927), JASA 22:209-212. Clopper & Pearson (1934), Biometrika 26:404-413. Several answers of
one participant are not independent: for those these intervals are too short (`twoway`).
"""

from __future__ import annotations

import math

from scipy import special, stats

from survey.statistics.estimate import LEVEL, Estimate


def wilson(successes: int, n: int) -> Estimate:
    """Wilson's 95 % interval of a share.

    Raises
    ------
    ValueError
        If `successes` is not within 0 to `n`.
    """
    return _interval(successes, n, "wilson")


def clopper_pearson(successes: int, n: int) -> Estimate:
    """Clopper and Pearson's 95 % interval of a share, which covers at least as often as it says.

    Raises
    ------
    ValueError
        If `successes` is not within 0 to `n`.
    """
    return _interval(successes, n, "exact")


def wilson_clustered(successes: int, n: int, design_effect: float) -> Estimate:
    """Wilson's interval for as many independent answers as `n` clustered ones are worth.

    Parameters
    ----------
    design_effect : float
        1 or more; by how much clustering multiplies the variance.
    """
    if design_effect < 1:
        raise ValueError(f"a design effect is 1 or more, not {design_effect}")
    share, worth = successes / n, n / design_effect  # not whole, so scipy's test cannot take it
    z = float(special.ndtri((1 + LEVEL) / 2))
    middle = (share + z * z / (2 * worth)) / (1 + z * z / worth)
    reach = z * math.sqrt(share * (1 - share) / worth + z * z / (4 * worth * worth))
    reach /= 1 + z * z / worth
    return Estimate(share, middle - reach, middle + reach, n=n)


def _interval(successes: int, n: int, method: str) -> Estimate:
    if n == 0:
        return Estimate(None)
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    found = stats.binomtest(successes, n).proportion_ci(LEVEL, method=method)
    return Estimate(successes / n, float(found.low), float(found.high), n=n)
