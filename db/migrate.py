"""Bring a database's schema up to this version of the software, keeping what is in it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from db.database import Database, DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"
# A migration's file begins with its version. Alembic, which takes a quarter of a second to load, is
# asked only where there is something to migrate.
VERSIONS = sorted(path.name.partition("_")[0] for path in SCRIPTS.glob("versions/*_*.py"))
LOCK = 0x6661646572  # PostgreSQL's advisory lock of whoever migrates; any number known to all


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring a database, empty or of any earlier version, to the newest schema.

    All in one transaction: stopped in the middle, the database is as before. Of two processes
    that start at once one migrates, and the other waits and finds nothing to do.

    Parameters
    ----------
    database : Database
    revision : str
        The version to stop at, for tests of the step that follows.

    Raises
    ------
    DatabaseError
        If a newer version of the software wrote the database, if it has tables but no version,
        or if rows point at rows that are not there.
    """
    with database.engine.connect() as connection:  # no lock, and no writing, where all is well
        if _version(connection) == VERSIONS[-1]:
            return
    with _alone(database) as connection:
        if _version(connection) == VERSIONS[-1]:
            return
        from alembic import command

        command.upgrade(configuration(connection), revision)
        if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise DatabaseError(
                "The database cannot be upgraded: it has rows that point at missing ones."
            )


def configuration(connection: Connection) -> Config:
    """Alembic's configuration: where the migrations are, and the connection they go through."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction that no other migration shares."""
    with database.engine.execution_options(writes=True).connect() as connection:
        # SQLite changes a table by copying and dropping it; with foreign keys on, the dropping
        # would delete what points at its rows. In a transaction the switch does nothing.
        raw: Any = connection.connection.driver_connection
        if database.is_sqlite:
            raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                yield connection
        finally:
            if database.is_sqlite:
                raw.execute("PRAGMA foreign_keys = ON")


def _version(connection: Connection) -> str | None:
    """The database's version, None for an empty database."""
    tables, version = inspect(connection), None
    if tables.has_table("alembic_version"):
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if version is None:
        if tables.has_table("studies"):
            raise DatabaseError("The database has tables but no version; it is not one of ours.")
        return None
    if version not in VERSIONS:
        raise DatabaseError(
            f"The database is of version {version}, newer than this software; upgrade the software."
        )
    return str(version)


def main() -> None:
    """Upgrade a database, or write a new migration from what has changed in `db.models`."""
    parser = argparse.ArgumentParser(prog="python -m db.migrate", description=main.__doc__)
    parser.add_argument("database", help="address, such as sqlite:///data/survey.sqlite")
    parser.add_argument("--new", metavar="MESSAGE", help="write a migration instead")
    arguments = parser.parse_args()
    database = Database(arguments.database)
    from alembic import command

    if arguments.new:
        with _alone(database) as connection:
            command.revision(configuration(connection), arguments.new, autogenerate=True)
    else:
        upgrade(database)
    database.close()


if __name__ == "__main__":
    main()
