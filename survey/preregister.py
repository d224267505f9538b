"""Preregister a listening test: a text with hashes, frozen before the study is opened.

    python -m survey.preregister --study NAME --hypotheses FILE --participants N [--sample FILE]
    python -m survey.preregister --study NAME --out FILE     # the text again

The text is kept with the study, and written as Markdown. Reports and drafts of the paper list what
differs from it. `survey.records.preregistration` has the rest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.models import Study
from fadernets.atomic_file import replacing
from survey.analysis.code_version import code_version
from survey.analyze import FAILED, sentence, whole
from survey.building import study_summary
from survey.core import text_file
from survey.designs import registry
from survey.designs.questions import parsed
from survey.export import opened
from survey.publishing.markdown import markdown
from survey.publishing.preregistration_text import paragraphs, preregistration
from survey.publishing.study_facts import facts
from survey.ratings.rating_table import choose
from survey.records.preregistration import (
    DAMAGED,
    KEY,
    WANTED,
    PreregistrationError,
    check_draft,
    freeze,
    settings_of,
)

MOST = 100_000  # participants


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 after one sentence on why nothing was kept."""
    options = _parser().parse_args(arguments)
    better_known: list[str] = []
    try:
        with opened(options.database) as database:
            if options.hypotheses is None:
                with database.read() as session:
                    frozen = _frozen(choose(session, options.study))
            else:
                written = [text_file.read(options.hypotheses), text_file.read(options.sample)]
                with database.write() as session:
                    study = choose(session, options.study)
                    _freeze(session, study, options.participants, *written)
                    frozen = dict(study.build[KEY])
                    better_known = study_summary.warnings(study)
        out = options.out or Path("preregistration.md")
        with replacing(out) as part:
            part.write_text(frozen["text"], encoding="utf-8", newline="")
    except (ValueError, OSError, DBAPIError) as error:
        print(sentence(error), file=sys.stderr)
        return FAILED
    print(f"{out}: frozen on {frozen['at'][:10]}, SHA-256 {frozen['sha256']}")
    print("Leave the text, or this number, with somebody else before the study is opened.")
    print("".join(f"{warning}\n" for warning in better_known), end="")
    return 0


def _freeze(
    session: Session, study: Study, participants: int | None, hypotheses: str, sample: str
) -> None:
    check_draft(session, study)
    if participants is None or not 1 <= participants <= MOST:
        raise PreregistrationError(f"--participants says how many are to finish, from 1 to {MOST}.")
    study.build = study.build | {WANTED: participants}
    version = code_version()
    text = preregistration(
        study.name,
        registry.find(study.design),
        parsed(study.questions),
        facts(study),
        settings_of(study),
        paragraphs(hypotheses, "Hypotheses"),
        paragraphs(sample, "The sample") if sample else [],
        version,
    )
    freeze(session, study, markdown(text), version)


def _frozen(study: Study) -> dict[str, str]:
    if KEY not in study.build:
        raise PreregistrationError(
            f"The study {study.name} is not preregistered; --hypotheses FILE does so."
        )
    frozen = study.build[KEY]
    if not isinstance(frozen, dict) or not {"text", "at", "sha256"} <= frozen.keys():
        raise PreregistrationError(DAMAGED.rstrip("."))
    return dict(frozen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.preregister", description="Preregister a listening test."
    )
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, or data/")
    parser.add_argument("--study", metavar="NAME", help="default: the only one there is")
    parser.add_argument(
        "--hypotheses", metavar="FILE", type=Path, help="as text; blank lines part paragraphs"
    )
    parser.add_argument("--participants", metavar="N", type=whole(1), help="who are to finish")
    parser.add_argument("--sample", metavar="FILE", type=Path, help="why so many, as text")
    parser.add_argument("--out", metavar="FILE", type=Path, help="default: preregistration.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
