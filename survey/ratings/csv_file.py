"""Ratings as CSV: safe in a spreadsheet, and checked as the database would check them."""

from __future__ import annotations

import csv
import io
import numbers
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from survey.ratings.columns import CHANGE, COLUMNS, MISSING, Column, ordered, table_of

# What a spreadsheet may take for a formula's first character, in all widths; it passes over blanks
# and invisible characters before it. With the quotes, so that guarding can be undone.
BEGINS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u207b\u2212"
UNSEEN = r"\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
FORMULA = re.compile(rf"'*(?:[\t\r\n]|[{UNSEEN}]*[{BEGINS}])")
# What it takes for a number, a fraction, a date or a time, and saves as another text: 0042,
# 12e45678, 1/2, 3-12, 2026-11-27, 12:30, (5), SEP2, 3 pm. Each language has its own separators and
# order of day and month, so that all count: whatever has a digit, and nothing besides but these
# signs and words. A word is a month's by how it begins, in any of the languages below.
MONTHS = (
    "jan feb mar apr may jun jul aug sep oct nov dec "  # English
    "jän mär mrz mai okt dez "  # German
    "fév avr jui aoû déc "  # French
    "ene abr ago set dic gen mag giu lug ott fev out "  # Spanish, Italian, Portuguese
    "mrt maa mei maj sty lut kwi cze lip sie wrz paź lis gru "  # Dutch, Nordic, Polish
    "янв фев мар апр май мая июн июл авг сен окт ноя дек"  # Russian
).split()
LETTER = r"[^\W\d_]"
VALUE = re.compile(
    rf"""'*+(?=.*\d)(?:
        [\d{UNSEEN}.,:/()'\u2019%$€£¥\-\u2010-\u2015\uff05\uff08-\uff0f\uff1a年月日時时分秒년월일]
        | (?<=[\d.,])e[+\-]?(?=\d)
        | (?<=\d)t(?=\d)
        | (?:(?<=[\d\s])[ap]\.?m | (?<=\s)[ap])(?!{LETTER}|\d)
        | (?<!{LETTER})(?:{"|".join(MONTHS)}){LETTER}*+
    )+\Z""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
TRUTH = re.compile(
    r"'*\s*(?:true|false|wahr|falsch|vrai|faux|verdadero|falso|vero|verdadeiro|waar|onwaar)\s*\Z",
    re.IGNORECASE,
)
# What pandas and R take for nothing, though it may be initials, or for a number, though it has no
# digit; and the errors of spreadsheets.
ABSENT = re.compile(
    r"""'*\s*(?:
        \#?n/?a(?:\ n/a)? | <na> | null | none | [+\-]?nan | [+\-]?inf(?:inity)?
        | \#(?:null|div/0|value|ref|name|num)[!?]
    )\s*\Z""",
    re.IGNORECASE | re.VERBOSE,
)
MISTAKEN = (FORMULA, VALUE, TRUTH, ABSENT)
# No spreadsheet takes these for anything else: 18-24 is no day of any month.
WORDS = frozenset(word for column in COLUMNS for word in column.values)
MARK = "\ufeff"  # by which a spreadsheet knows that a file is UTF-8
CONTROLS = dict.fromkeys((*range(32), *range(127, 160))) | {
    ord("\t"): " ",
    ord("\r"): "\r",
    ord("\n"): "\n",
}
SEPARATORS = ",;\t"


def write_csv(table: pd.DataFrame, target: Path | IO[str]) -> None:
    """Write a table as UTF-8 CSV, marked as such, that no spreadsheet can take otherwise.

    Headers and cells of text whose first visible character is one of ``= + - @``, in any width,
    that begin with a line's end, or that look like a number, a fraction, a date, a time, a truth
    value or a missing one (``0042``, ``1/2``, ``3-12``, ``SEP2``, ``TRUE``, ``NA``) get a ``'`` in
    front, which `read_csv` takes away again; the words of the data dictionary, such as ``18-24``,
    get none. Ends of lines
    stay; a tab, at which programs may split a cell, is written as a blank; all other control
    characters (U+0000 to U+001F, U+007F to U+009F), which a terminal may obey, are left out.
    Numbers and days are written by this function and stay what they are, negative ones too.
    """
    with _opened(target, "w") as stream:
        stream.write(MARK)
        _write(table, stream, _guarded)


def plain_csv(table: pd.DataFrame) -> str:
    """A table as CSV for a hash: the same text as of versions that had no mark and took numbers."""
    stream = io.StringIO()
    _write(table, stream, lambda text: _quoted(text, FORMULA))
    return stream.getvalue()


def read_csv(source: Path | IO[str]) -> pd.DataFrame:
    """Read what `write_csv` wrote, or answers gathered elsewhere.

    The columns participant, item, intended and heard must be there; others of
    `survey.ratings.columns` may be, any other column is passed over. Cells are separated by commas,
    semicolons or tabs. A missing value is an empty cell or NA.

    Raises
    ------
    ValueError
        If the file is no such table; the message names the column and the row, 1 being the first
        below the header.
    """
    cells, columns = read_cells(
        source,
        lambda header: ordered(
            [name.removeprefix(CHANGE) for name in header if name.startswith(CHANGE)]
        ),
    )
    if "kind" not in cells:
        same = {True: "identical", False: "transfer"}
        cells["kind"] = [same[intended == "same"] for intended in cells["intended"]]
    for column in columns:
        cells.setdefault(column.name, ["" if column.form == "text" else None] * len(cells["item"]))
    _agree(cells)
    return table_of(cells, columns)


def read_cells(
    source: Path | IO[str], columns_of: Callable[[Sequence[str]], list[Column]]
) -> tuple[dict[str, list[Any]], list[Column]]:
    """The values of a table by column, and the columns that a table of this header may have.

    Raises
    ------
    ValueError
        As `read_csv` does.
    """
    try:
        with _opened(source, "r") as stream:
            header, *rows = _records(stream)
    except UnicodeDecodeError as error:
        raise ValueError("the table is not UTF-8 text; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise ValueError("the table is no CSV text that can be read") from error
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f"the table has two columns {name!r}")
    columns = columns_of(header)
    for column in columns:
        if column.needed and column.name not in header:
            raise ValueError(f"the table has no column {column.name!r}")
    cells: dict[str, list[Any]] = {
        column.name: _parsed(column, [row[header.index(column.name)] for row in rows])
        for column in columns
        if column.name in header
    }
    return cells, columns


def read_column(source: Path | IO[str], name: str, study: str | None) -> set[str]:
    """The different texts in a column, in the rows of one study; none if there is no such column.

    Of a table that `read_csv` reads; None: of all its studies.
    """
    with _opened(source, "r") as stream:
        header, *rows = _records(stream)
    if name not in header:
        return set()
    at = header.index(name)
    of_study = header.index("study") if "study" in header and study is not None else None
    return {row[at] for row in rows if of_study is None or row[of_study] == study} - set(MISSING)


def _records(stream: IO[str]) -> Iterator[list[str]]:
    lines = stream.read().removeprefix(MARK)
    first = lines.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)  # the first of those equally frequent
    records = csv.reader(io.StringIO(lines, newline=""), delimiter=separator, strict=True)
    header = [_bare(name).strip() for name in next(records, [])]
    yield header
    for number, record in enumerate(records, 1):
        if not record:
            continue  # a blank line
        if len(record) != len(header):
            raise ValueError(f"row {number} has {len(record)} cells, the header has {len(header)}")
        yield [_bare(cell) for cell in record]


def _parsed(column: Column, cells: list[str]) -> list[object]:
    values: dict[str, object] = {}
    for row, cell in enumerate(cells, 1):
        if cell not in values:
            try:
                values[cell] = column.parse(cell)
            except ValueError as error:
                raise ValueError(f"column {column.name}, row {row}: {error}") from error
    return [values[cell] for cell in cells]


def _agree(cells: dict[str, list[Any]]) -> None:
    """What the database's constraints forbid is forbidden in a file, too."""
    items: dict[tuple[str, str], tuple[str, str]] = {}
    answered: dict[tuple[str, str, str], int] = {}
    names = ("study", "participant", "item", "kind", "intended")
    for row, (study, person, item, kind, intended) in enumerate(
        zip(*(cells[name] for name in names), strict=True), 1
    ):
        if (kind == "identical") != (intended == "same"):
            raise ValueError(f"column intended, row {row}: is {intended!r} for kind {kind!r}")
        if items.setdefault((study, item), (kind, intended)) != (kind, intended):
            raise ValueError(f"column intended, row {row}: item {item!r} was otherwise before")
        first = answered.setdefault((study, person, item), row)
        if first != row:
            raise ValueError(
                f"column item, row {row}: {person!r} has answered {item!r} in row {first} already"
            )


