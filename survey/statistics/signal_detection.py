"""Response bias of a study: d' and the criterion c, pooled and by participant.

Pooled values take all people for one listener; the means over participants do not, yet few answers
each pull them towards 0. Both are given, for the answers "higher" and "lower".

Hits H = P("higher" | intended higher), false alarms F = P("higher" | intended lower);
``d' = z(H) - z(F)`` says how well both are told apart, ``c = -(z(H) + z(F)) / 2`` how unwilling
people are to answer "higher". Who always answers "lower" agrees with every lower item and hears
nothing: d' = 0, c > 0. Rates of counts get the loglinear correction: Hautus (1995), Behavior
Research Methods 27:46-51.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from survey.statistics.agreement import INTENDED
from survey.statistics.estimate import t_interval

Counts = dict[tuple[str, str], Any]  # (intended, heard) -> count, or n for heard "any"


def detection(transfers: pd.DataFrame) -> dict[str, Any]:
    """Hits, false alarms, d' and c.

    Returns
    -------
    dict
        By answer ("higher", "lower"): hits, alarms, each {count, n, rate}; d_prime and criterion,
        pooled; mean_d_prime and mean_criterion, t estimates over participants with both kinds of
        items. None where there are no such items.
    """
    pooled, each = _counts(transfers), _by_participant(transfers)
    return {answer: _of(answer, pooled, each) for answer in ("higher", "lower")}


def measures(answer: str, counts: Counts) -> tuple[Any, Any]:
    """d' and c of an answer; counts may be numbers or arrays."""
    other = _other(answer)
    hits = loglinear(counts[answer, answer], counts[answer, "any"])
    alarms = loglinear(counts[other, answer], counts[other, "any"])
    return d_prime(hits, alarms), criterion(hits, alarms)


def _other(answer: str) -> str:
    return INTENDED[1 - INTENDED.index(answer)]


def _of(answer: str, pooled: Counts, each: Counts) -> dict[str, Any]:
    other = _other(answer)
    found: dict[str, Any] = {
        "hits": _rate(pooled[answer, answer], pooled[answer, "any"]),
        "alarms": _rate(pooled[other, answer], pooled[other, "any"]),
    }
    if not pooled[answer, "any"] or not pooled[other, "any"]:
        return {**found, **dict.fromkeys(("d_prime", "criterion"))}
    d, c = measures(answer, pooled)
    both = (each[answer, "any"] > 0) & (each[other, "any"] > 0)
    of_each = measures(answer, each)
    return {
        **found,
        "d_prime": float(d),
        "criterion": float(c),
        "mean_d_prime": t_interval(of_each[0][both]).as_dict(),
        "mean_criterion": t_interval(of_each[1][both]).as_dict(),
    }


def _rate(count: int, n: int) -> dict[str, Any]:
    return {"count": count, "n": n, "rate": count / n if n else None}


def _counts(transfers: pd.DataFrame) -> Counts:
    found: Counts = {}
    for intended in INTENDED:
        heard = transfers["heard"][transfers["intended"] == intended].dropna()
        found[intended, "any"] = len(heard)
        found.update({(intended, word): int((heard == word).sum()) for word in INTENDED})
    return found


def _by_participant(transfers: pd.DataFrame) -> Counts:
    answered = transfers[transfers["heard"].notna()]
    codes, names = pd.factorize(answered["participant"], sort=True)
    found: Counts = {}
    for intended in INTENDED:
        meant = (answered["intended"] == intended).to_numpy()
        found[intended, "any"] = np.bincount(codes[meant], minlength=len(names))
        for word in INTENDED:
            said = meant & (answered["heard"] == word).to_numpy()
            found[intended, word] = np.bincount(codes[said], minlength=len(names))
    return found


def d_prime(hits: Any, alarms: Any) -> Any:
    """d' of rates strictly between 0 and 1; numbers or arrays."""
    return ndtri(hits) - ndtri(alarms)


def criterion(hits: Any, alarms: Any) -> Any:
    """c of rates strictly between 0 and 1; numbers or arrays."""
    return -(ndtri(hits) + ndtri(alarms)) / 2


def loglinear(count: Any, n: Any) -> Any:
    """The rate count / n, kept away from 0 and 1; numbers or arrays."""
    return (np.asarray(count) + 0.5) / (np.asarray(n) + 1)
