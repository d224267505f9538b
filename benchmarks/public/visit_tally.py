"""What visitors of the page met, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measuring.milliseconds import waits


@dataclass
class VisitTally:
    """What visitors saw: seconds of each answer, moves overtaken by newer ones, errors by kind."""

    times: list[float] = field(default_factory=list)
    skipped: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: VisitTally) -> None:
        """Count what others saw, too."""
        self.times += other.times
        self.skipped += other.skipped
        self.errors += other.errors

    def report(self) -> dict[str, Any]:
        """Plain data."""
        summary = waits(self.times) if self.times else {"n": 0}
        moves = len(self.times) + self.skipped + self.errors.total()
        errors = {"errors": self.errors.total(), "kinds_of_errors": dict(self.errors)}
        return {"moves": moves, **summary, "skipped": self.skipped, **errors}
