"""Secrets in addresses: made by `secrets`, at least 128 bits; of those that let in, only hashes
are kept.
"""

from __future__ import annotations

import hashlib
import re
import secrets

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none looks like another
SHAPE = re.compile(r"[A-Za-z0-9_-]{16,64}")


def secret() -> str:
    """A token that lets somebody in: 256 bits, 43 characters of A-Z a-z 0-9 - and _."""
    return secrets.token_urlsafe(32)


def opaque() -> str:
    """A name that tells nothing, for a trial or a clip: 128 bits, 22 characters."""
    return secrets.token_urlsafe(16)


def public() -> str:
    """A participant's name in exports: 64 bits in hexadecimal; it opens nothing."""
    return secrets.token_hex(8)


def code() -> str:
    """What a participant shows after the last trial, for people to copy: ``ABCD-EFGH``."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def hashed(token: str) -> str:
    """What of a token is kept: its SHA-256 in hexadecimal.

    No salt and no slow hash: nobody guesses 256 random bits, and the hash must be found by an
    index.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def shaped(text: str) -> bool:
    """Whether a text could be a token; nothing else need be looked for in the database."""
    return bool(SHAPE.fullmatch(text))
