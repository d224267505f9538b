"""Numbers that this process's environment holds, and what of it others get: none of its secrets."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Mapping

SECRET = re.compile(
    r"(KEY|TOKEN|SECRET|CREDENTIAL)S?($|_)|PASSW|PASSPHRASE|(^|_)(PG)?PASS($|_)|_PWD|"
    r"(^|_)(PAT|AUTH|DSN)($|_)|(DATABASE|REDIS|MONGO|SQL|AMQP|BROKER)\w*_UR[IL]|^MONGO_UR[IL]",
    re.IGNORECASE,
)


def without_secrets(environment: Mapping[str, str], needed: Collection[str] = ()) -> dict[str, str]:
    """The variables of an environment whose names say that they hold no secret.

    Parameters
    ----------
    environment : mapping
        Such as `os.environ`.
    needed : collection of str
        Names that stay all the same.
    """
    return {
        name: value
        for name, value in environment.items()
        if name in needed or not SECRET.search(name)
    }


def positive_number(name: str, otherwise: float) -> float:
    """The number from 1 up that a variable holds; an empty one counts as unset.

    Parameters
    ----------
    name : str
        The variable's.
    otherwise : float
        The number where the variable is not set.

    Raises
    ------
    ValueError
        If it holds something else.
    """
    text = os.environ.get(name)
    if not text:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 <= value < math.inf:
        raise ValueError(f"{name} must be a number from 1 up, such as {otherwise:.0f}")
    return value
