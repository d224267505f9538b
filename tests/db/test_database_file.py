"""SQLite's file: lost, exchanged or without a name, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import event, select

from db import private
from db.database import Database
from db.migrate import upgrade
from db.models import Audit
from db.presence import DatabaseFileGone


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
@pytest.mark.parametrize("instead", ["nothing", "another file", "no folder"])
def test_nothing_is_written_to_a_file_without_a_name(
    database: Database, end: str, instead: str
) -> None:
    upgrade(database)
    path = Path(f"{database.url.database}{end}")
    moved = path.parent if instead == "no folder" else path
    moved.rename(f"{moved}.away")
    if instead == "another file":
        path.touch()
    with pytest.raises(DatabaseFileGone), database.write() as session:
        session.scalar(select(Audit.id))
        pytest.fail("a transaction began")
    with pytest.raises(DatabaseFileGone):
        database.probe()
    with database.read() as session:  # by the connection that is there already
        assert session.scalars(select(Audit)).all() == []
        with (
            pytest.raises(DatabaseFileGone),
            database.read() as second,
        ):  # by a new one, of other files
            second.scalars(select(Audit)).all()
    assert moved.exists() == (instead == "another file")
    Path(f"{moved}.away").rename(moved)
    with database.write() as session:
        session.add(Audit(actor="system", action="kept"))
    with database.read() as session:
        assert session.scalars(select(Audit.action)).all() == ["kept"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_that_is_lost_during_a_transaction(database: Database) -> None:
    upgrade(database)
    path = Path(str(database.url.database))
    with pytest.raises(DatabaseFileGone), database.write() as session:
        session.add(Audit(actor="system", action="lost"))
        session.flush()
        path.rename(f"{path}.away")
    Path(f"{path}.away").rename(path)
    with database.read() as session:
        assert session.scalars(select(Audit)).all() == []
    with pytest.raises(DatabaseFileGone), database.write() as session:  # at the last moment
        session.add(Audit(actor="system", action="committed"))
        event.listen(session, "after_commit", lambda _: path.rename(f"{path}.away"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_database_that_was_closed_can_be_used_again(database: Database) -> None:
    """SQLite removes log and index with the last connection, and makes new ones."""
    upgrade(database)
    for _ in range(2):
        database.close()
        path = Path(str(database.url.database))
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        with database.write() as session, database.read() as second:
            session.add(Audit(actor="system", action="test"))
            second.scalars(select(Audit)).all()


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_new_files_are_closed_to_other_users(database: Database, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        database = Database(f"sqlite:///{tmp_path / 'made' / 'survey.sqlite'}")
        upgrade(database)
    finally:
        os.umask(before)
    assert modes(tmp_path / "made") == {
        "made": 0o700,
        **{f"survey.sqlite{end}": 0o600 for end in ("", "-wal", "-shm")},
    }
    database.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_is_there_keeps_its_permissions(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    folder.chmod(0o755)
    path = folder / "survey.sqlite"
    path.touch()
    path.chmod(0o640)
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    assert set(modes(folder).values()) == {0o755, 0o640}
    private.tighten(path)
    assert modes(folder)["survey.sqlite"] == 0o600
    private.tighten(folder)
    private.tighten(folder / "none")
    assert modes(folder)["there"] == 0o755
    database.close()


def modes(folder: Path) -> dict[str, int]:
    """The permissions of a folder and of all in it."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
