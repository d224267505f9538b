"""Agreement against chance, and agreement on lower against agreement on higher items.

A participant's rate is the unit; a pooled binomial test would take their answers for independent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from survey.statistics import twoway
from survey.statistics.chance_tests import mcnemar, sign_flip
from survey.statistics.crossed_design import Crossed
from survey.statistics.means import t_interval

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
