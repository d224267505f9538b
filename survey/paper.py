"""A draft of the paper on a listening test, as LaTeX and Markdown, in one command.

    python -m survey.paper [--database URL] [--study NAME] [--csv FILE] --out DIR

Writes paper.tex, paper.md and figures/: method, participants as counts, results with intervals, and
a checklist of what should be reported. Numbers, sentences and figures are those of
`survey.analyze`; what the data do not tell is marked for the authors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from survey.analysis import figures
from survey.analysis.analyse import analyse
from survey.analysis.results import Provenance, Results
from survey.analyze import FAILED, StudyRatings, from_database, from_file, sentence, whole
from survey.designs import analysis as design_analysis
from survey.designs.analysis import DesignResults
from survey.designs.design import Resampling
from survey.export import opened
from survey.publishing.checklist import Known
from survey.publishing.latex import latex
from survey.publishing.markdown import markdown
from survey.publishing.paper_document import FIGURES, paper
from survey.publishing.study_facts import StudyFacts, facts
from survey.ratings import rating_table
from survey.statistics.bootstrap import DRAWS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 after one sentence on why nothing was written."""
    options = _parser().parse_args(arguments)
    try:
        if options.csv:
            data, known = from_file(options.csv, options.study), None
        else:
            data, known = from_database(options), _facts(options)
        provenance = data.provenance(options.seed, options.draws)
        contents = files(data, known, provenance)
        for name, content in contents.items():
            path = options.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except (ValueError, OSError, DBAPIError) as error:
        print(sentence(error), file=sys.stderr)
        return FAILED
    print(f"{options.out / 'paper.tex'} and {len(contents) - 1} other files are written")
    return 0


def files(data: StudyRatings, known: StudyFacts | None, provenance: Provenance) -> dict[str, bytes]:
    """All files of a draft, by name."""
    results = _results(data, provenance)
    frozen = data.preregistered
    of_study = Known(
        data.design,
        tuple(data.questions),
        data.table,
        results.flow,
        known,
        provenance,
        "" if frozen is None else f"on {frozen.day}, SHA-256 {frozen.sha256}",
    )
    draft = paper(of_study, results, data.deviations(provenance.code_version))
    contents = {
        "paper.tex": latex(draft.document).encode(),
        "paper.md": markdown(draft.document).encode(),
    }
    for name, figure in draft.figures.items():
        contents[f"{FIGURES}/{name}"] = figures.png(figure.name, figure.draw, figure.rows)
    return contents


def _results(data: StudyRatings, provenance: Provenance) -> Results | DesignResults:
    seed, draws = provenance.seed, provenance.draws
    if data.design.is_transfer:
        return analyse(data.table, data.counts, data.rules, seed, draws)
    return design_analysis.analyse(
        data.design,
        data.table,
        data.questions,
        data.counts,
        data.rules,
        Resampling(seed, draws),
    )


def _facts(options: argparse.Namespace) -> StudyFacts:
    with opened(options.database) as database, database.read() as session:
        return facts(rating_table.choose(session, options.study))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.paper", description="Draft the paper on a listening test."
    )
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, or data/")
    parser.add_argument("--study", metavar="NAME", help="default: the only one there is")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="answers gathered elsewhere, instead of a database"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--seed", type=whole(0), default=0, help="of resampling, default 0")
    parser.add_argument("--draws", type=whole(1), default=DRAWS, help=f"resamples, default {DRAWS}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
