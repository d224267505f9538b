from __future__ import annotations

import base64
import re

from fastapi.testclient import TestClient
from sqlalchemy import MetaData, select

from db.database import Database
from db.models import Invitation, Study
from survey.core import tokens
from tests.survey.person import Person


def test_tokens_have_enough_bits() -> None:
    assert len(base64.urlsafe_b64decode(tokens.secret() + "=")) == 32
    assert len(base64.urlsafe_b64decode(tokens.opaque() + "==")) == 16
    assert len({tokens.secret() for _ in range(1000)}) == 1000
    assert tokens.shaped(tokens.secret()) and tokens.shaped(tokens.opaque())


def test_codes_can_be_copied_by_hand() -> None:
    for _ in range(100):
        assert re.fullmatch(r"[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}", tokens.code())


def test_other_texts_are_no_tokens() -> None:
    token = tokens.secret()
    for text in ("", "short", token + "\n", token + "\0", token[:-1] + "/", "ä" * 43, "a" * 65):
        assert not tokens.shaped(text)


def test_no_plain_token_is_in_the_database(
    client: TestClient, database: Database, study: Study
) -> None:
    """Neither in a table nor, with SQLite, anywhere in its files."""
    invitation = tokens.secret()
    with database.write() as session:
        session.add(Invitation(study_id=study.id, token_hash=tokens.hashed(invitation)))
    person = Person.join(client, invitation=invitation)
    person.post("questions")
    everything = dump(database)
    assert tokens.hashed(person.token) in everything
    assert tokens.hashed(invitation) in everything
    assert person.token not in everything and invitation not in everything


def dump(database: Database) -> str:
    """All rows of all tables, and of SQLite all bytes on the disk, too."""
    tables = MetaData()
    tables.reflect(database.engine)
    assert len(tables.tables) == 14
    with database.read() as session:
        rows = [
            repr(tuple(row))
            for table in tables.tables.values()
            for row in session.execute(select(table))
        ]
    files = []
    if database.is_sqlite:
        path = database.url.database
        for suffix in ("", "-wal"):
            with open(path + suffix, "rb") as file:
                files.append(file.read().decode("latin-1"))
    return "\n".join(rows + files)
