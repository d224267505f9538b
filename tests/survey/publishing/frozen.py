"""A study's text frozen by the command, and people who answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import select

from db.models import Study
from survey.preregister import main as preregister
from tests.survey.person import Person

Draft = Callable[..., list[str]]
EXPECTED = "cedar is better than alder.\n\nBirch lies between: 50 % of *all* people hear it.\n"


def of(session) -> Study:
    return session.scalars(select(Study).where(Study.name == "rated")).one()


def freeze(where: list[str], folder: Path, *more: str, text: str = EXPECTED) -> int:
    file = folder / "hypotheses.txt"
    file.write_text(text, encoding="utf-8")
    out = ["--out", str(folder / "frozen.md")]
    return preregister([*where, "--hypotheses", str(file), *out, *more])


def answered(served: TestClient, people: int) -> None:
    for _ in range(people):
        person = Person.ready(served, "rated")
        while person.state().get("trial"):
            person.reply(lambda trial: {"quality": 1 + len(str(trial["id"])) % 5})
