"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

Table = tuple[Sequence[tuple[str, ...]], tuple[str, ...]]  # rows and head


def table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Rows below a head, as Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
