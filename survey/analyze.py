"""The analysis of a listening test in one command.

    python -m survey.analyze [--database URL] [--study NAME] [--csv FILE] [--out DIR]

Writes results.json, tidy CSV tables, both panels of the paper's Figure 6 as PNG and SVG, and
report.html, which opens without a network. Without answers: one sentence and exit status 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.exc import DBAPIError
from tqdm import tqdm

from db.models import MAIN, TRANSFER
from survey.analysis import code_version, report, report_figures
from survey.analysis.analyse import ResamplingProgress, analyse
from survey.analysis.results import Provenance
from survey.core import text_file
from survey.designs import analysis as design_analysis
from survey.designs import ratings as design_ratings
from survey.designs import registry
from survey.designs import rules as design_rules
from survey.designs.design import Design, Resampling
from survey.designs.questions import Question, parsed
from survey.export import opened
from survey.ratings import rating_table
from survey.ratings.exclusion import DEFAULT_RULES, Rules
from survey.ratings.rating_table import ParticipantCounts
from survey.records import preregistration
from survey.records.preregistration import Preregistered
from survey.statistics.bootstrap import DRAWS
from survey.statistics.conditions import conditions

OUT = Path("analysis")
FAILED = 2  # exit status
STILL_OPEN = (
    "Warning: the study is still open. Intervals and p values hold for one look at the end; who "
    "looks while answers come in, and stops when they please, finds more than there is."
)
AVERAGED = "The analysis averages over models or strengths, too (--together)."


@dataclass(frozen=True, eq=False)
class StudyRatings:
    """What is analysed: the ratings of one study, who came how far, and the study's rules.

    `origin` says whose rules they are: "study", "default", "file" or "none". `questions` are those
    of a design that has any, `preregistered` what was; `is_open`: answers still come in;
    `together`: models and strengths are averaged, too.
    """

    study: str
    table: pd.DataFrame
    counts: ParticipantCounts | None
    rules: Rules
    origin: str
    design: Design = registry.find(TRANSFER)
    questions: Sequence[Question] = ()
    preregistered: Preregistered | None = None
    is_open: bool = False
    together: bool = False

    def provenance(self, seed: int, draws: int) -> Provenance:
        """What results are computed from, and by what."""
        version = code_version.code_version()
        return Provenance(
            study=self.study,
            rows=len(self.table),
            rules_from=self.origin,
            data_sha256=rating_table.sha256(self.table),
            code_version=version,
            seed=seed,
            draws=draws,
            versions=code_version.versions(),
            preregistration=self._preregistration(version),
        )

    def deviations(self, version: str) -> tuple[str, ...]:
        """From what was preregistered, if anything was, where this version of the code analyses."""
        if self.preregistered is None:
            return ()
        finished = None if self.counts is None else self.counts.finished
        deviations = self.preregistered.deviations(finished, self.origin, version)
        return (
            (*deviations, AVERAGED)
            if self.together and self._has_several_conditions()
            else deviations
        )

    def _has_several_conditions(self) -> bool:
        is_main = self.table["kind"].isin(MAIN)
        return self.design.is_transfer and bool(conditions(self.table[is_main]))

    def _preregistration(self, version: str) -> tuple[str, ...]:
        known = self.preregistered
        if known is None:
            return ()
        return (known.sentence, *(self.deviations(version) or (preregistration.NO_DEVIATION,)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if nothing was written."""
    options = _parser().parse_args(arguments)
    try:
        data = from_file(options.csv, options.study) if options.csv else from_database(options)
        if options.keep_all or options.rules:
            origin = "none" if options.keep_all else "file"
            data = replace(data, rules=_rules(options), origin=origin)
        data = replace(data, together=options.together)
        provenance = data.provenance(options.seed, options.draws)
        files = _files(data, options, provenance)
        folder = options.out or OUT / report_figures.file_name(data.study or options.csv.stem)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except (ValueError, OSError, DBAPIError) as error:
        print(sentence(error), file=sys.stderr)
        return FAILED
    if data.is_open:
        print(STILL_OPEN, file=sys.stderr)
    print(f"{folder / 'report.html'} and {len(files) - 1} other files are written")
    return 0


def _files(
    data: StudyRatings, options: argparse.Namespace, provenance: Provenance
) -> dict[str, bytes]:
    """All files of the analysis of the study's design."""
    if not data.design.is_transfer:
        resampling = Resampling(options.seed, options.draws)
        of_design = design_analysis.analyse(
            data.design, data.table, data.questions, data.counts, data.rules, resampling
        )
        return design_analysis.files(of_design, provenance)
    with _bar(options.draws) as progress:
        results = analyse(
            data.table,
            data.counts,
            data.rules,
            options.seed,
            options.draws,
            progress,
            options.together,
        )
    return report.files(results, provenance)


