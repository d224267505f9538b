"""The report of an analysis: one page with all that it shows in itself."""

from __future__ import annotations

import base64
import math
from dataclasses import replace

import pandas as pd

from survey.analysis import heard_sentences, participant_sentences
from survey.analysis import sentences as wording
from survey.analysis.number_format import counted
from survey.analysis.report_figures import ReportFigure
from survey.analysis.results import Provenance, Results, Sections
from survey.analysis.tables import DUST
from survey.core.templates import templates

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


def html(
    results: Results,
    provenance: Provenance,
    study_tables: dict[str, pd.DataFrame],
    drawn: list[ReportFigure],
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
        "intervals": wording.raised([(part, kept_sections) for part, kept_sections, _ in parts]),
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
                    "sentences": section_sentences(name, kept_sections, first=at == 0),
                    "figures": [
                        page_figure(figure, vectors)
                        for figure in drawn
                        if (figure.section, figure.part) == (name, part)
                    ],
                }
                for at, (part, kept_sections, _) in enumerate(parts)
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
            for part, kept_sections, _ in parts
            for sentence in heard_sentences.intervals(
                {"overall": kept_sections.intervals["overall"]}
            )[:1]
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
        has_interval = any(one.twoway.low is not None for one in part.intervals.values())
        return heard_sentences.intervals(part.intervals) + heard_sentences.music(
            part.music, has_interval
        )
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


def page_figure(figure: ReportFigure, vectors: dict[str, str]) -> dict[str, str]:
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
