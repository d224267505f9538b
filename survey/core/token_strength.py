"""How many characters of a secret have to be guessed: those that do not follow from the others."""

from __future__ import annotations

from itertools import pairwise

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm")
NEIGHBOURS = {pair for row in ROWS for side in (row, row[::-1]) for pair in pairwise(side)}


def variety(secret: str) -> int:
    """How many of a secret's characters cannot be told from those before them.

    A character can be told if it is the one before again, the next or previous one in the alphabet
    or on the keyboard, or if the same two characters stood side by side before: "aaaa", "abcd",
    "qwer" count 1, "wordword" counts 5. Sixteen random hexadecimal digits count 13 on average.
    """
    text = secret.casefold()
    known: set[tuple[str, str]] = set()
    count = len(text[:1])
    for pair in pairwise(text):
        before, this = pair
        follows = abs(ord(before) - ord(this)) <= 1 or pair in NEIGHBOURS
        count += not follows and pair not in known
        known.add(pair)
    return count
