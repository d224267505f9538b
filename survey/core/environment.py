"""The environment of processes that have no use for this one's secrets."""

from __future__ import annotations

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
