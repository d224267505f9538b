"""A document as Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from survey.publishing.document import Document, Section, Table

SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
AT_START = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=])")  # what would begin a list or a heading


def escaped(text: str) -> str:
    """A text that Markdown shows as it stands, in one line; what is not to be seen is left out."""
    visible = "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or not unicodedata.category(letter).startswith("C")
    )
    return SIGNS.sub(r"\\\1", visible)


def markdown(document: Document) -> str:
    """The whole document."""
    lines = [f"# {escaped(document.title)}"]
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join([*lines, ""])


def _section(section: Section) -> Iterator[str]:
    yield f"{'#' * (section.level + 1)} {escaped(section.title)}"
    for paragraph in section.paragraphs:
        yield ""
        yield _begun(escaped(paragraph))
    if section.points:
        yield ""
        for point in section.points:
            yield f"- {_begun(escaped(point))}"
    for table in section.tables:
        yield ""
        yield from _table(table)
    for picture in section.pictures:
        yield ""
        yield f"![{escaped(picture.caption)}]({picture.file})"


def _begun(line: str) -> str:
    return AT_START.sub(lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", line)


def _table(table: Table) -> Iterator[str]:
    yield f"**{escaped(table.caption)}**"
    yield ""
    yield _row(table.head)
    yield _row(("---",) * len(table.head), plain=True)
    for row in table.rows:
        yield _row(row)
    for note in table.notes:
        yield ""
        yield _begun(escaped(note))


def _row(cells: tuple[str, ...], plain: bool = False) -> str:
    return f"| {' | '.join(cells if plain else map(escaped, cells))} |"
