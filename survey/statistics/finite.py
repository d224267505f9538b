"""Numbers that JSON can hold: what came out too large, or as no number, is None, and is named."""

from __future__ import annotations

import math
from typing import Any


def finite(found: Any, lost: list[str], name: str = "") -> Any:
    """The same dicts and lists with None for every number that is not finite.

    Parameters
    ----------
    found : dict, list or a single value
    lost : list of str
        What was replaced is added, by where it was: "participants.3.median_seconds".
    name : str
        Where `found` itself is.
    """
    if isinstance(found, dict):
        return {key: finite(one, lost, _under(name, key)) for key, one in found.items()}
    if isinstance(found, list | tuple):
        return [finite(one, lost, _under(name, at)) for at, one in enumerate(found)]
    if isinstance(found, float) and not math.isfinite(found):
        lost.append(name)
        return None
    return found


def _under(name: str, key: object) -> str:
    return f"{name}.{key}" if name else str(key)
