"""The analysis of a study whose questions are data: its flow, and what its design finds.

As of `survey.analysis`, with its tables, figures and report; the design says what is computed.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from survey.analysis import (
    figures,
    heard_sentences,
    participant_sentences,
    report,
    report_figures,
    report_page,
    sentences,
)
from survey.analysis.analyse import NothingToAnalyse, participant_flow
from survey.analysis.number_format import counted
from survey.analysis.results import ParticipantFlow, Provenance
from survey.analysis.tables import as_table, flow_rows
from survey.comparisons import people as designs_people
from survey.comparisons import repeats
from survey.comparisons.people import PersonRow
from survey.comparisons.repeats import Consistency
from survey.core.templates import templates
from survey.designs import habits
from survey.designs.design import Chart, Design, DesignError, Findings, Resampling
from survey.designs.questions import Question
from survey.designs.rules import checked_rules
from survey.ratings.exclusion import Rules, apply_rules
from survey.ratings.habits import Habit
from survey.ratings.rating_table import ParticipantCounts
from survey.statistics.estimate import RAISED
from survey.statistics.json_fields import plain
from survey.statistics.pieces import MusicAmount, amount

WITH, WITHOUT = "with exclusions", "without exclusions"


@dataclass(frozen=True)
class DesignResults:
    """The findings of a study, with its exclusions and without; the music of those with them.

    `questions` are what was asked, `people` all who answered; `repeated` is of those whom the rules
    keep, and of trials that they answered twice.
    """

    design: Design
    questions: Sequence[Question]
    flow: ParticipantFlow
    findings: Findings
    everyone: Findings
    music: MusicAmount
    habits: list[Habit]
    people: list[PersonRow]
    repeated: Consistency | None = None


def analyse(
    design: Design,
    table: pd.DataFrame,
    questions: Sequence[Question],
    counts: ParticipantCounts | None,
    rules: Rules,
    resampling: Resampling,
) -> DesignResults:
    """What a design finds in ratings, with exclusions and without.

    Raises
    ------
    NothingToAnalyse
        If there are no ratings, or the rules leave nobody.
    """
    if design.analyse is None:
        raise DesignError(f"The design {design.name} has an analysis of its own.")
    if table.empty:
        raise NothingToAnalyse("there are no answers to analyse")
    stay, excluded = apply_rules(table, checked_rules(rules))
    if not stay:
        raise NothingToAnalyse(
            f"all answers are left out by the rules of exclusion ({counted(len(excluded), 'time')} "
            "a participant fell under one); --keep-all applies no rules"
        )
    of_kept = table[table["participant"].isin(stay)]
    answers = table.drop_duplicates(["participant", "stimulus"])
    twice, repeated = repeats.by_participant(table), repeats.consistency(of_kept)
    table = repeats.without(table)
    chosen = table[table["participant"].isin(stay)].reset_index(drop=True)
    kept_findings = design.analyse(chosen, questions, resampling)
    same = len(chosen) == len(table)
    everyone = kept_findings if same else design.analyse(table, questions, resampling)
    people_habits = habits.of_everybody(table, questions, stay)
    flow = participant_flow(answers, counts, stay, excluded, rules)
    return DesignResults(
        design,
        questions,
        flow,
        kept_findings,
        everyone,
        amount(chosen),
        people_habits,
        designs_people.people(repeats.without(answers), excluded, twice),
        repeated,
    )


def tables(results: DesignResults) -> dict[str, pd.DataFrame]:
    """All tables by name; the design's with exclusions and without."""
    of_flow = {name: as_table(name, rows) for name, rows in flow_rows(results.flow).items()}
    of_questions = {"questions": as_table("questions", map(_question, results.questions))}
    design_tables = {
        name: _both(table, results.everyone.tables[name])
        for name, table in results.findings.tables.items()
    }
    # Not "participants": an export has a file of that name, which says who is who.
    of_people = as_table("by_participant", map(asdict, results.people))
    return {**of_flow, **of_questions, **design_tables, "by_participant": of_people}


def _question(question: Question) -> dict[str, object]:
    """What participants read, and what they could answer."""
    if question.is_number:
        ends = question.ends or ("", "")
        answers = " to ".join(
            f"{end} ({word})" if word else str(end)
            for end, word in zip((question.least, question.most), ends, strict=True)
        )
    else:
        answers = ", ".join(question.choices) or "own words"
    return {
        "question": question.name,
        "text": question.text,
        "kind": question.kind,
        "answers": answers,
        "asked": "of each clip" if question.each else "once a trial",
        "may_be_left_out": not question.needed,
        "margin": question.margin,
    }


def _excluded(flow: ParticipantFlow) -> Iterator[str]:
    """Who is left out, by name and rule; nothing if nobody is."""
    rules: dict[str, list[str]] = {}
    for one in flow.excluded:
        rules.setdefault(one.participant, []).append(one.rule)
    if rules:
        names = "; ".join(f"{name} ({', '.join(of)})" for name, of in sorted(rules.items()))
        yield f"Left out, by their names in the ratings: {names}."


