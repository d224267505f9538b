"""All files of an analysis: results.json, tables, figures, and a report that opens anywhere.

Made in memory first, so that an analysis that fails writes nothing.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from survey.analysis import figures, heard_sentences, participant_sentences
from survey.analysis import sentences as wording
from survey.analysis.number_format import counted
from survey.analysis.results import Provenance, Results, Sections
from survey.analysis.tables import DUST, tables
from survey.core.templates import templates
from survey.ratings.csv_file import write_csv
from survey.statistics.agreement import HeardRow
from survey.statistics.json_fields import plain

SIGNIFICANT_DIGITS = 10  # in results.json: beyond them, processors differ
FOLDED_ROWS = 12  # from so many on a table of the report is folded

CORRECTED = (
    "p values are Holm's, corrected for all tests of their kind in this report, so that at most "
    "one report in twenty claims what is not there. Intervals are 95 % each, not corrected: one "
    "may leave out a value that its test does not reject."
)
ABOUT = {
    "flow": (
        "Who took part",
        "All results are computed with the rules of exclusion and without.",
    ),
    "conditions": (
        "Models and strengths compared",
        "Each model and each strength is a condition of its own. An average over conditions would "
        "be one over what somebody chose; it is computed only where that was asked "
        f"(--together). {CORRECTED}",
    ),
    "direction": (
        "Direction heard and intended",
        "An answer agrees if it says what was intended. “Same” disagrees; no answer is neither.",
    ),
    "intervals": (
        "Agreement and how sure it is",
        "The interval to report is clustered by participants and pieces, because answers of one "
        "person, or about one piece, are alike. The naive one is shown to be compared, not used.",
    ),
    "chance": (
        "More than chance?",
        "Guessing is right once in three times, or in two for people who never answer “same”. The "
        "participant is the unit of the tests, never the single answer: they are about these very "
        "items. They are two-sided: agreement below guessing has a small p, too. "
        f"{CORRECTED}",
    ),
    "bias": (
        "Hearing apart from habit",
        "Somebody who always answers “lower” agrees with every lower item and hears nothing. d′ "
        "measures "
        "hearing apart from any habit; a habit shows as a lean, where items of both directions are "
        f"taken alike. Intervals are for other people and pieces. {CORRECTED}",
    ),
    "opinion": (
        "Mean opinion scores",
        f"Ratings from 1, worst, to 5, best. Means are over all ratings alike. {CORRECTED}",
    ),
    "reliability": (
        "Do participants agree with each other?",
        "Low values mean that people differ, not that the study is wrong.",
    ),
    "change": (
        "Heard against actual change",
        "Correlations are over items of one direction, as these very people heard them: −1 to 1, 0 "
        "for none. Over both directions they would say only that the directions are told apart. "
        f"{CORRECTED}",
    ),
    "planning": (
        "Precision, and planning the next study",
        "How much wider intervals are for answers being alike, and what more people would bring.",
    ),
}
SECTION_TABLES = {
    "flow": ("flow", "exclusions", "by_participant"),
    "conditions": ("conditions", "contrasts"),
    "direction": ("direction", "items", "catch"),
    "intervals": ("agreement",),
    "chance": ("chance", "lower_less_higher"),
    "bias": ("bias",),
    "opinion": ("opinion", "histogram"),
    "reliability": ("reliability",),
    "change": ("change", "measured_change", "doses", "slopes", "correlations"),
    "planning": ("design_effects", "half_widths"),
}


class Figure(NamedTuple):
    """A figure, the section it belongs to, and what it shows; `part` is a condition, or ""."""

    name: str
    section: str
    draw: figures.Draw
    words: str
    caption: str
    part: str = ""
    rows: int = 2


def files(results: Results, provenance: Provenance) -> dict[str, bytes]:
    """Everything an analysis writes, by file name."""
    study_tables = tables(results)
    drawn = drawings(results)
    vectors = as_vectors(drawn)
    return {
        "results.json": as_json(results, provenance).encode(),
        **of_tables_and_figures(study_tables, drawn, vectors),
        "report.html": html(results, provenance, study_tables, drawn, vectors).encode(),
    }


def as_vectors(drawn: list[Figure]) -> dict[str, str]:
    """Figures as SVG, by name."""
    return {
        figure.name: figures.svg(figure.name, figure.draw, figure.words, figure.rows)
        for figure in drawn
    }


def of_tables_and_figures(
    study_tables: Mapping[str, pd.DataFrame], drawn: list[Figure], vectors: dict[str, str]
) -> dict[str, bytes]:
    """Files of tables and figures, by name."""
    contents = {}
    for name, table in study_tables.items():
        text = io.StringIO(newline="")
        write_csv(table, text)
        contents[f"{name}.csv"] = text.getvalue().encode()
    for figure in drawn:
        contents[f"{figure.name}.svg"] = vectors[figure.name].encode()
        contents[f"{figure.name}.png"] = figures.png(figure.name, figure.draw, figure.rows)
    return contents


def as_json(results: Results, provenance: Provenance) -> str:
    """Results as JSON, floats rounded to `SIGNIFICANT_DIGITS`; NaN is an error."""
    record = {**plain(results), "provenance": plain(provenance)}
    return json.dumps(rounded(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def drawings(results: Results) -> list[Figure]:
    """The figures there is something to draw for, both panels for each condition."""
    drawn = []
    for part, kept, _ in results.parts():
        of_part = f" {part[0].upper()}{part[1:]}." if part else ""
        annotated = kept.change.annotated
        if any(row.n for row in annotated):
            drawn.append(
                Figure(
                    _figure_name("figure6a", part),
                    "direction",
                    figures.heatmap(annotated),
                    figures.heatmap_words(annotated),
                    "Annotated against actual change of arousal: share of the row, and count."
                    + of_part,
                    part,
                )
            )
        means = {scale: scores.twoway for scale, scores in kept.opinion.items()}
        if any(mean.n for mean in means.values()):
            drawn.append(
                Figure(
                    _figure_name("figure6b", part),
                    "opinion",
                    figures.bars(means),
                    figures.bars_words(means),
                    "Mean opinion scores with two-way clustered 95 % intervals." + of_part,
                    part,
                )
            )
        for name, rows in kept.change.measured.items():
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


def _by_change(actual: str, rows: Sequence[HeardRow], part: str = "", of_part: str = "") -> Figure:
    """What was heard against a signed strength, or a measured change."""
    return Figure(
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


def html(
    results: Results,
    provenance: Provenance,
    study_tables: dict[str, pd.DataFrame],
    drawn: list[Figure],
    vectors: dict[str, str],
) -> str:
    """The report, one page with all that it shows in itself."""
    parts = results.parts()
    whole_study = {
        "flow": [
            participant_sentences.RULES_FROM[provenance.rules_from],
            *participant_sentences.flow(results.flow),
            *participant_sentences.comparison(results),
        ],
        "conditions": wording.contrasts(results.contrasts),
    }
    beside_parts = {
        "intervals": wording.raised([(part, kept) for part, kept, _ in parts]),
        "change": wording.doses(results.doses),
    }
    sections = [
        {
            "id": name,
            "title": title,
            "about": about,
            "parts": [
                {
                    "title": part,
                    "sentences": section_sentences(name, kept, first=at == 0),
                    "figures": [
                        page_figure(figure, vectors)
                        for figure in drawn
                        if (figure.section, figure.part) == (name, part)
                    ],
                }
                for at, (part, kept, _) in enumerate(parts)
                if name not in whole_study
            ],
            "sentences": whole_study.get(name) or beside_parts.get(name, []),
            "figures": [
                page_figure(figure, vectors)
                for figure in drawn
                if figure.section == name and results.conditions and not figure.part
            ],
            "tables": [
                page_table(table, study_tables[table])
                for table in SECTION_TABLES[name]
                if len(study_tables[table])
            ],
        }
        for name, (title, about) in ABOUT.items()
        if name != "conditions" or results.conditions
    ]
    page = templates.get_template("report.html").render(
        title=f"Listening test “{provenance.study}”" if provenance.study else "Listening test",
        lead=[
            f"{part[0].upper()}{part[1:]}: {sentence}" if part else sentence
            for part, kept, _ in parts
            for sentence in heard_sentences.intervals({"overall": kept.intervals["overall"]})[:1]
        ],
        sections=sections,
        provenance=[*provenance_sentences(provenance), *wording.non_finite(results.lost)],
    )
    return page + "\n"


def section_sentences(name: str, part: Sections, first: bool) -> list[str]:
    """What a section says of one condition; what is the same for all only of the first."""
    if name == "direction":
        section = part.direction
        return heard_sentences.direction(section if first else replace(section, catch=[]))
    if name == "intervals":
        told = any(one.twoway.low is not None for one in part.intervals.values())
        return heard_sentences.intervals(part.intervals) + heard_sentences.music(part.music, told)
    if name == "bias":
        return heard_sentences.bias(part.bias, part.lean)
    if name == "chance":
        return heard_sentences.chance(part.chance)
    sentences: list[str] = getattr(wording, name)(getattr(part, name))
    return sentences


def provenance_sentences(provenance: Provenance) -> list[str]:
    """What results were computed from, in sentences."""
    libraries = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    return [
        *provenance.preregistration,
        f"{counted(provenance.rows, 'rating')}, SHA-256 {provenance.data_sha256}.",
        f"Code version {provenance.code_version}; {libraries}.",
        f"Random seed {provenance.seed}, {provenance.draws} resamples. The same ratings, code and "
        "seed give the same results.",
        "All numbers are in results.json, and all tables beside it as CSV.",
    ]


def page_figure(figure: Figure, vectors: dict[str, str]) -> dict[str, str]:
    """A figure as the page has it."""
    coded = base64.b64encode(vectors[figure.name].encode()).decode()
    return {
        "source": f"data:image/svg+xml;base64,{coded}",
        "words": figure.words,
        "caption": figure.caption,
    }


def page_table(name: str, table: pd.DataFrame) -> dict[str, object]:
    """A table as the page has it."""
    return {
        "caption": name.replace("_", " ").capitalize(),
        "names": [str(column).replace("_", " ") for column in table],
        "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
        "long": len(table) > FOLDED_ROWS,
    }


def _cell(value: object) -> dict[str, str | bool]:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return {"text": "–", "number": True}
    if isinstance(value, bool):
        return {"text": "yes" if value else "no", "number": False}
    if isinstance(value, float):
        value = 0.0 if abs(value) < DUST else value
        text = f"{value:.3g}" if 0 < abs(value) < 0.001 else f"{value:.3f}"
        return {"text": text.replace("-", "−"), "number": True}
    return {"text": str(value), "number": isinstance(value, int)}


def rounded(value: Any) -> Any:
    """The same with its floats rounded to `SIGNIFICANT_DIGITS`."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else value
    return value
