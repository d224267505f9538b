"""A number with its 95 % interval, and what has to be said of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scipy import special

LEVEL = 0.95

ONE = "no interval: it takes at least two participants and two items"
CONSTANT = "all answers are equal, so their spread cannot be estimated"
NEGATIVE = "the two-way variance came out negative; the larger one-way variance stands for it"
EDGE = (
    "all answers fall on one side; the interval is Clopper-Pearson's for as many independent "
    "answers as there are participants or items, whichever are fewer"
)


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where there is no such number.

    Attributes
    ----------
    value, low, high : float
    error : float
        Standard error, on the scale of `value`.
    freedom : int
        Degrees of freedom of the t distribution used.
    n : int
        How many answers it is made of.
    note : str
        What is unusual about it, one of this module's constants.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    freedom: int | None = None
    n: int = 0
    note: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def t_quantile(freedom: int) -> float:
    """How many standard errors a two-sided 95 % interval reaches to either side."""
    return float(special.stdtrit(freedom, (1 + LEVEL) / 2))  # scipy.stats.t.ppf takes far longer


def around(value: float, error: float, freedom: int, n: int, note: str | None = None) -> Estimate:
    """The t interval around a value; of no width, and noted, if the error is 0."""
    reach = t_quantile(freedom) * error
    if error == 0 and note is None:
        note = CONSTANT
    return Estimate(value, value - reach, value + reach, error, freedom, n, note)
