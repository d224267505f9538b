"""Whom a panel sent, by its own numbers: a list to pay from, without anything of their answers.

Neither the names that participants have in the ratings are in it, nor hours: the ratings tell the
moment of every answer, so that a day is all that is said.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import PanelPlace, Participant, Study
from survey.core import panels
from survey.ratings.csv_file import write_csv

SHORT = re.compile("[1-9][0-9]{0,14}")


@dataclass(frozen=True)
class Sent:
    """Somebody whom a panel sent.

    Attributes
    ----------
    mark : str
        What stands for the panel's number in addresses of the admin's pages.
    panel_id : str
    ids : dict of str to str
        The panel's others.
    code : str or None
        The completion code of who has finished.
    state : str
        One of `db.models.OUTCOMES`.
    day : date or None
        On which they finished or failed, in UTC.
    paid_on : date or None
    """

    mark: str
    panel_id: str
    ids: dict[str, str]
    code: str | None
    state: str
    day: date | None
    paid_on: date | None


def panel_people(session: Session, study: Study) -> list[Sent]:
    """All whom a panel sent, and who have not withdrawn, by the panel's number."""
    query = (
        select(PanelPlace, Participant.completion_code, Participant.paid_at)
        .join(Participant, Participant.id == PanelPlace.participant_id)
        .where(PanelPlace.study_id == study.id)
    )
    panel = panels.of(study)
    rows = [
        Sent(
            "" if panel is None else panel.mark(place.panel_id),
            place.panel_id,
            place.ids,
            code,
            place.outcome,
            place.ended_at and place.ended_at.date(),
            paid and paid.date(),
        )
        for place, code, paid in session.execute(query)
    ]
    return sorted(rows, key=lambda row: row.panel_id)


def as_csv(session: Session, study: Study) -> str:
    """The same as a table, with a column for each of the panel's parameters."""
    panel = panels.of(study)
    others = [] if panel is None else list(panel.parameters)[1:]
    columns = ["panel_id", *others, "code", "state", "day", "paid_on"]
    rows = [
        [
            _cell(row.panel_id),
            *(_cell(row.ids.get(name, "")) for name in others),
            row.code,
            row.state,
            row.day,
            row.paid_on,
        ]
        for row in panel_people(session, study)
    ]
    text = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=columns, dtype=object), text)
    return text.getvalue()


def _cell(number: str) -> str | int:
    """A panel's number, as a number where spreadsheets keep all of its digits."""
    return int(number) if SHORT.fullmatch(number) else number
