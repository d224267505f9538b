"""What the findings of all designs have in common: groups, trends, and words of corrected tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from survey.analysis.number_format import interval, number, probability
from survey.comparisons import headphone_groups, trial_order
from survey.comparisons.headphone_groups import GroupDifference
from survey.comparisons.trial_order import Trend
from survey.statistics.estimate import LEVEL
from survey.statistics.families import corrected


def headphone_differences(
    table: pd.DataFrame, values: Mapping[str, Mapping[str, np.ndarray]]
) -> list[GroupDifference]:
    """How those who passed the headphone check differ from the others, corrected together."""
    differences = [
        one
        for name, of_question in values.items()
        for one in headphone_groups.compared(table, name, of_question)
    ]
    return corrected(differences, GroupDifference)


def known_trends(trends: Iterable[Trend | None]) -> list[Trend]:
    """The trends that the table tells of, corrected together."""
    return corrected([one for one in trends if one is not None], Trend)


def trend_sentences(trends: Sequence[Trend], names: Mapping[str, str]) -> list[str]:
    """What the order of trials, or of clips on a page, did to what is called so by question."""
    lines = []
    for one in trends:
        name, order = names[one.question], trial_order.FROM[one.by]
        if one.change.value is None:
            continue
        ends = (
            f"{number(one.change.value)}, differences between participants and between systems "
            f"taken out, {interval(one.change, number)}{after_holm(one.holm)}."
        )
        if is_clear(one.holm):
            lines.append(f"{name[0].upper()}{name[1:]} changes {order} by {ends}")
        else:
            lines.append(f"Whether {name} changes {order} cannot be told: the change is {ends}")
    return lines


Entry = TypeVar("Entry")


def by_question(
    entries: Mapping[str, Sequence[Entry]], row: Callable[[Entry], dict[str, object]]
) -> list[dict[str, object]]:
    """The rows of a table of all questions."""
    return [{"question": name, **row(one)} for name, of in entries.items() for one in of]


def after_holm(holm: float | None) -> str:
    """The words on a corrected p value; none without one."""
    return "" if holm is None else f", {probability(holm)} by Holm's correction"


def is_clear(p: float | None) -> bool:
    """Whether a p value is below what intervals leave out."""
    return p is not None and p < 1 - LEVEL


def titled(name: str) -> str:
    """A name as a sentence begins with it."""
    return name.replace("_", " ").capitalize()
