"""The data dictionary: what every column of the ratings means and which values it may hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pandas as pd
from pydantic import ValidationError

from db.models import (
    AGE_BANDS,
    BEST,
    DEVICES,
    DIRECTIONS,
    HEADPHONE_SOUNDS,
    KINDS,
    LONGEST_SECONDS,
    SCALES,
    TRAININGS,
    WORST,
)
from survey.ratings.judgement import RATING

CHANGE = "change_"  # how the names of measured changes begin; the attribute's name follows
ANALYSED = tuple(kind for kind in KINDS if kind not in ("practice", "rated", "repeat"))
MISSING = ("", "NA")  # how a table says that there is no value; in free text these are text

CellForm = Literal["text", "word", "rating", "whole", "number", "moment", "flag"]
WHOLE = 2**31  # what whole numbers stay below, as in the database
SORTED_BY = ["study", "participant", "position", "item"]
DTYPES = {"rating": "Int64", "whole": "Int64", "number": "float64", "flag": "boolean"}


@dataclass(frozen=True)
class Column:
    """One column of the ratings.

    Attributes
    ----------
    name : str
    form : str
        text: anything; word: one of `values`; rating: 1 to 5; whole: a whole number; number: a
        finite number; moment: ISO 8601 with a time zone; flag: true or false.
    meaning : str
        For a person, with unit and range.
    needed : bool
        Whether a table without this column cannot be analysed.
    filled : bool
        Whether every row must have a value.
    values : tuple of str
        The words allowed, for form "word".
    limits : (float, float) or None
        The least and the most that a number may be.
    """

    name: str
    form: CellForm
    meaning: str
    needed: bool = False
    filled: bool = False
    values: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None

    @property
    def dtype(self) -> str:
        """The pandas type of the column."""
        return DTYPES.get(self.form, "object")

    def parse(self, cell: str) -> Any:
        """The value a cell of a table stands for, None if it is missing.

        Raises
        ------
        ValueError
            If the cell holds no value that this column may have.
        """
        if self.form == "text":
            if self.filled and not cell:
                raise ValueError("is empty")
            return cell
        cell = cell.strip()
        if cell in MISSING:
            if self.filled:
                raise ValueError("is empty")
            return None
        return PARSERS[self.form](cell, self)


def _word(cell: str, column: Column) -> str:
    if cell not in column.values:
        raise ValueError(f"is {cell!r}, not one of {', '.join(column.values)}")
    return cell


def _number(cell: str, column: Column) -> float:
    number = _finite(cell)
    if number is None:
        pointed = cell.replace(",", ".")
        hint = "digits and a point, such as 0.5" if _finite(pointed) is None else pointed
        raise ValueError(f"is {cell!r}, not a number; write {hint}")
    if column.limits is not None and not column.limits[0] <= number <= column.limits[1]:
        least, most = column.limits
        raise ValueError(f"is {cell!r}, not a number from {least:,} to {most:,}")
    return number


def _finite(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(cell: str, column: Column) -> int:
    number = _number(cell, column)
    if number != int(number) or abs(number) >= WHOLE:
        raise ValueError(f"is {cell!r}, not a whole number")
    return int(number)


def _rating(cell: str, column: Column) -> int:
    number = _number(cell, column)
    try:
        return RATING.validate_python(int(number) if number.is_integer() else number)
    except ValidationError as error:
        raise ValueError(f"is {cell!r}, not a whole number from {WORST} to {BEST}") from error


def _moment(cell: str, column: Column) -> str:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(
            f"is {cell!r}; write a moment such as 2026-01-31T12:00:00+00:00"
        ) from error
    if moment.tzinfo is None:
        raise ValueError(f"is {cell!r}, which has no time zone; write it, such as +00:00")
    return cell


def _flag(cell: str, column: Column) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    if cell.lower() not in flags:
        raise ValueError(f"is {cell!r}; write true or false, or 1 or 0")
    return flags[cell.lower()]


PARSERS = {
    "word": _word,
    "number": _number,
    "whole": _whole,
    "rating": _rating,
    "moment": _moment,
    "flag": _flag,
}

_SCALES = tuple(
    Column(scale, "rating", f"{scale} of the second clip, from {WORST} (worst) to {BEST} (best)")
    for scale in SCALES
)
COLUMNS = (
    Column("study", "text", "name of the study"),
    Column(
        "participant",
        "text",
        "random name of a participant, the same in all their rows",
        needed=True,
        filled=True,
    ),
    Column("item", "text", "name of the stimulus, a pair of clips", needed=True, filled=True),
    Column(
        "kind",
        "word",
        "transfer: original, then transformed; identical: the same clip twice; swapped: "
        "transformed, then original. If the column is absent: identical where intended is same, "
        "else transfer",
        filled=True,
        values=ANALYSED,
    ),
    Column(
        "intended",
        "word",
        "how arousal is meant to change from the first clip to the second; same for identical "
        "pairs alone",
        needed=True,
        filled=True,
        values=DIRECTIONS,
    ),
    Column(
        "heard",
        "word",
        "how the participant heard arousal change; empty if not answered",
        needed=True,
        values=DIRECTIONS,
    ),
    *_SCALES,
    Column("strength", "number", "strength of the transfer; 1 is the whole shift, 0 none"),
    Column("checkpoint", "text", "the model that transformed the clip"),
    Column("source", "text", "the piece the segment is from"),
    Column("segment", "whole", "place of the segment in its piece, from 0"),
    Column("position", "whole", "place of the trial in the participant's order, from 0"),
    Column(
        "seconds",
        "number",
        f"seconds from the trial being shown to its answer, 0 to {LONGEST_SECONDS:,}",
        limits=(0, LONGEST_SECONDS),
    ),
    Column(
        "time_to_hear",
        "flag",
        "whether at least the length of all its clips lay between the first start of one and "
        "the answer, by the server's clock; false also if all was sent at once, after a lost "
        "connection; empty if no start is known",
    ),
    Column("comment", "text", "what the participant wrote, in their own words"),
    Column("answered_at", "moment", "when the answer was stored, ISO 8601 in UTC"),
    Column("finished", "flag", "whether the participant reached the end of the study"),
    Column("device", "word", "what the participant listened with", values=DEVICES),
    Column("age_band", "word", "age of the participant in years", values=AGE_BANDS),
    Column("training", "word", "musical training of the participant", values=TRAININGS),
    Column("sound_ok", "flag", "whether the participant named both channels rightly"),
    Column(
        "headphones_right",
        "whole",
        f"how many of the {HEADPHONE_SOUNDS} sounds of the headphone check the participant named "
        "rightly; 5 or more pass; empty if there was none",
        limits=(0, HEADPHONE_SOUNDS),
    ),
)

# Of the whole study, the same in all its rows, so that a table alone is analysed as the database
# is. They are no part of the table that is analysed.
STUDY_COLUMNS = (
    Column(
        "rules",
        "text",
        "the study's rules of exclusion, as a JSON object, the same in all rows of a study; if the "
        "column is absent, the default rules apply",
    ),
    Column(
        "people",
        "text",
        "how many people were invited, consented, began, finished and withdrew when the table was "
        "written, as a JSON object, the same in all rows of a study",
    ),
)

DESIGN_COLUMNS = (  # the same of designs that have questions of their own
    Column("design", "text", "the study's design; if the column is absent, transfer"),
    Column("questions", "text", "the study's questions, as a JSON list"),
)


def change(attribute: str) -> Column:
    """The column of the measured change of an attribute of the music."""
    return Column(
        CHANGE + attribute, "number", f"measured {attribute} of the second clip less the first's"
    )


def ordered(attributes: list[str]) -> list[Column]:
    """All columns of a table in their order, with those of the measured attributes."""
    names = [column.name for column in COLUMNS]
    place = names.index("segment") + 1
    return [*COLUMNS[:place], *map(change, sorted(attributes)), *COLUMNS[place:]]


def attributes(table: pd.DataFrame) -> list[str]:
    """The attributes whose measured changes a table has, sorted."""
    return sorted(str(name)[len(CHANGE) :] for name in table if str(name).startswith(CHANGE))


def table_of(
    cells: Mapping[str, Sequence[object]] | Iterable[Mapping[str, object]], columns: list[Column]
) -> pd.DataFrame:
    """A table with the columns' types, sorted, from lists by column or from rows."""
    values = cells if isinstance(cells, Mapping) else list(cells)
    raw = pd.DataFrame(values, columns=[column.name for column in columns], dtype=object)
    table = raw.where(raw.notna(), None).astype({column.name: column.dtype for column in columns})
    return table.sort_values(SORTED_BY, ignore_index=True, kind="stable", na_position="last")
