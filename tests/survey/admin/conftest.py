"""Somebody who has the admin's token, and a study that has begun."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Invitation, Participant
from survey.building.background import SOUNDS_PREFIX
from survey.core.settings import Settings
from tests.survey.manager import ADMIN, Manager
from tests.survey.person import Person


@pytest.fixture
def manager(client: TestClient, app: FastAPI) -> Iterator[Manager]:
    yield Manager(client, ADMIN)
    app.state.admin_services.builder.wait(240)  # no making of a study outlives its test


@pytest.fixture
def filled(client: TestClient, database: Database, manager: Manager) -> dict[str, str]:
    """One who has finished, one invitation; how addresses are made of them."""
    Person.ready(client).finish()
    manager.send("/studies/small/invitations", "/studies/small/invitations", count="1")
    with database.read() as session:
        return {
            "person": session.scalars(select(Participant.public_id)).one(),
            "invitation": str(session.scalars(select(Invitation.id)).one()),
        }


@pytest.fixture
def bare(app: FastAPI, database: Database, tmp_path: Path, monkeypatch) -> Manager:
    """An admin of a server whose folder of temporary files is its own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Manager(TestClient(app), ADMIN)


@pytest.fixture
def left(settings: Settings, tmp_path: Path) -> Callable[[], list[Path]]:
    """What has come to the disk since; a study that was not made must leave nothing."""
    before = set(settings.audio.glob("*"))
    return lambda: [
        *(set(settings.audio.glob("*")) - before),
        *(tmp_path / "temporary").glob(f"{SOUNDS_PREFIX}*"),
    ]