def _both(kept_rows: pd.DataFrame, everyone: pd.DataFrame) -> pd.DataFrame:
    parts = [part.copy() for part in (kept_rows, everyone)]
    for part, words in zip(parts, (WITH, WITHOUT), strict=True):
        part.insert(0, "participants", words)
    return pd.concat(parts, ignore_index=True).astype(object)


def files(results: DesignResults, provenance: Provenance) -> dict[str, bytes]:
    """Everything an analysis writes, by file name."""
    tables_by_name = tables(results)
    drawn = drawings(results)
    vectors = report_figures.as_vectors(drawn)
    record = {
        "design": results.design.name,
        "questions": [question.model_dump(mode="json") for question in results.questions],
        "flow": plain(results.flow),
        "alike_throughout": plain(results.habits),
        "answered_twice": plain(results.repeated),
        "tables": {
            name: _records(table)
            for name, table in tables_by_name.items()
            if name not in ("flow", "questions")
        },
        "provenance": plain(provenance),
    }
    text = json.dumps(report.rounded(record), indent=1, ensure_ascii=False, allow_nan=False)
    return {
        "results.json": f"{text}\n".encode(),
        **report.of_tables_and_figures(tables_by_name, drawn, vectors),
        "report.html": _html(results, provenance, tables_by_name, drawn, vectors).encode(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    clean = table.astype(object).where(table.notna(), None)
    return [dict(row) for row in clean.to_dict("records")]


def drawings(results: DesignResults) -> list[report_figures.ReportFigure]:
    """The figures of what was found, with exclusions."""
    return [_figure(chart) for chart in results.findings.charts]


def _figure(chart: Chart) -> report_figures.ReportFigure:
    words = figures.bars_words(chart.means, chart.label.capitalize())
    draw = figures.bars(chart.means, chart.least, chart.most, chart.label)
    return report_figures.ReportFigure(
        report_figures.file_name(chart.name),
        "findings",
        draw,
        words,
        f"{chart.label.capitalize()} with two-way clustered 95 % intervals.",
    )


def _html(
    results: DesignResults,
    provenance: Provenance,
    tables_by_name: Mapping[str, pd.DataFrame],
    drawn: list[report_figures.ReportFigure],
    vectors: dict[str, str],
) -> str:
    flow_about = "All results are computed with the rules of exclusion and without."
    sections = [
        {
            "id": "flow",
            "title": "Who took part",
            "about": flow_about,
            "parts": [],
            "sentences": [
                participant_sentences.RULES_FROM[provenance.rules_from],
                *participant_sentences.flow(results.flow),
                *_excluded(results.flow),
                *habits.sentences(results.habits),
                *repeats.sentences(results.repeated),
            ],
            "figures": [],
            "tables": _page_tables(tables_by_name, ("flow", "exclusions", "by_participant")),
        },
        {
            "id": "asked",
            "title": "What was heard and asked",
            "about": "As participants read it, in the words that the study was built with.",
            "parts": [],
            "sentences": [f"Design {results.design.name}: {results.design.about}."],
            "figures": [],
            "tables": _page_tables(tables_by_name, ("questions",)),
        },
        {
            "id": "findings",
            "title": "What was found",
            "about": "Intervals to report are clustered by participants and pieces, because "
            "answers of one person, or about one piece, are alike; naive ones are shown to be "
            f"compared, not used. {report_page.CORRECTED}",
            "parts": [],
            "sentences": [
                *results.findings.sentences,
                *rests_on(results),
            ],
            "figures": [report_page.page_figure(figure, vectors) for figure in drawn],
            "tables": _page_tables(tables_by_name, tuple(results.findings.tables)),
        },
    ]
    page = templates.get_template("report.html").render(
        title=f"Listening test “{provenance.study}”" if provenance.study else "Listening test",
        lead=list(results.findings.sentences)[:1],
        sections=sections,
        provenance=report_page.provenance_sentences(provenance),
    )
    return page + "\n"


def rests_on(results: DesignResults) -> list[str]:
    """How much music the intervals are of, and where a larger variance stands for the two-way."""
    tables = results.findings.tables.values()
    has_intervals = any("low" in table and table["low"].notna().any() for table in tables)
    raised = [
        _measure(row)
        for table in tables
        if "note" in table
        for row in table[table["note"] == RAISED].to_dict("records")
    ]
    return [*heard_sentences.music(results.music, has_intervals), *sentences.raised_of(raised)]


def _measure(row: Mapping[Hashable, object]) -> str:
    """What a row of a design's table is about, in words."""
    of = row.get("system") or row.get("pair") or row.get("by") or "the order of the clips"
    if "second" in row:
        of = f"{row['first']} against {row['second']}"
    return f"{row['question']} ({of})"


def _page_tables(tables_by_name: Mapping[str, pd.DataFrame], names: Sequence[str]) -> list[object]:
    return [
        report_page.page_table(name, tables_by_name[name])
        for name in names
        if len(tables_by_name[name])
    ]
