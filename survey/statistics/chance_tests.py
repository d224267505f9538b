"""Is it more than chance? Tests in which a participant, not an answer, is the unit.

Sign flips: if nothing but chance is at work, each participant's difference from it could as well
have had the other sign. Exact for up to `EXACT` participants, else by drawing signs. McNemar
(1947), Psychometrika 12:153-157, in its exact form.
A participant's rate is the unit; a pooled binomial test would take their answers for independent.
Several tests at once are adjusted after Holm (1979), Scandinavian Journal of Statistics 6:65-70.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import t_interval

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


CHANCES = {"one of three": 1 / 3, "one of two": 1 / 2}


def rates(answers: Crossed) -> np.ndarray:
    """Each participant's mean, shape (largest code + 1,), NaN for those without answers."""
    n = np.bincount(answers.participants)
    return np.where(n > 0, answers.sums(answers.participants) / np.maximum(n, 1), np.nan)


def against_chance(agreement: dict[str, Crossed], seed: int) -> dict[str, Any]:
    """Sign-flip tests of participants' rates against guessing among three answers, and two.

    Parameters
    ----------
    agreement : dict
        As of `direction.by_direction`.
    """
    found: dict[str, Any] = {}
    for name, answers in agreement.items():
        each = rates(answers)
        each = each[~np.isnan(each)]
        found[name] = {
            "mean_rate": t_interval(each).as_dict(),
            **{chance: {"chance": p, **sign_flip(each - p, seed)} for chance, p in CHANCES.items()},
        }
    return found


def lower_against_higher(agreement: dict[str, Crossed], seed: int) -> dict[str, Any]:
    """Whether people agree more on lower than on higher items, by paired differences.

    Returns
    -------
    dict
        difference: mean of participants' rate on lower less rate on higher items, t interval, for
        these very items; twoway: the same for other items, too; flips: sign-flip test; better:
        how many agree more on lower, on higher, equally; sign_test: exact p of the first two.
    """
    lower, higher = rates(agreement["lower"]), rates(agreement["higher"])
    both = min(len(lower), len(higher))
    differences = lower[:both] - higher[:both]
    differences = differences[~np.isnan(differences)]
    less, more = int((differences < 0).sum()), int((differences > 0).sum())
    return {
        "difference": t_interval(differences).as_dict(),
        "twoway": twoway.difference(agreement["lower"], agreement["higher"]).as_dict(),
        "flips": sign_flip(differences, seed),
        "better": {"lower": more, "higher": less, "equal": len(differences) - less - more},
        "sign_test": mcnemar(more, less) if len(differences) else None,
    }


def holm(p: Sequence[float]) -> list[float]:
    """The p values corrected for there being several, in their order.

    Raises
    ------
    ValueError
        If one is not within 0 to 1.
    """
    values = np.asarray(p, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p values are from 0 to 1: {list(p)}")
    order = np.argsort(values, kind="stable")
    raised = values[order] * (len(values) - np.arange(len(values)))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return corrected.tolist()
