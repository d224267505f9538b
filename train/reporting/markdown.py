"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

NONE = "–"  # of a cell with nothing to say
Table = tuple[Sequence[tuple[str, ...]], tuple[str, ...]]  # rows and head


def table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Rows below a head, as Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float | None, decimals: int = 1) -> str:
    """A share of 1 in percent."""
    return NONE if share is None else f"{100 * share:.{decimals}f} %"
