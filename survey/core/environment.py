"""The environment of processes that have no use for this one's secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SECRET = re.compile(
    r"(^|_)(API_?)?(KEYS?|TOKENS?|SECRETS?|CREDENTIALS?)($|_)|PASSW|^DATABASE_URL$", re.IGNORECASE
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
