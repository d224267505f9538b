"""The figures of a report, for each condition, and what they show in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from survey.analysis import figures
from survey.analysis.results import Results
from survey.statistics.agreement import HeardRow


class ReportFigure(NamedTuple):
    """A figure, the section it belongs to, and what it shows; `part` is a condition, or ""."""

    name: str
    section: str
    draw: figures.Draw
    words: str
    caption: str
    part: str = ""
    rows: int = 2


def as_vectors(drawn: list[ReportFigure]) -> dict[str, str]:
    """Figures as SVG, by name."""
    return {
        figure.name: figures.svg(figure.name, figure.draw, figure.words, figure.rows)
        for figure in drawn
    }


def drawings(results: Results) -> list[ReportFigure]:
    """The figures there is something to draw for, both panels for each condition."""
    drawn = []
    for part, kept_sections, _ in results.parts():
        of_part = f" {part[0].upper()}{part[1:]}." if part else ""
        annotated = kept_sections.change.annotated
        if any(row.n for row in annotated):
            drawn.append(
                ReportFigure(
                    _figure_name("figure6a", part),
                    "direction",
                    figures.heatmap(annotated),
                    figures.heatmap_words(annotated),
                    "Annotated against actual change of arousal: share of the row, and count."
                    + of_part,
                    part,
                )
            )
        means = {scale: scores.twoway for scale, scores in kept_sections.opinion.items()}
        if any(mean.n for mean in means.values()):
            drawn.append(
                ReportFigure(
                    _figure_name("figure6b", part),
                    "opinion",
                    figures.bars(means),
                    figures.bars_words(means),
                    "Mean opinion scores with two-way clustered 95 % intervals." + of_part,
                    part,
                )
            )
        for name, rows in kept_sections.change.measured.items():
            if rows:
                drawn.append(_by_change(f"change of {name}", rows, part, of_part))
    for dose in results.doses:
        model = f" of model {dose.checkpoint}" if dose.checkpoint and len(results.doses) > 1 else ""
        drawn.append(_by_change(f"strength{model}", dose.strengths))
    names = [figure.name for figure in drawn]
    return [  # two models may have names that differ only by what no file's name can have
        figure._replace(name=f"{figure.name}_{at}") if figure.name in names[:at] else figure
        for at, figure in enumerate(drawn)
    ]


def _by_change(
    actual: str, rows: Sequence[HeardRow], part: str = "", of_part: str = ""
) -> ReportFigure:
    """What was heard against a signed strength, or a measured change."""
    return ReportFigure(
        _figure_name("heatmap_" + actual, part),
        "change",
        figures.heatmap(rows, f"actual {actual}"),
        figures.heatmap_words(rows),
        f"Annotated change against the {actual}, signed.{of_part}",
        part,
        len(rows),
    )


def _figure_name(name: str, part: str) -> str:
    return file_name(f"{name}_{part}" if part else name)


def file_name(words: str) -> str:
    """Words from a file or a database as a name that stays within its folder."""
    return re.sub(r"[^\w-]+", "_", words, flags=re.ASCII)
