"""Intervals for answers that participants and items both tie together.

Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29:238-249: the variance
by participants, plus that by items, less that of the n cells where both meet, each with its
small-sample factor: ``V = V_p P/(P-1) + V_i I/(I-1) - V_pi n/(n-1)``, with min(P, I) - 1 degrees
of freedom. An item is a piece of music, a cell one person's answers to it. So the interval is for
other people and other pieces of the same kind.

V may come out near 0, or below, where one source of scatter hides the other by chance. It is never
taken for less than the largest of the one-way variances: by participant, by piece, by segment.
Where pieces have unequal numbers of segments, the degrees of freedom count as many equal pieces as
tell as much (Kish).

A share's interval is the wider one, at each end, of that on logits and of Korn and Graubard's
(1998), Survey Methodology 24:193-201: Clopper and Pearson's for as many independent answers as
would have the same variance. Where pieces' shares are skewed, logits alone are too short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used

from survey.statistics.crossed_design import Crossed, joined
from survey.statistics.estimate import (
    CONSTANT,
    EDGES,
    LEVEL,
    ONE_ON_A_SIDE,
    ONE_PERSON,
    ONE_PIECE,
    RAISED,
    Estimate,
    around,
    clopper_pearson,
    one_side,
    t_quantile,
    two_sided,
)

RAISED_MUCH = 1.1**2  # of a variance: an interval a tenth wider
ROUNDING = 1e-12  # of a variance, relatively
DIGITS = 9  # of a mean that differs from another


def mean(answers: Crossed) -> Estimate:
    """The mean with its two-way clustered t interval; never clipped to the scale."""
    if not len(answers.values):
        return Estimate(None)
    return of_scores(answers.mean, centred(answers))


def of_scores(value: float, scores: Crossed) -> Estimate:
    """A value with its interval, from what each answer adds to its error; these sum to 0."""
    n, freedom = len(scores.values), _freedom(scores)
    if freedom is None:
        why = ONE_PERSON if scores.participant_count < 2 else ONE_PIECE
        return Estimate(value, n=n, note=why)
    variance, note = clustered_variance(scores)
    return around(value, math.sqrt(variance), freedom, n, note)


def share(answers: Crossed) -> Estimate:
    """The share of ones among zeros and ones with its two-way interval: on logits, or the wider."""
    estimate = mean(answers)
    if estimate.error is None:
        return estimate
    people, items = answers.participant_count, answers.item_count
    on_scale = on_logits(
        estimate, min(people, items), "pieces" if items < people else "participants"
    )
    return _no_narrower_than_effective(on_scale)


def against(answers: Crossed, expected: float) -> float | None:
    """The two-sided p value that the mean is `expected`; None where nothing tells it.

    Where nobody and nothing differs from the mean, nothing tells how much others would, but that
    none is on the other side does: it is the exact sign test's, of as many independent answers as
    there are participants or pieces, whichever are fewer, as in Clopper and Pearson's interval of
    `share`.
    """
    estimate = mean(answers)
    if estimate.note != CONSTANT:
        return two_sided(estimate, expected)
    return _sign_test([means - expected for means in _means(answers).values()])


def differ(first: Crossed, second: Crossed) -> float | None:
    """The two-sided p value that both means are the same, as `difference` has them.

    Where it has no spread, the exact sign test's, of as many independent differences as there are
    participants, or pieces, with answers of both.
    """
    estimate = difference(first, second)
    if estimate.note != CONSTANT:
        return two_sided(estimate, 0)
    ours, theirs = _means(first), _means(second)
    return _sign_test([(ours[by] - theirs[by]).dropna() for by in ours])


def _means(answers: Crossed) -> dict[str, pd.Series]:
    """The mean of every participant, and of every item."""
    values = pd.Series(answers.values)
    return {
        "participants": values.groupby(answers.participants).mean(),
        "items": values.groupby(answers.items).mean(),
    }


def _sign_test(differences: Sequence[pd.Series]) -> float | None:
    """The p value of the fewest; None unless all are on one side."""
    signs = {float(sign) for of in differences for sign in np.sign(of.round(DIGITS))}
    return one_side(min(map(len, differences))) if len(signs) == 1 and 0 not in signs else None


def difference(first: Crossed, second: Crossed) -> Estimate:
    """The mean of `first` less the mean of `second`, both by the same participants.

    The codes of participants and of items must mean the same in both.
    """
    return weighted_sum([(1.0, first), (-1.0, second)])


def weighted_sum(parts: Sequence[tuple[float, Crossed]]) -> Estimate:
    """The sum of weights times means of several kinds of answers, by the same participants.

    The codes of participants, of items and of segments must mean the same in all.
    """
    n = sum(len(answers.values) for _, answers in parts)
    if not all(len(answers.values) for _, answers in parts):
        return Estimate(None, n=n)
    value = sum(weight * answers.mean for weight, answers in parts)
    degrees = [_freedom(answers) for _, answers in parts]
    if None in degrees:
        return Estimate(value, n=n, note=ONE_ON_A_SIDE)
    scores = [
        replace(answers, values=weight * centred(answers).values) for weight, answers in parts
    ]
    variance, note = clustered_variance(joined(scores))
    freedom = min(degree for degree in degrees if degree is not None)
    return around(value, math.sqrt(variance), freedom, n, note)


def by_participant(answers: Crossed) -> Estimate:
    """The mean with an interval clustered by participant alone: for these very items."""
    n, people = len(answers.values), answers.participant_count
    if n == 0:
        return Estimate(None)
    if people < 2:
        return Estimate(answers.mean, n=n, note=ONE_PERSON)
    variance = _one_way(centred(answers), answers.participants)
    return around(answers.mean, math.sqrt(variance), people - 1, n)


def share_by_participant(answers: Crossed) -> Estimate:
    """The share of ones, its interval clustered by participant alone, on the logit scale."""
    estimate = by_participant(answers)
    return estimate if estimate.error is None else on_logits(estimate, answers.participant_count)


def clustered_variance(scores: Crossed) -> tuple[float, str | None]:
    """The variance of a sum of scores whose mean is 0, and a note where `two_way` was far less."""
    clusters = [scores.participants, scores.items]
    if scores.segments is not None:
        clusters.append(scores.segments)
    largest = max(_one_way(scores, by) for by in clusters)
    variance = two_way(scores)
    if variance >= largest * (1 - ROUNDING):
        return variance, None
    return largest, RAISED if variance * RAISED_MUCH < largest else None


def two_way(scores: Crossed) -> float:
    """Cameron, Gelbach and Miller's variance of a sum of scores; may be negative."""
    return (
        _one_way(scores, scores.participants)
        + _one_way(scores, scores.items)
        - _one_way(scores, scores.cells())
    )


