"""Intervals for answers that participants and items both tie together.

Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29:238-249: the variance
by participants, plus that by items, less that of the n cells where both meet, each with its
small-sample factor: ``V = V_p P/(P-1) + V_i I/(I-1) - V_pi n/(n-1)``, with min(P, I) - 1 degrees of
freedom. A cell is one answer, or one segment's answers at all strengths. So the interval is for
other people and other music of the same kind.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy  # whose parts are loaded when they are first used

from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import EDGE, NEGATIVE, TOO_FEW, Estimate, around, clopper_pearson


def mean(answers: Crossed) -> Estimate:
    """The mean with its two-way clustered t interval; never clipped to the scale."""
    n, freedom = len(answers.values), _freedom(answers)
    if n == 0:
        return Estimate(None)
    if freedom < 1:
        return Estimate(answers.mean, n=n, note=TOO_FEW)
    variance, note = clustered_variance(_centred(answers))
    return around(answers.mean, math.sqrt(variance), freedom, n, note)


def share(answers: Crossed) -> Estimate:
    """The share of ones among zeros and ones, its two-way interval computed on the logit scale."""
    estimate = mean(answers)
    if estimate.error is None:
        return estimate
    return on_logits(estimate, min(answers.participant_count, answers.item_count))


def difference(first: Crossed, second: Crossed) -> Estimate:
    """The mean of `first` less the mean of `second`, both by the same participants.

    The codes of participants and of items must mean the same in both.
    """
    n = len(first.values) + len(second.values)
    if not len(first.values) or not len(second.values):
        return Estimate(None, n=n)
    value = first.mean - second.mean
    freedom = min(_freedom(first), _freedom(second))
    if freedom < 1:
        return Estimate(value, n=n, note=TOO_FEW)
    first_scores, second_scores = _centred(first), _centred(second)
    both = Crossed(
        np.concatenate([first_scores.values, -second_scores.values]),
        np.concatenate([first_scores.participants, second_scores.participants]),
        np.concatenate([first_scores.items, second_scores.items]),
    )
    variance, note = clustered_variance(both)
    return around(value, math.sqrt(variance), freedom, n, note)


def by_participant(answers: Crossed) -> Estimate:
    """The mean with an interval clustered by participant alone: for these very items."""
    n, people = len(answers.values), answers.participant_count
    if n == 0:
        return Estimate(None)
    if people < 2:
        return Estimate(answers.mean, n=n, note=TOO_FEW)
    variance = _squares(_centred(answers), "participants") * people / (people - 1)
    return around(answers.mean, math.sqrt(variance), people - 1, n)


def share_by_participant(answers: Crossed) -> Estimate:
    """The share of ones, its interval clustered by participant alone, on the logit scale."""
    estimate = by_participant(answers)
    return estimate if estimate.error is None else on_logits(estimate, answers.participant_count)


def clustered_variance(scores: Crossed) -> tuple[float, str | None]:
    """The two-way variance of a sum of scores whose mean is 0, and a note if it needed help."""
    people, items, cells = scores.participant_count, scores.item_count, scores.cell_sums()
    of_people = _squares(scores, "participants") * people / (people - 1)
    of_items = _squares(scores, "items") * items / (items - 1)
    of_both = float((cells**2).sum()) * len(cells) / (len(cells) - 1)
    variance = of_people + of_items - of_both
    if variance > 0:
        return variance, None
    larger = max(of_people, of_items)
    return larger, NEGATIVE if larger > 0 else None


def on_logits(estimate: Estimate, independent: int) -> Estimate:
    """The interval of a share, computed on logits so that it stays within 0 and 1.

    At 0 and 1, which have no logit, it is Clopper and Pearson's for `independent` answers.
    """
    value, error, freedom = estimate.value, estimate.error, estimate.freedom
    if value is None or error is None or freedom is None:
        raise ValueError("an estimate without a standard error has no interval on logits")
    if value in (0, 1):
        edge = clopper_pearson(round(value * independent), independent)
        return replace(estimate, low=edge.low, high=edge.high, error=None, freedom=None, note=EDGE)
    logit = math.log(value / (1 - value))
    ends = around(logit, error / (value * (1 - value)), freedom, estimate.n, estimate.note)
    return replace(
        ends,
        value=value,
        low=float(scipy.special.expit(ends.low)),
        high=float(scipy.special.expit(ends.high)),
        error=error,
    )


def _freedom(answers: Crossed) -> int:
    return min(answers.participant_count, answers.item_count) - 1


def _centred(answers: Crossed) -> Crossed:
    return replace(answers, values=(answers.values - answers.mean) / len(answers.values))


def _squares(scores: Crossed, by: str) -> float:
    sums = scores.sums(getattr(scores, by))
    return float((sums**2).sum())
