"""Tables of an analysis as a paper has them: a value with its interval in one cell, few digits."""

from __future__ import annotations

import math

import pandas as pd

from survey.analysis.number_format import number
from survey.analysis.tables import DUST
from survey.designs.analysis import WITH
from survey.publishing.document import Table

INTERVAL = ("value", "low", "high")
# Of participants one by one, or of use beside the others only.
LEFT_OUT = ("error", "freedom", "note", "draws", "naive_low", "naive_high", "exact")
PROBABILITIES = ("p", "holm")
HEADS = {
    "n": "answers",
    "holm": "p (Holm)",
    "share_for_second": "share for second",
    "value": "estimate [95 % interval]",
}
PAIRS = {  # columns that are an interval, too: the first names them
    "bootstrap [95 %]": ("bootstrap_low", "bootstrap_high"),
    "share [95 %]": ("share_low", "share_high"),
}
MOST_ROWS = 40
INTERVAL_90 = ("equivalence",)  # tables whose interval is one of 90 %


def of_analysis(name: str, table: pd.DataFrame) -> Table | None:
    """A table for the paper; None where it has no rows, too many, or a row for a participant."""
    if "participant" in table:
        return None
    if "participants" in table and WITH in set(table["participants"]):
        table = table[table["participants"] == WITH].drop(columns="participants")
    if not 0 < len(table) <= MOST_ROWS:
        return None
    notes: list[str] = []
    if "note" in table:
        texts = [str(note) for note in table["note"] if isinstance(note, str) and note]
        notes = [f"{note[0].upper()}{note[1:]}." for note in dict.fromkeys(texts)]
    columns: dict[str, list[str]] = {}
    for column in table:
        if column in LEFT_OUT or table[column].isna().all():
            continue
        if column == "value" and {*INTERVAL} <= {*table}:
            head = HEADS["value"]
            if name in INTERVAL_90:
                head = head.replace("95", "90")
            columns[head] = [_with_ends(*ends) for ends in _cells(table, INTERVAL)]
            continue
        pair = next((head for head, ends in PAIRS.items() if column in ends), None)
        if pair is not None:
            columns[pair] = [f"[{_ends(*ends)}]" for ends in _cells(table, PAIRS[pair])]
        elif column not in INTERVAL:
            head = HEADS.get(column, str(column).replace("_", " "))
            columns[head] = [_cell(value, str(column)) for value in table[column]]
    rows = tuple(zip(*columns.values(), strict=True))
    caption = name.replace("_", " ").capitalize()
    return Table(f"{caption}.", tuple(columns), rows, tuple(notes))


def _cells(table: pd.DataFrame, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    return list(table[list(names)].itertuples(index=False, name=None))


def _with_ends(value: object, low: object, high: object) -> str:
    cell = _cell(value, "")
    return cell if _is_missing(low) else f"{cell} [{_ends(low, high)}]"


def _ends(low: object, high: object) -> str:
    return "–" if _is_missing(low) else f"{_cell(low, '')}, {_cell(high, '')}"


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _cell(value: object, column: str) -> str:
    if _is_missing(value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if column in PROBABILITIES:
            return "< 0.001" if value < 0.001 else f"{value:.3f}"
        return number(0.0 if abs(value) < DUST else value)
    return str(value)
