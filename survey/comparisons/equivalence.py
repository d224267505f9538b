"""Whether systems are equivalent: two one-sided tests against a margin that was named beforehand.

Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15:657-680: both that the
difference is below minus the margin and that it is above it are rejected at 5 %, which is to say
that its 90 % interval lies within the margin. Standard error and degrees of freedom are those of
the two-way clustered interval. The margin is the question's, kept with the study since it was
built; without one nothing is tested, for after the data a margin can be found that fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import scipy  # whose parts are loaded when they are first used

from survey.analysis.number_format import number, probability
from survey.statistics.estimate import CONSTANT, LEVEL, Estimate

ALPHA = 1 - LEVEL


@dataclass(frozen=True)
class Equivalence:
    """One comparison against its margin.

    Attributes
    ----------
    question, first, second : str
    margin : float
    value : float or None
        The difference: of the first less the second, or from what is expected of no difference.
    low, high : float or None
        Ends of its 90 % interval.
    p, holm : float or None
        The larger p value of the two tests; corrected by `survey.statistics.families`.
    """

    question: str
    first: str
    second: str
    margin: float
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    holm: float | None = None

    @property
    def is_shown(self) -> bool:
        """Whether equivalence is shown, corrected."""
        return self.holm is not None and self.holm < ALPHA


def tested(
    question: str, first: str, second: str, margin: float, difference: Estimate
) -> Equivalence:
    """A difference with its two one-sided tests; none where it has no standard error."""
    value, error, freedom = difference.value, difference.error, difference.freedom
    untold = Equivalence(question, first, second, margin, value, None, None, None)
    if value is None or not error or freedom is None or difference.note == CONSTANT:
        return untold
    reach = float(scipy.special.stdtrit(freedom, 1 - ALPHA)) * error
    p = float(scipy.special.stdtr(freedom, -(margin - abs(value)) / error))
    return replace(untold, low=value - reach, high=value + reach, p=p)


def sentences(equivalences: Iterable[Equivalence]) -> list[str]:
    """What is to be said of each."""
    lines = []
    for one in equivalences:
        name = one.question.replace("_", " ").capitalize()
        begin = f"{name}, {one.first} and {one.second}: the margin named beforehand is "
        begin += f"±{number(one.margin)}"
        if one.low is None or one.holm is None:
            lines.append(f"{begin}; equivalence cannot be tested, for there is no standard error.")
            continue
        ends = f"{number(one.low)} to {number(one.high)}"
        test = f"{probability(one.holm)}, two one-sided tests, by Holm's correction"
        if one.is_shown:
            lines.append(
                f"{begin}, and they are equivalent within it (90 % interval {ends}; {test})."
            )
        else:
            lines.append(
                f"{begin}; that they are equivalent is not shown (90 % interval {ends}; {test}), "
                "which is not to say that they differ."
            )
    return lines
