"""A text with tables and pictures, before it is LaTeX or Markdown: all words are plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of words.

    Attributes
    ----------
    caption : str
    head : tuple of str
    rows : tuple of tuples of str
        As long as the head.
    notes : tuple of str
        Sentences below it.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A file of a figure, as seen from the text's folder, and what it shows."""

    file: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A section: paragraphs, then a list, tables and pictures."""

    title: str
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    level: int = 1  # 2: within the section before


@dataclass(frozen=True)
class Document:
    """A whole text."""

    title: str
    sections: Sequence[Section]
