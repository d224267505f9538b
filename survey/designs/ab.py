"""`ab`: two systems' versions of an item, and which is better by how much (a comparison MOS).

Both orders of a pair are trials of their own, so that both are heard equally often and by different
people; nobody hears a pair twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from survey.core.texts import Texts
from survey.designs.design import Design, DesignError, Item
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question


def _stimuli(item: Item) -> list[tuple[str, ...]]:
    if len(item.systems) < 2:
        raise DesignError(f"Item {item.name} has one system only; a comparison needs two or more.")
    return list(permutations(item.systems, 2))


def _questions(say: Texts) -> Sequence[Question]:
    ends = (say("asked.first_better"), say("asked.second_better"))
    return [Question(name="preference", text=say("asked.preference"), least=-3, most=3, ends=ends)]


DESIGN = Design(
    "ab",
    _stimuli,
    _questions,
    of_preferences,
    labels=("a", "b"),
    about="two systems compared: which is better, and by how much (preferences, comparison MOS)",
)
