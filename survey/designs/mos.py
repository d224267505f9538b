"""`mos`: one clip at a time, rated; mean opinion scores of systems, and their paired differences.

Every system's version of every item is a trial of its own; an item's reference, where there is one,
is rated like a system.
"""

from __future__ import annotations

from collections.abc import Sequence

from survey.core.texts import Texts
from survey.designs.design import REFERENCE, Design, Item
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems


def _stimuli(item: Item) -> list[tuple[str, ...]]:
    reference = [REFERENCE] if item.has_reference else []
    return [(system,) for system in (*reference, *item.systems)]


def _questions(say: Texts) -> Sequence[Question]:
    ends = (say("trial.worst"), say("trial.best"))
    return [Question(name="quality", text=say("asked.quality"), ends=ends)]


DESIGN = Design(
    "mos",
    _stimuli,
    _questions,
    of_systems,
    labels=("clip",),
    about="one clip at a time, rated (mean opinion scores)",
)