def from_file(path: Path, study: str | None) -> StudyRatings:
    """The ratings of a CSV file, of one study in it.

    Raises
    ------
    ValueError
        If it holds no such ratings, or several studies and none is named, or rules and counts that
        are none.
    """
    design, questions = _design(path, study)
    if design.is_transfer:
        table = rating_table.read_csv(path)
    else:
        table = design_ratings.read_csv(path, questions)
    names = sorted(set(table["study"]))
    if study is not None and study not in names:
        raise ValueError(f"there is no study {study!r} in {path}; there are: {', '.join(names)}")
    if study is None and len(names) > 1:
        raise ValueError(f"{path} has several studies, name one of them: {', '.join(names)}")
    name = study or (names[0] if names else "")
    chosen = table[table["study"] == name].reset_index(drop=True)
    rules, people = (_of_study(path, column, name) for column in ("rules", "people"))
    try:
        counts = None if people is None else ParticipantCounts(**people)
    except TypeError as error:
        raise ValueError(
            f"column 'people' of {path} does not say how many people came how far; leave it out"
        ) from error
    document = _of_study(path, preregistration.KEY, name)
    frozen = None if document is None else preregistration.parsed(document)
    if rules is None:
        rules = DEFAULT_RULES if design.is_transfer else design_rules.NEW_STUDY_RULES
        return StudyRatings(name, chosen, counts, rules, "default", design, questions, frozen)
    return StudyRatings(name, chosen, counts, rules, "study", design, questions, frozen)


def _design(path: Path, study: str | None) -> tuple[Design, Sequence[Question]]:
    """The design of a table's study, and its questions; `transfer` where it says nothing."""
    design_names = rating_table.read_column(path, "design", study)
    if not design_names:
        return registry.find(TRANSFER), ()
    if len(design_names) > 1:
        raise ValueError(f"{path} has studies of several designs, name one of them with --study")
    (text,) = rating_table.read_column(path, "questions", study) or {"[]"}
    try:
        objects = text_file.from_json(text)
    except ValueError as error:
        raise ValueError(f"column 'questions' of {path} is {error}") from error
    if not isinstance(objects, list):
        raise ValueError(f"column 'questions' of {path} holds no list of questions")
    return registry.find(design_names.pop()), parsed(objects)


def _of_study(path: Path, column: str, study: str) -> dict[str, Any] | None:
    """What a column says of the whole study; None if there is no such column."""
    texts = rating_table.read_column(path, column, study)
    if not texts:
        return None
    if len(texts) > 1:
        raise ValueError(f"column {column!r} of {path} differs from row to row; a study has one")
    try:
        value = json.loads(texts.pop())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"column {column!r} of {path} holds no JSON object; leave it out")
    return value


def from_database(options: argparse.Namespace) -> StudyRatings:
    """The ratings of a study of the database.

    Raises
    ------
    ValueError
        If there is no database, no such study, or several and none is named.
    """
    with opened(options.database) as database, database.read() as session:
        study = rating_table.choose(session, options.study)
        counts = rating_table.flow(session, study)
        design, questions = registry.find(study.design), parsed(study.questions)
        table = design_ratings.of_study(session, study)
        frozen = preregistration.of_study(study)
        return StudyRatings(
            study.name,
            table,
            counts,
            study.rules,
            "study",
            design,
            questions,
            frozen,
            is_open=study.state == "open",
        )


def _rules(options: argparse.Namespace) -> Rules:
    if options.keep_all:
        return {}
    text = text_file.read(options.rules)
    try:
        rules = text_file.from_json(text)
    except ValueError as error:
        raise ValueError(f"{options.rules} is {error}") from error
    if not isinstance(rules, dict):
        raise ValueError(f"{options.rules} holds no exclusion rules, a JSON object")
    return rules


def sentence(error: Exception) -> str:
    """Why nothing was written, in one line."""
    if isinstance(error, DBAPIError):
        return f"the database cannot be read: {str(error.orig).splitlines()[0]}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


@contextmanager
def _bar(draws: int) -> Iterator[ResamplingProgress]:
    with tqdm(total=draws, unit="resample", file=sys.stderr, leave=False, delay=1) as bar:

        def progress(step: str, resamples: int) -> None:
            if step == "resampling" and resamples == 0:
                bar.reset()
            bar.set_description(step, refresh=resamples == 0)
            bar.update(resamples)

        yield progress


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.analyze", description="Analyse a listening test."
    )
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, or data/")
    parser.add_argument("--study", metavar="NAME", help="default: the only one there is")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="answers gathered elsewhere, instead of a database"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="default: analysis/NAME")
    parser.add_argument("--seed", type=whole(0), default=0, help="of resampling, default 0")
    parser.add_argument("--draws", type=whole(1), default=DRAWS, help=f"resamples, default {DRAWS}")
    parser.add_argument(
        "--together",
        action="store_true",
        help="average strengths and models, too, where there are several",
    )
    rules = parser.add_mutually_exclusive_group()
    rules.add_argument("--keep-all", action="store_true", help="leave no participant out")
    rules.add_argument(
        "--rules", metavar="FILE", type=Path, help="exclusion rules as JSON, not the study's own"
    )
    return parser


def whole(least: int) -> Any:
    """The type of an argument: a whole number that is no less."""

    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return whole


if __name__ == "__main__":
    sys.exit(main())
