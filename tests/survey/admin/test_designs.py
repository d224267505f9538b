"""A study of another design on the admin's pages: watched, previewed, exported."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from db.database import Database
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.manager import ADMIN, Manager, basic
from tests.survey.person import Person

pytestmark = ONE


@pytest.mark.slow
def test_it_fills_and_shows_no_results_meanwhile(
    rated: Build, served: TestClient, database: Database
) -> None:
    rated("mushra", rules={"finished": True})
    person = Person.ready(served, "rated")
    while person.state()["trial"]:
        person.reply(lambda trial: {"quality": [50] * (len(trial["clips"]) - 1)})
    page = served.get("/admin/studies/rated", headers=basic(ADMIN)).text
    assert "are not shown before the study is closed" in page and "Mean opinion" not in page
    assert "reference · reference · alder" in page
    counts = page.replace("\n", "").replace(" ", "")
    assert "<dt>finished</dt><dd>1</dd>" in counts and "<dt>kept</dt><dd>1</dd>" in counts
    assert ">Systems</th>" in page and "Strength" not in page and "Intended" not in page
    settings = served.get("/admin/studies/rated/settings", headers=basic(ADMIN)).text
    assert "catch trials" not in settings and "before the practice" not in settings
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", settings))
    assert facts["design"].startswith("mushra: all systems on one page")
    systems, anchors = facts["systems, and in how many trials"].split("; anchors: ")
    assert "“alder” in" in systems and "“reference” in" in systems
    assert "“anchor-3.5kHz” in" in anchors and "alder" not in anchors
    assert "From 0 (" in facts["question “quality”"]
    for tab in ("export", "log", "participants", "payments", "settings", "invitations", "consent"):
        assert served.get(f"/admin/studies/rated/{tab}", headers=basic(ADMIN)).status_code == 200
    ratings = served.get("/admin/studies/rated/export/ratings.csv", headers=basic(ADMIN)).text
    assert ratings.count(",anchor-3.5kHz,") == 2


@pytest.mark.slow
def test_its_preview_has_all_clips(rated: Build, served: TestClient, database: Database) -> None:
    rated("abx")
    manager = Manager(served, ADMIN)
    answer = manager.send("/studies/rated", "/studies/rated/preview")
    base = answer.headers["location"].rstrip("/")
    person = Person.ready(served, "rated", base)
    trial = person.state()["trial"]
    assert list(trial["clips"]) == ["first", "second", "third"]
    assert all(served.get(url).status_code == 200 for url in trial["clips"].values())
    assert person.reply(lambda trial: {"same_as": "A"})["progress"]["done"] == 1
