"""How the report writes its numbers: percentages, intervals, p values, counts."""

from __future__ import annotations

from collections.abc import Callable

from survey.statistics.estimate import CONSTANT, EDGE, NONE, Estimate, Interval

Show = Callable[[float | None], str]  # writes a number


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "unknown" if share is None else f"{100 * share:.1f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A number, rounded; a true minus sign, and none before zeros."""
    if value is None:
        return "unknown"
    return f"{value:z.{digits}f}".replace("-", "−")


def probability(p: float | None) -> str:
    """How a p value is written in a sentence."""
    if p is None:
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def people(count: int) -> str:
    """A number of participants, with its noun; nobody, if there is none."""
    return counted(count, "participant") if count else "nobody"


def did(count: int, one: str, more: str) -> str:
    """What so many people, or answers, did: "nobody has", "1 has", "2 have"."""
    return f"{count or 'nobody'} {one if count <= 1 else more}"


def interval(estimate: Estimate, show: Show, scope: str = "for other people and pieces") -> str:
    """A 95 % interval and whom it is for, or why there is none."""
    if estimate.low is None or estimate.note == CONSTANT:
        return f"no 95 % interval ({(estimate.note or 'not enough answers').removeprefix(NONE)})"
    at_edge = estimate.note is not None and estimate.note.startswith(EDGE)
    scope = "with few independent answers" if at_edge else scope
    return f"95 % interval {scope}: {between(estimate, show)}"


def between(ends: Interval, show: Show) -> str:
    """From where to where an interval goes."""
    return f"{show(ends.low)} to {show(ends.high)}"


def counted(number: int, noun: str) -> str:
    """A number of things, with their noun."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def hundred(value: float | None) -> float | None:
    """A share in hundredths."""
    return None if value is None else 100 * value


def in_points(value: float | None) -> str:
    """A difference of shares in percentage points."""
    return number(hundred(value), 1)
