"""A study's life on the command line: clone it, edit the plan of a draft, delete it.

    python -m survey.study clone NAME --as NEW
    python -m survey.study edit NAME [--rename NEW] [--trials N] [--rules FILE]
    python -m survey.study delete NAME

The admin's pages do the same. Deleting asks; a study with participants is not deleted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Study
from fadernets.command_line import arguments
from survey.analyze import FAILED, sentence
from survey.build import rules_of
from survey.building import insert, study_life
from survey.building.study_spec import BuildError
from survey.core.settings import Settings
from survey.export import opened
from survey.ratings.rating_table import choose

JOURNALLED = (
    "Studies of this server are in a journal as well, from which the next start would bring the "
    "old one back: do this on the admin's pages."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0, or 2 after one sentence on why nothing was changed."""
    options = _parser().parse_args(argv)
    try:
        settings = Settings.from_env()
        with opened(options.database) as database:
            print(DO[options.command](database, settings, options))
    except (ValueError, OSError, DBAPIError) as error:
        print(f"survey.study: {sentence(error)}", file=sys.stderr)
        return FAILED
    return 0


def _clone(database: Database, settings: Settings, options: argparse.Namespace) -> str:
    with database.write() as session:
        study_life.clone(session, choose(session, options.study), options.name)
    return f"{options.name} is a draft, with the plan and the settings of {options.study}."


def _edit(database: Database, settings: Settings, options: argparse.Namespace) -> str:
    if options.rename and settings.copied_to is not None:
        raise BuildError(JOURNALLED)
    with database.write() as session:
        study = choose(session, options.study)
        plan = study_life.plan_of(study)
        fields = {"name": options.rename, "trials_each": options.trials}
        fields["rules"] = rules_of(options.rules)
        new = replace(plan, **{key: value for key, value in fields.items() if value is not None})
        changed = study_life.edit(session, study, new)
    names = ", ".join(key.replace("_", " ") for key in changed)
    return f"Changed: {names}." if changed else "Nothing is otherwise than it was."


def _delete(database: Database, settings: Settings, options: argparse.Namespace) -> str:
    if settings.copied_to is not None:
        raise BuildError(JOURNALLED)
    with database.read() as session:
        _refuse(session, choose(session, options.study))
    if not options.yes and not _is_sure(options.study):
        return "Nothing was deleted."
    with database.write() as session:
        hashes = study_life.delete(session, choose(session, options.study))
    insert.discard(database, settings.audio, hashes)
    database.scrub()
    return f"{options.study} is deleted."


def _refuse(session: Session, study: Study) -> None:
    hindrance = study_life.delete_hindrance(session, study)
    if hindrance:
        raise BuildError(hindrance)


def _is_sure(name: str) -> bool:
    """What a person answers; where nobody can be asked, --yes is needed."""
    if not sys.stdin.isatty():
        raise BuildError("Nobody can be asked here whether to delete the study: add --yes.")
    return input(f"Delete {name} for good, with its clips? Type its name: ").strip() == name


DO = {"clone": _clone, "edit": _edit, "delete": _delete}


def _parser() -> argparse.ArgumentParser:
    parser = arguments.Parser(prog="survey.study", description="Clone, edit or delete a study.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="clone|edit|delete")
    clone = commands.add_parser("clone", help="a new draft with the same plan and settings")
    clone.add_argument("study", metavar="NAME")
    clone.add_argument("--as", dest="name", metavar="NEW", required=True, help="the draft's name")
    edit = commands.add_parser("edit", help="the plan of a draft that nobody has begun")
    edit.add_argument("study", metavar="NAME")
    edit.add_argument("--rename", metavar="NEW", help="part of its address")
    edit.add_argument("--trials", type=arguments.seed, metavar="N", help="for one participant")
    edit.add_argument(
        "--rules", type=Path, metavar="FILE", help="whom the analysis leaves out, as JSON"
    )
    delete = commands.add_parser("delete", help="for good, if nobody has taken part")
    delete.add_argument("study", metavar="NAME")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    for one in (clone, edit, delete):
        one.add_argument("--database", metavar="URL", help="default: DATABASE_URL, else data/")
    return parser


if __name__ == "__main__":
    sys.exit(main())
