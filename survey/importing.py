"""Take an exported study back: ``python -m survey.importing FILE``; see `survey.records`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from db.migrate import upgrade
from db.models import Study
from survey.core.settings import Settings
from survey.records.import_study import import_study, parse


def main(arguments: list[str] | None = None) -> int:
    """Take an exported study (study.json) back into a database."""
    parser = argparse.ArgumentParser(prog="python -m survey.importing", description=main.__doc__)
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, else data/")
    parser.add_argument("--name", metavar="NEW", help="the study's name here")
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8")
        parse(text)  # before a database is made for it
        database = Database(options.database or Settings.from_env().database_url)
        try:
            upgrade(database)
            with database.write() as session:
                study = import_study(session, text, options.name)
                print(_summary(study))
        finally:
            database.close()
    except UnicodeDecodeError as error:
        print(f"survey.importing: {options.file} is not UTF-8 text: {error}", file=sys.stderr)
    except (ValueError, OSError, SQLAlchemyError) as error:
        print(f"survey.importing: {error}", file=sys.stderr)
    else:
        return 0
    return 2


def _summary(study: Study) -> str:
    counts: Mapping[str, int] = {
        "stimuli": len(study.stimuli),
        "participants": len(study.participants),
        "answers": sum(trial.answer is not None for p in study.participants for trial in p.trials),
    }
    return f"{study.name}: " + ", ".join(f"{count} {records}" for records, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