def on_logits(estimate: Estimate, independent: int, of: str = "participants") -> Estimate:
    """The interval of a share, computed on logits so that it stays within 0 and 1.

    At 0 and 1, which have no logit, it is Clopper and Pearson's for `independent` answers, as many
    as there are `of`, "participants" or "pieces".
    """
    value, error, freedom = estimate.value, estimate.error, estimate.freedom
    if value is None or error is None or freedom is None:
        raise ValueError("an estimate without a standard error has no interval on logits")
    if value in (0, 1):
        edge = clopper_pearson(round(value * independent), independent)
        return replace(
            estimate, low=edge.low, high=edge.high, error=None, freedom=None, note=EDGES[of]
        )
    logit = math.log(value / (1 - value))
    ends = around(logit, error / (value * (1 - value)), freedom, estimate.n, estimate.note)
    return replace(
        ends,
        value=value,
        low=float(scipy.special.expit(ends.low)),
        high=float(scipy.special.expit(ends.high)),
        error=error,
    )


def _no_narrower_than_effective(share: Estimate) -> Estimate:
    """The ends widened to Korn and Graubard's, where these are further out.

    They need not be whole: the effective number of answers, and of those that agree, is not.
    """
    value, error, low, high = share.value, share.error, share.low, share.high
    if value is None or low is None or high is None or share.freedom is None or not error:
        return share  # at 0 or 1, where Clopper and Pearson's stands already; or all balanced
    shrunk = (t_quantile(share.n - 1) / t_quantile(share.freedom)) ** 2
    effective = value * (1 - value) / error**2 * shrunk
    agree, not_agree = effective * value, effective * (1 - value)
    tail = (1 - LEVEL) / 2
    outer_low = float(scipy.special.betaincinv(agree, not_agree + 1, tail))
    outer_high = float(scipy.special.betaincinv(agree + 1, not_agree, 1 - tail))
    return replace(share, low=min(low, outer_low), high=max(high, outer_high))


def centred(answers: Crossed) -> Crossed:
    """Scores: what each answer adds to the mean's error."""
    return replace(answers, values=(answers.values - answers.mean) / len(answers.values))


def _freedom(answers: Crossed) -> float | None:
    """Degrees of freedom; None where there are fewer than two participants or items."""
    if min(answers.participant_count, answers.item_count) < 2:
        return None
    return max(1, min(answers.participant_count, answers.even_item_count) - 1)


def _one_way(scores: Crossed, by: np.ndarray) -> float:
    """The variance clustered one way, with its small-sample factor."""
    clusters = np.count_nonzero(np.bincount(by))
    return float((scores.sums(by) ** 2).sum()) * clusters / (clusters - 1)
