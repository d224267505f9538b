"""`abx`: two systems' versions of an item, then one of them again: which of the two was it?

Who cannot tell two systems apart is right in half of the trials. Both orders, and both answers, are
trials of their own, so that none is right more often than the other; nobody hears a pair twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from survey.core.texts import Texts
from survey.designs.design import REFERENCE, Design, DesignError, Item
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.questions import Question


def _stimuli(item: Item) -> list[tuple[str, ...]]:
    reference = [REFERENCE] if item.has_reference else []
    systems = [*reference, *item.systems]
    if len(systems) < 2:
        raise DesignError(f"Item {item.name} has one system only, with nothing to tell it from.")
    return [(one, other, last) for one, other in permutations(systems, 2) for last in (one, other)]


def _questions(say: Texts) -> Sequence[Question]:
    return [Question(name="same_as", kind="choice", text=say("asked.same_as"), choices=("A", "B"))]


DESIGN = Design(
    "abx",
    _stimuli,
    _questions,
    of_discrimination,
    labels=("a", "b", "x"),
    about="which of two systems is heard again (whether they can be told apart)",
)
