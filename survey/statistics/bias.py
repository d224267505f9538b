"""Hearing apart from answering: d' and the criterion c of signal detection.

Hits H = P("higher" | intended higher), false alarms F = P("higher" | intended lower);
``d' = z(H) - z(F)`` says how well both are told apart, ``c = -(z(H) + z(F)) / 2`` how unwilling
people are to answer "higher". Who always answers "lower" agrees with every lower item and hears
nothing: d' = 0, c > 0. Rates of counts get the loglinear correction: Hautus (1995), Behavior
Research Methods 27:46-51.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri


def d_prime(hits: Any, alarms: Any) -> Any:
    """d' of rates strictly between 0 and 1; numbers or arrays."""
    return ndtri(hits) - ndtri(alarms)


def criterion(hits: Any, alarms: Any) -> Any:
    """c of rates strictly between 0 and 1; numbers or arrays."""
    return -(ndtri(hits) + ndtri(alarms)) / 2


def loglinear(count: Any, n: Any) -> Any:
    """The rate count / n, kept away from 0 and 1; numbers or arrays."""
    return (np.asarray(count) + 0.5) / (np.asarray(n) + 1)
