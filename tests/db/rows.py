"""Rows of a small study, written as plain SQL so that they fit the schema of any version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, insert

ANSWERS = 12


def fill(connection: Connection) -> list[dict[str, Any]]:
    """Write a study with `ANSWERS` answered trials; the answers, by id."""
    tables = MetaData()
    tables.reflect(connection)
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)

    def put(table: str, **values: Any) -> None:
        connection.execute(insert(tables.tables[table]).values(**values))

    put(
        "studies",
        id=1,
        name="old",
        title="An old study",
        state="open",
        invited_only=False,
        trials_each=ANSWERS,
        lease_minutes=60,
        language="en",
        contact="",
        retention="",
        rules={},
        build={"seed": 1},
        withdrawn=0,
        created_at=moment,
    )
    put("clips", id=1, sha256="a" * 64, bytes=10, seconds=1.0)
    if "consent_texts" in tables.tables:
        put("consent_texts", id=1, study_id=1, sha256="c" * 64, text="I agree.", created_at=moment)
    person = {"study_id": 1, "stage": "active", "consent": "c" * 64}
    put(
        "participants",
        id=1,
        public_id="p1",
        token_hash="h1",
        consented_at=moment,
        seen_at=moment,
        **person,
    )
    answers = []
    for number in range(1, ANSWERS + 1):
        put(
            "stimuli",
            id=number,
            study_id=1,
            name=f"item-{number}",
            kind="transfer",
            intended=("lower", "higher")[number % 2],
            strength=1.0,
            checkpoint="",
            source="",
            measured={},
            first_id=1,
            second_id=1,
        )
        put(
            "trials",
            id=number,
            participant_id=1,
            stimulus_id=number,
            position=number,
            token=f"t{number}",
            first_token=f"f{number}",
            second_token=f"s{number}",
            assigned_at=moment,
        )
        put(
            "plays",
            id=number,
            trial_id=number,
            submission=f"play-{number}",
            side="first",
            event="ended",
            at=moment,
        )
        answer = {
            "id": number,
            "trial_id": number,
            "submission": f"answer-{number}",
            "direction": ("lower", "same", "higher")[number % 3],
            "rhythm": 1 + number % 5,
            "melody": 1 + (number + 1) % 5,
            "harmony": 1 + (number + 2) % 5,
            "naturalness": 1 + (number + 3) % 5,
            "comment": f"naïve “{number}” 🎹; DROP TABLE answers",
            "at": moment,
        }
        put("answers", **answer)
        answers.append(answer)
    return answers