def _write(table: pd.DataFrame, stream: IO[str], text_as: Callable[[str], str]) -> None:
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([text_as(str(name)) for name in table])
    columns = [
        [_cell(value, text_as) for value in values.astype(object).where(values.notna(), None)]
        for values in (table[name] for name in table)
    ]
    writer.writerows(zip(*columns, strict=True))


def _cell(value: Any, text_as: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return repr(float(value))  # all digits, none of numpy's wrapping
    if type(value) is date:
        return value.isoformat()  # a day, which spreadsheets may take for one
    return text_as(str(value))


def _guarded(text: str) -> str:
    return text if text in WORDS else _quoted(text, *MISTAKEN)


def _quoted(text: str, *mistaken: re.Pattern[str]) -> str:
    cell = text.translate(CONTROLS)
    return "'" + cell if any(pattern.match(cell) for pattern in mistaken) else cell


def _bare(cell: str) -> str:
    is_guarded = cell.startswith("'") and any(pattern.match(cell) for pattern in MISTAKEN)
    return cell[1:] if is_guarded else cell


@contextmanager
def _opened(file: Path | IO[str], mode: str) -> Iterator[IO[str]]:
    if not isinstance(file, Path):
        yield file
    else:
        encoding = "utf-8-sig" if mode == "r" else "utf-8"
        with file.open(mode, encoding=encoding, newline="") as stream:
            yield stream
