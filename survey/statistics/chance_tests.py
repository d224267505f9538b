"""Is it more than chance? Tests in which a participant, not an answer, is the unit.

Sign flips: if nothing but chance is at work, each participant's difference from it could as well
have had the other sign. Exact for up to `EXACT` participants, else by drawing signs. McNemar
(1947), Psychometrika 12:153-157, in its exact form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

EXACT = 16  # participants whose 2 ** 16 signs are all tried
DRAWS = 10_000
CHUNK = 4_000_000  # signs held at once


def sign_flip(differences: np.ndarray, seed: int, draws: int = DRAWS) -> dict[str, Any]:
    """Two-sided test that differences, one a participant, shape (n,), are centred at 0.

    Returns
    -------
    dict
        difference: their mean; p: at least 2 / 2 ** n; exact: whether all signs were tried; n.
        None for difference and p if there are none.
    """
    n = len(differences)
    if n == 0:
        return {"difference": None, "p": None, "exact": True, "n": 0}
    found = abs(differences.sum())
    least = found - 1e-9 * max(1.0, np.abs(differences).sum())  # equal sums may round apart
    exact = n <= EXACT
    if exact:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
        p = float((np.abs((1 - 2 * bits) @ differences) >= least).mean())
    else:
        p = (1 + _drawn(differences, least, seed, draws)) / (1 + draws)  # the data are one draw
    return {"difference": float(differences.mean()), "p": p, "exact": exact, "n": n}


def mcnemar(first: int, second: int) -> float:
    """Exact two-sided p that `first` against `second` discordant pairs are a toss of a coin."""
    if first + second == 0:
        return 1.0
    return float(stats.binomtest(first, first + second, 0.5).pvalue)


def _drawn(differences: np.ndarray, least: float, seed: int, draws: int) -> int:
    random = np.random.default_rng(seed)
    n, at_least = len(differences), 0
    while draws:
        now = min(draws, max(1, CHUNK // n))
        signs = random.integers(0, 2, (now, n), dtype=np.int8).astype(np.float64) * 2 - 1
        at_least += int((np.abs(signs @ differences) >= least).sum())
        draws -= now
    return at_least
