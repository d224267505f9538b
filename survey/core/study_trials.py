"""How many trials of a study one participant can have."""

from __future__ import annotations

from collections.abc import Iterable

from db.models import MAIN, Stimulus


def most(stimuli: Iterable[Stimulus]) -> int:
    """How many: of the same versions only one; catch trials and practice are not counted."""
    return len(
        {
            (stimulus.item, *sorted(set(stimulus.systems))) if stimulus.systems else stimulus.name
            for stimulus in stimuli
            if stimulus.kind in MAIN
        }
    )
