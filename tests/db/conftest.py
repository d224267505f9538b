"""Databases without a schema, of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.database import Database
from tests.postgres import EMPTY, KINDS, Server


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database; every test runs with both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'survey.sqlite'}"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.create(EMPTY)
    yield url
    server.drop(url)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty database, without tables."""
    database = Database(url)
    yield database
    database.close()
