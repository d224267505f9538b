"""The draft of a study's paper: method, participants, results, and what should be reported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from survey.analysis import participant_sentences, report_figures, report_page
from survey.analysis import sentences as wording
from survey.analysis.results import Results
from survey.analysis.tables import TWOWAY, flow_rows, tables
from survey.comparisons import repeats
from survey.designs import analysis as design_analysis
from survey.designs.analysis import WITH, DesignResults
from survey.publishing import checklist
from survey.publishing.checklist import TO_BE_FILLED_IN, Known
from survey.publishing.document import Document, Picture, Section, Table
from survey.publishing.paper_tables import of_analysis

FIGURES = "figures"  # folder of them, beside the text
ABOUT_PEOPLE = re.compile(r" The table by participant names them\.")
OF_TRANSFER = (
    *("direction", "intervals", "chance", "bias", "opinion", "reliability", "change"),
    "conditions",
)
TABLES_OF_TRANSFER = (
    *("direction", "agreement", "chance", "lower_less_higher", "bias", "opinion", "reliability"),
    *("slopes", "correlations", "conditions", "contrasts"),
)
ONLY_HEADLINE = ("agreement", "opinion")  # tables with an interval of every method
MEANINGS = {
    "means": "Means of systems have two-way clustered 95 % intervals, by participants and pieces "
    "(Cameron, Gelbach and Miller 2011), and so have differences between systems, which are "
    "paired: of the same participants and pieces.",
    "preferences": "Mean preferences have two-way clustered 95 % intervals, by participants and "
    "pieces (Cameron, Gelbach and Miller 2011), and so have the logarithms of the strengths of "
    "Bradley and Terry (1952), of mean 0.",
    "discrimination": "Shares of right answers are tested against one half, and have two-way "
    "clustered 95 % intervals, by participants and pieces (Cameron, Gelbach and Miller 2011), on "
    "logits or Korn and Graubard's (1998), whichever is wider.",
    "equivalence": "Equivalence is tested by two one-sided tests (Schuirmann 1987) with the "
    "two-way standard error, within the margin that the question had since the study was built.",
    "mixed_model": "A linear mixed model with random terms of participants, pieces, and both by "
    "system, fitted by restricted maximum likelihood, stands beside.",
    "ordinal_model": "So does a cumulative link mixed model of scales' steps with the same terms "
    "on logits (Laplace's approximation), in logits of a higher answer.",
    "trend": "Whether answers change with the order of trials, or the place on the page, is "
    "estimated with differences between participants and between systems taken out.",
    "headphones": "Those who passed the headphone check are compared with those who did not, by "
    "the difference of their means with a two-way clustered interval.",
}
ON_TRANSFER = (
    "An answer agrees if it says the intended direction. Agreement has two-way clustered 95 % "
    "intervals, by participants and pieces (Cameron, Gelbach and Miller 2011), on logits or Korn "
    "and Graubard's (1998), whichever is wider; means of ratings have two-way t intervals. Whether "
    "agreement is guessing is tested by flipping signs of participants' rates; tests also ask "
    "whether directions differ, whether people lean to a word, whether ratings differ from the "
    "middle of the scale, and whether more is heard of what changed more (Spearman's correlations "
    "within a direction; of strength also its slope within a direction, with differences between "
    "participants and between segments taken out)."
)
BY_CONDITION = (
    "Every model and every strength is a condition of its own, and all is computed for each by "
    "itself: there is no average over conditions. They are compared two by two, by two-way "
    "intervals of the difference in agreement and on every scale."
)
CORRECTED = (
    "p values are Holm's (1979), corrected for all tests of their kind; intervals are 95 % each, "
    "not corrected. All is computed with the rules of exclusion and without."
)
BESIDE = "python -m survey.analyze writes all numbers and tables, longer ones, too."


@dataclass(frozen=True, eq=False)
class Paper:
    """A draft, and the figures in it by their file names."""

    document: Document
    figures: dict[str, report_figures.ReportFigure]


def paper(known: Known, results: Results | DesignResults, deviations: Sequence[str]) -> Paper:
    """The draft of a study's paper.

    Parameters
    ----------
    known : Known
        What is known of the study; its ratings are all of them.
    results : Results or DesignResults
        Of those ratings.
    deviations : sequence of str
        From what was preregistered, as sentences; none where nothing was.
    """
    kept_rows = _kept(known)
    if isinstance(results, DesignResults):
        drawn = design_analysis.drawings(results)
        result_sections = _of_design(results, drawn)
    else:
        drawn = report_figures.drawings(results)
        result_sections = _of_transfer(results, drawn)
    name = known.provenance.study
    sections = [
        Section("Method", _method(known, results)),
        Section(
            "Participants", _participants(known, kept_rows, results), tables=_flow_tables(results)
        ),
        *(
            [Section("Deviations from the preregistration", points=deviations)]
            if deviations
            else []
        ),
        *result_sections,
        Section(
            "Reporting checklist",
            [
                "After arXiv:2503.03250, in this software's own words and order. "
                f"What the data do not tell is {TO_BE_FILLED_IN}."
            ],
            [f"{item}: {answer}" for item, answer in checklist.answered(known)],
        ),
        Section(
            "Where these numbers come from",
            [*report_page.provenance_sentences(replace(known.provenance, preregistration=()))[:-1]]
            + [BESIDE],
        ),
    ]
    title = f"Listening test “{name}”" if name else "Listening test"
    return Paper(Document(title, sections), {f"{one.name}.png": one for one in drawn})


def _kept(known: Known) -> pd.DataFrame:
    """Ratings of those who are analysed."""
    out = {row.participant for row in known.flow.excluded}
    return known.table[~known.table["participant"].isin(out)]


def _method(known: Known, results: Results | DesignResults) -> list[str]:
    answers = dict(checklist.answered(known))
    heard = answers["Number of items and of pieces that they are from"]
    systems = answers["Systems, reference and anchors"]
    facts = known.facts
    paragraphs = [
        f"The test is of the design {known.design.name}: {known.design.about}. It had {heard}. "
        f"Systems: {systems}.",
        "Participants were asked: "
        f"{answers['Questions as they were asked, with scales and the words at their ends']}.",
    ]
    if facts is not None:
        paragraphs.append(
            f"Each was given {facts.trials_in_words} in an order of their own, {facts.practised}; "
            f"trials with the fewest answers came first. Clips of {facts.clip_seconds:.1f} s could "
            f"be played again and had to be heard before an answer was taken. {facts.sounds}"
        )
    else:
        paragraphs.append(f"How clips were made and trials given out: {TO_BE_FILLED_IN}.")
    rules = [f"who {rule.meaning}" for rule in known.flow.exclusions]
    origin = participant_sentences.RULES_FROM[known.provenance.rules_from]
    paragraphs.append(
        f"{origin} They leave out {'; '.join(rules)}."
        if rules
        else f"{origin} They leave nobody out."
    )
    if isinstance(results, DesignResults):
        result_tables = results.findings.tables
        sentences = [
            words
            for name, words in MEANINGS.items()
            if name in result_tables and len(result_tables[name])
        ]
    else:
        sentences = [ON_TRANSFER, BY_CONDITION] if results.conditions else [ON_TRANSFER]
    return [*paragraphs, " ".join([*sentences, CORRECTED])]


def _participants(
    known: Known, kept_rows: pd.DataFrame, results: Results | DesignResults
) -> list[str]:
    sentences = [ABOUT_PEOPLE.sub("", line) for line in participant_sentences.flow(known.flow)]
    if isinstance(results, DesignResults):
        sentences += repeats.sentences(results.repeated)
    if known.preregistered:
        sentences.append(f"Preregistration: {known.preregistered}.")
    for name, column in (
        ("Age in years", "age_band"),
        ("Musical training", "training"),
        ("Listened with", "device"),
    ):
        words = checklist.of_people(kept_rows, column)
        sentences.append(f"{name}, of those analysed: {words or 'nobody said'}.")
    return [" ".join(sentences)]


def _flow_tables(results: Results | DesignResults) -> list[Table]:
    flow = {name: pd.DataFrame(list(rows)) for name, rows in flow_rows(results.flow).items()}
    exclusions = flow["exclusions"]
    tables = [of_analysis("participants", _named(flow["flow"]))]
    if len(exclusions):
        # The column counts participants; in other tables one of that name says which.
        tables.append(
            of_analysis("exclusions", exclusions.rename(columns={"participants": "people"}))
        )
    return [table for table in tables if table is not None]


def _named(stages: pd.DataFrame) -> pd.DataFrame:
    known = stages[stages["people"].notna()]
    words = known["stage"].str.replace("_", " ")
    return known.assign(stage=words, people=known["people"].astype(int).astype(object))


def _of_design(
    results: DesignResults, drawn: Sequence[report_figures.ReportFigure]
) -> list[Section]:
    kept_tables = results.findings.tables
    missing = kept_tables.get("missing")
    chosen = {name: table for name, table in kept_tables.items() if name != "counts"}
    if missing is not None and not missing["missing"].any():
        del chosen["missing"]
    return [
        Section(
            "Results",
            [*results.findings.sentences, *design_analysis.rests_on(results)],
            tables=_tables(chosen),
            pictures=[_picture(figure) for figure in drawn],
        )
    ]


def _of_transfer(results: Results, drawn: Sequence[report_figures.ReportFigure]) -> list[Section]:
    all_tables = tables(results)
    sections = [Section("Results", participant_sentences.comparison(results))]
    for name in OF_TRANSFER:
        title, _ = report_page.ABOUT[name]
        paragraphs: list[str] = []  # one for each condition, where there are several
        sentences: list[str] = []
        if name == "conditions":
            if not results.conditions:
                continue
            sentences += wording.contrasts(results.contrasts)
        else:
            for at, (part, kept_sections, _) in enumerate(results.parts()):
                lines = report_page.section_sentences(name, kept_sections, first=at == 0)
                if part and lines:
                    paragraphs.append(" ".join([f"{part[0].upper()}{part[1:]}:", *lines]))
                else:
                    sentences += lines
        if name == "change":
            sentences += wording.doses(results.doses)
        if name == "intervals":
            sentences += wording.raised(
                [(part, kept_sections) for part, kept_sections, _ in results.parts()]
            )
        chosen = {
            table: _headline(table, all_tables[table])
            for table in report_page.SECTION_TABLES[name]
            if table in TABLES_OF_TRANSFER
        }
        pictures = [_picture(figure) for figure in drawn if figure.section == name]
        if sentences:
            paragraphs.append(" ".join(sentences))
        sections.append(Section(title, paragraphs, (), _tables(chosen), pictures, 2))
    return sections


def _headline(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """With exclusions, and of methods the one to report."""
    if name in ONLY_HEADLINE and len(table):
        chosen = (table["participants"] == WITH) & (table["method"] == TWOWAY)
        return table[chosen].drop(columns=["participants", "method"])
    return table


def _tables(chosen: Mapping[str, pd.DataFrame]) -> list[Table]:
    tables = [of_analysis(name, table) for name, table in chosen.items()]
    return [table for table in tables if table is not None]


def _picture(figure: report_figures.ReportFigure) -> Picture:
    return Picture(f"{FIGURES}/{figure.name}.png", figure.caption)
