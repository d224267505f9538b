"""``/healthz`` of page and listening test together."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from demo import health
from survey.health import Health


def answer(*, are_ready: bool = True, has_room: bool = True, disk: str = "ok") -> tuple[int, dict]:
    survey = SimpleNamespace(
        state=SimpleNamespace(
            health_monitor=SimpleNamespace(check=lambda state: Health(database="ok", disk=disk))
        )
    )
    workers, files = SimpleNamespace(are_ready=are_ready), SimpleNamespace(has_room=has_room)
    response = asyncio.run(health.endpoint(workers, files, survey)(None))
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, json.loads(response.body)


def test_all_is_well():
    survey = {"ok": True, "database": "ok", "disk": "ok", "journal": "off"}
    assert answer() == (200, {"model": True, "files": True, "survey": survey})


@pytest.mark.parametrize(
    ("ill", "part"),
    [({"are_ready": False}, "model"), ({"has_room": False}, "files"), ({"disk": "failing"}, None)],
)
def test_one_part_that_is_not_well_is_enough(ill, part):
    status, health = answer(**ill)
    assert status == 503
    assert [health["model"], health["files"], health["survey"]["ok"]].count(False) == 1
    assert health[part] is False if part else health["survey"]["disk"] == "failing"


def test_the_demo_runs_without_a_survey():
    workers, files = SimpleNamespace(are_ready=True), SimpleNamespace(has_room=True)
    response = asyncio.run(health.endpoint(workers, files, None)(None))
    assert (response.status_code, json.loads(response.body)) == (
        200,
        {"model": True, "files": True},
    )
