"""Write a study's answers into a folder: ``python -m survey.export``; see `survey.records`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from db.database import Database, DatabaseError
from db.migrate import upgrade
from survey.core.settings import Settings
from survey.records.export_files import export


@contextmanager
def opened(url: str | None) -> Iterator[Database]:
    """A database that must be there already, brought up to date; None: the one of the settings.

    Raises
    ------
    DatabaseError
        If it is an SQLite file that does not exist: opening it would make an empty one. If it
        cannot be brought up to date.
    """
    address = url or Settings.from_env().database_url
    database = Database(address)
    try:
        if database.is_sqlite and not Path(str(database.url.database)).is_file():
            raise DatabaseError(f"there is no database {database.url.database}")
        upgrade(database)
        yield database
    finally:
        database.close()


def main(arguments: list[str] | None = None) -> int:
    """Write a study's ratings (CSV), all of it (JSON) and the data dictionary into a folder."""
    parser = argparse.ArgumentParser(prog="python -m survey.export", description=main.__doc__)
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, else data/")
    parser.add_argument("--study", metavar="NAME", help="default: the only one")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument(
        "--participants",
        action="store_true",
        help="participants.csv as well, which says whose label is whose",
    )
    options = parser.parse_args(arguments)
    try:
        with opened(options.database) as database:
            for path in export(database, options.out, options.study, options.participants):
                print(path)
    except (ValueError, OSError) as error:
        print(f"survey.export: {error}", file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        print(f"survey.export: the database cannot be read: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
