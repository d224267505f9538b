"""A draft of a study."""

from __future__ import annotations

import pytest

from db.database import Database
from tests.survey.built import Build
from tests.survey.publishing.frozen import Draft, of


@pytest.fixture
def draft(rated: Build, database: Database) -> Draft:
    """A draft of a study; gives the arguments of commands for it."""

    def make(design: str = "mos", **fields: object) -> list[str]:
        rated(design, **({"rules": {"finished": True}} | fields))
        with database.write() as session:
            study = of(session)
            study.state, study.opened_at = "draft", None
        return ["--database", database.url.render_as_string(hide_password=False)]

    return make
