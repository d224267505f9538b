"""The participants of a study as a table: whose label was whose, how far, and what they agreed to.

It joins the names of the ratings to the labels that the researcher gave, which may say who somebody
is. So it is a file of its own, to be kept apart from what is published.
"""

from __future__ import annotations

import io

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, PanelPlace, Participant, Study
from survey.core import panels
from survey.ratings.csv_file import write_csv
from survey.records import consent_texts

COLUMNS = (
    "participant",
    "label",
    "stage",
    "consented_at",
    "finished_at",
    "consent_number",
    "consent_text",
)
PANEL_HASH = "panel_hash"


def participants_csv(session: Session, study: Study) -> str:
    """A row a participant, in the order of their names.

    `consent_number` is the number that the admin's pages give the text that somebody agreed to,
    `consent_text` its hash; the pages show how that begins. Where a panel sends people,
    `panel_hash` stands for its number of somebody; nobody can tell which without the study's key.
    """
    numbers = {text.sha256: text.number for text in consent_texts.versions(session, study)}
    query = (
        select(
            Participant.public_id,
            Invitation.label,
            Participant.stage,
            Participant.consented_at,
            Participant.finished_at,
            Participant.consent,
            PanelPlace.panel_id,
        )
        .outerjoin(Invitation, Invitation.id == Participant.invitation_id)
        .outerjoin(PanelPlace, PanelPlace.participant_id == Participant.id)
        .where(Participant.study_id == study.id)
        .order_by(Participant.public_id)
    )
    panel = panels.of(study)
    rows = []
    for name, label, stage, begun, end, consent, number in session.execute(query):
        times = begun.isoformat(), end and end.isoformat()
        row = [name, label, stage, *times, numbers[consent], consent]
        rows.append([*row, number and panel.hashed(number)] if panel is not None else row)
    columns = [*COLUMNS, *([PANEL_HASH] if panel is not None else [])]
    text = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=columns, dtype=object), text)
    return text.getvalue()
