"""Somebody who has the admin's token, and a study that has begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Invitation, Participant
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
