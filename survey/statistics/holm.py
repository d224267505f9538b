"""Several tests at once: Holm (1979), Scandinavian Journal of Statistics 6:65-70."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


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
