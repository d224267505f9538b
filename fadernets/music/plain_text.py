"""Text of files, such as their names, as sentences can have it."""

from __future__ import annotations

import unicodedata


def plain_text(text: str) -> str:
    r"""A text without what cannot be seen and does something to the words around it.

    Control characters are blanks; marks that turn the direction of writing, among others, go.

    >>> plain_text("Low\thand\0"), plain_text("a\u202emid.exe")
    ('Low hand', 'amid.exe')
    """
    replacements = {"Cc": " ", "Cf": ""}
    return "".join(replacements.get(unicodedata.category(sign), sign) for sign in text).strip()
