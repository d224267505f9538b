"""Arguments of the commands: parsed, and refused in one line when wrong."""

from __future__ import annotations

import argparse
import math
import re
from typing import NoReturn

from fadernets.curve import Amount, amount, is_curve_text
from fadernets.lock_words import LockWords
from fadernets.mood_transfer import STRONGEST


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _number(text: str, lowest: float, highest: float, kind: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:  # false for NaN, too
        point = text.replace(",", ".")
        hint = f"; write {point}" if re.fullmatch(r"-?\d*,\d+", text) else ""
        raise argparse.ArgumentTypeError(f"{text} is not {kind}{hint}")
    return value


def fader(text: str) -> Amount:
    """A fader's offset, -1 to 1, or its position, 0 to 1; a number or a curve."""
    return _amount(text, -1, 1, "between -1 and 1")


def strength(text: str) -> Amount:
    """A number from 0 to `STRONGEST`, or a curve of such."""
    return _amount(text, 0, STRONGEST, f"between 0 and {STRONGEST:g}")


def _amount(text: str, lowest: float, highest: float, kind: str) -> Amount:
    if not is_curve_text(text):
        return _number(text, lowest, highest, kind)
    try:
        return amount(text, lowest, highest)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def locks(text: str) -> list[str]:
    """Words of what stays as it is, with commas between them."""
    try:
        LockWords.read(text)
        return text.split(",")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def seed(text: str) -> int:
    """A whole number of 0 or more."""
    if not text.isdecimal() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of 0 or more")
    return int(text)


def tracks(text: str) -> tuple[int, ...]:
    """Tracks' numbers from 0, of ``2,3``, which count from 1."""
    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", text):
        raise argparse.ArgumentTypeError(f"{text} is not a list of tracks such as 1,2")
    return tuple(int(number) - 1 for number in text.split(","))


def span(text: str) -> tuple[int, int | None]:
    """The first segment and the one after the last, of ``2:5``, ``2:``, ``:5`` or ``2``.

    An end left out is None; a number alone is that segment.
    """
    if not re.fullmatch(r"\d{1,9}|\d{0,9}:\d{0,9}", text):
        raise argparse.ArgumentTypeError(f"{text} is not a range such as 2:5")
    first, colon, end = text.partition(":")
    if not colon:
        return int(first), int(first) + 1
    return int(first or 0), int(end) if end else None


def bars(text: str) -> tuple[int, int]:
    """The first and the last bar, of ``5-8`` or ``5``; they count from 1, an upbeat is 0."""
    first, _, last = text.partition("-")
    if not re.fullmatch(r"\d{1,6}(-\d{1,6})?", text) or int(last or first) < int(first):
        raise argparse.ArgumentTypeError(f"{text} is not a range of bars such as 5-8")
    return int(first), int(last or first)
