"""Make a study: choose segments, transfer and record them, put the study into the database.

``python -m survey.build --help``. Nothing of a study is in the database before all of it is.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from db.database import Database
from db.migrate import upgrade
from db.models import TRANSFER, Study
from fadernets.command_line import arguments
from survey.bars import Bars
from survey.building import create, study_summary
from survey.building.create import REFUSALS
from survey.building.study_spec import NAME, BuildError, StudySpec
from survey.core import text_file, texts
from survey.core.settings import Settings
from survey.designs import registry
from survey.designs.questions import Question, parsed
from survey.ratings.exclusion import Rules


def main(argv: Sequence[str] | None = None) -> int:
    """Build a study; 0 when it is there, 2 after saying in one sentence why not."""
    args = _parser().parse_args(argv)
    database = None
    try:
        spec = _spec(args)
        settings = Settings.from_env()
        database = Database(args.database or settings.database_url)
        upgrade(database)
        _run(database, settings, spec, args.restore, args.check)
    except KeyboardInterrupt:
        return 130
    except (*REFUSALS, OperationalError, OSError, ValueError) as error:
        print(f"survey.build: {sentence(error)}", file=sys.stderr)
        return 2
    finally:
        if database is not None:
            database.close()
    return 0


def _run(
    database: Database, settings: Settings, spec: StudySpec, restore_clips: bool, check_only: bool
) -> None:
    bars = Bars()
    try:
        if check_only:
            return create.look(spec, bars, _say)
        if restore_clips:
            create.restore(database, settings, spec, bars)
        else:
            create.build(database, settings, spec, bars, _say)
    finally:
        bars.close()
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == spec.name)).one()
        for work, why in study.build.get("music", {}).get("left_out", {}).items():
            print(f"left out: {work}: {why}", file=sys.stderr)
        print("\n".join(study_summary.lines(study)))


def _say(sentences: Sequence[str]) -> None:
    """Print what was found in the sounds of a table."""
    print("\n".join(sentences))


def _parser() -> argparse.ArgumentParser:
    parser = arguments.Parser(prog="survey.build", description="Build a listening test.")
    parser.add_argument("--name", default=NAME, help=f"part of its address (default: {NAME})")
    parser.add_argument("--title", help="what participants read")
    parser.add_argument(
        "--language",
        choices=texts.languages(),
        default=texts.DEFAULT,
        help="of what participants read (%(default)s)",
    )
    parser.add_argument("--contact", default="", help="whom participants may write to")
    parser.add_argument(
        "--retention", default="", help="how long answers are kept, for them to read"
    )
    parser.add_argument(
        "--information",
        type=Path,
        metavar="FILE",
        help="what they read before they agree, as text (what the language's words say)",
    )
    parser.add_argument("--statement", default="", help="the sentence that they agree to")
    parser.add_argument(
        "--stimuli",
        type=Path,
        metavar="FILE",
        help="a table of sounds, as CSV: item, system, file; instead of music and a model",
    )
    parser.add_argument(
        "--design",
        choices=registry.DESIGNS,
        default=TRANSFER,
        help="; ".join(f"{name}: {one.about}" for name, one in registry.DESIGNS.items()),
    )
    parser.add_argument(
        "--questions", type=Path, metavar="FILE", help="what is asked, as JSON (the design's)"
    )
    parser.add_argument(
        "--loudness",
        choices=("align", "keep"),
        default="align",
        help="of these sounds: all alike by BS.1770, or left alone (%(default)s)",
    )
    parser.add_argument(
        "--anchors",
        type=float,
        nargs="*",
        metavar="KHZ",
        help="references without what is above, rated like systems (mushra: 3.5 7; else none)",
    )
    parser.add_argument(
        "--check", action="store_true", help="say what is in these sounds, and write nothing"
    )
    parser.add_argument(
        "--midi", type=Path, metavar="DIR", help="MIDI files; not given, scores of music21"
    )
    parser.add_argument(
        "--pairs", type=arguments.seed, default=10, metavar="N", help="in each direction (10)"
    )
    parser.add_argument(
        "--checkpoint",
        default=os.environ.get("FADERNETS_MODEL"),
        metavar="C",
        help="a shipped model or a checkpoint's folder",
    )
    parser.add_argument(
        "--strength",
        type=arguments.strength,
        nargs="+",
        default=[1.0],
        dest="strengths",
        metavar="X",
        help="of the transfer (1); with several, every segment comes at each",
    )
    parser.add_argument("--seed", type=arguments.seed, default=1, metavar="K", help="(1)")
    parser.add_argument(
        "--trials",
        type=arguments.seed,
        dest="trials_each",
        metavar="N",
        help="transfers for one participant (all)",
    )
    parser.add_argument(
        "--repeats",
        type=arguments.seed,
        default=0,
        metavar="N",
        help="of these that come once more, to see how alike people answer (0; not of transfer)",
    )
    parser.add_argument(
        "--rules", type=Path, metavar="FILE", help="whom the analysis leaves out, as JSON"
    )
    parser.add_argument(
        "--lease",
        type=arguments.seed,
        default=60,
        metavar="MINUTES",
        help="of silence, after which a participant's place is given to others (60)",
    )
    parser.add_argument(
        "--open", action="store_true", dest="is_open", help="let participants in at once"
    )
    parser.add_argument(
        "--restore", action="store_true", help="write the lost clips of a study anew"
    )
    parser.add_argument("--database", metavar="URL", help="instead of DATABASE_URL")
    return parser


def _spec(args: argparse.Namespace) -> StudySpec:
    """The study that the arguments describe, which are named as the fields of `StudySpec`."""
    names = {field.name for field in dataclasses.fields(StudySpec)}
    values = {name: value for name, value in vars(args).items() if name in names}
    values |= {"strengths": tuple(args.strengths), "rules": rules_of(args.rules)}
    values["information"] = text_file.read(args.information)
    values["anchors"] = None if args.anchors is None else tuple(args.anchors)
    values["questions"] = _questions(args.questions)
    return StudySpec(**values)


def rules_of(path: Path | None) -> Rules | None:
    """Rules of exclusion from a JSON file.

    Raises
    ------
    BuildError
        If it holds none.
    """
    if path is None:
        return None
    rules = _json(path)
    if not isinstance(rules, dict):
        raise BuildError(f"{path} holds no rules, a JSON object.")
    return rules


def _questions(path: Path | None) -> tuple[Question, ...] | None:
    """What is asked, from a JSON file."""
    if path is None:
        return None
    objects = _json(path)
    if not isinstance(objects, list):
        raise BuildError(f"{path} holds no questions, a JSON list of objects.")
    return tuple(parsed(objects))


def _json(path: Path) -> object:
    text = text_file.read(path)
    try:
        return text_file.from_json(text)
    except ValueError as error:
        raise BuildError(f"{path} is {error}.") from error


def sentence(error: Exception) -> str:
    """An error's message in one line that ends with a full stop, or as it ends by itself."""
    text = str(error)
    if isinstance(error, OperationalError):
        text = f"The database cannot be used: {error.orig}"
    elif isinstance(error, OSError):
        text = f"{error.filename or 'A file'} cannot be used: {error.strerror or error}"
    line = " ".join(text.split())
    return line if line.endswith(("?", "!")) else f"{line.rstrip('.')}."


if __name__ == "__main__":
    sys.exit(main())
