"""`transfer`: an original, then what it was transferred to; a direction, and four ratings.

The design of the paper's study. Its answers are columns of their own in the database, its analysis
is `survey.analysis`, and its pairs are made from music and a model, or from a table of sounds.
"""

from __future__ import annotations

from db.models import TRANSFER
from survey.designs.design import REFERENCE, Design, DesignError, Item


def _pairs(item: Item) -> list[tuple[str, ...]]:
    if not item.has_reference:
        raise DesignError(f"Item {item.name} has no reference, the original of its pairs.")
    return [(REFERENCE, system) for system in item.systems]


DESIGN = Design(
    TRANSFER,
    _pairs,
    about="an original, then what it was transferred to: how arousal changed, and four ratings",
)
