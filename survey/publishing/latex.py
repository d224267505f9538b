"""A document as LaTeX, of packages that every installation of TeX has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from survey.publishing.document import Document, Picture, Section, Table

ESCAPES = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "-": "{-}",  # two would be a dash
    "'": r"\textquotesingle{}",
    "[": "{[}",  # after a line's end it would be an argument
    "]": "{]}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "′": "$'$",
    "α": r"$\alpha$",
    "ρ": r"$\rho$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
}
PREAMBLE = r"""\documentclass{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
\else
  \usepackage{fontspec}
\fi
\usepackage{graphicx}
\usepackage{booktabs}
\sloppy
"""
# Tables that are wider than the line are brought to its width.
FITTED = r"""\newsavebox{\fittedbox}
\newcommand{\fitted}[1]{\sbox{\fittedbox}{#1}%
  \ifdim\wd\fittedbox>\linewidth
    \resizebox{\linewidth}{!}{\usebox{\fittedbox}}%
  \else
    \usebox{\fittedbox}%
  \fi}
"""
LONG, STEP = 25, 8  # letters of a word, such as a hash, that may end a line after every so many
COMMANDS = {1: "section", 2: "subsection"}


def escaped(text: str) -> str:
    """A text that LaTeX prints as it stands, in one line; what is not to be seen is left out."""
    visible = "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or not unicodedata.category(letter).startswith("C")
    )
    return "".join(ESCAPES.get(letter, letter) for letter in visible)


def latex(document: Document) -> str:
    """The whole document, ready for pdflatex; xelatex where names have letters beyond Latin."""
    lines = [
        PREAMBLE + FITTED,
        f"\\title{{{escaped(document.title)}}}",
        "\\author{}",
        "\\begin{document}",
    ]
    lines.append("\\maketitle")
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join([*lines, "", "\\end{document}", ""])


def _section(section: Section) -> Iterator[str]:
    yield f"\\{COMMANDS[section.level]}{{{escaped(section.title)}}}"
    for paragraph in section.paragraphs:
        yield ""
        yield _broken(paragraph)
    if section.points:
        yield ""
        yield "\\begin{itemize}"
        for point in section.points:
            yield f"  \\item {_broken(point)}"
        yield "\\end{itemize}"
    for table in section.tables:
        yield ""
        yield from _table(table)
    for picture in section.pictures:
        yield ""
        yield from _picture(picture)


def _broken(text: str) -> str:
    """A text in which lines may end within words that are too long for one."""
    words = []
    for word in text.split(" "):
        step = STEP if len(word) >= LONG else max(len(word), 1)
        parts = [escaped(word[at : at + step]) for at in range(0, len(word), step)]
        words.append(r"\allowbreak{}".join(parts))
    return " ".join(words)


def _table(table: Table) -> Iterator[str]:
    yield "\\begin{table}[htbp]"
    yield "\\centering\\small"
    yield f"\\caption{{{escaped(table.caption)}}}"
    yield "\\fitted{%"
    yield f"\\begin{{tabular}}{{{'l' * len(table.head)}}}"
    yield "\\toprule"
    yield f"{_row(table.head)} \\\\"
    yield "\\midrule"
    for row in table.rows:
        yield f"{_row(row)} \\\\"
    yield "\\bottomrule"
    yield "\\end{tabular}}"
    for note in table.notes:
        yield f"\\par\\footnotesize {escaped(note)}"
    yield "\\end{table}"


def _row(cells: tuple[str, ...]) -> str:
    return " & ".join(map(escaped, cells))


def _picture(picture: Picture) -> Iterator[str]:
    yield "\\begin{figure}[htbp]"
    yield "\\centering"
    yield f"\\includegraphics[width=0.7\\linewidth]{{{picture.file}}}"
    yield f"\\caption{{{escaped(picture.caption)}}}"
    yield "\\end{figure}"
