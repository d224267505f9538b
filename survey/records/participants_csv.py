"""The participants of a study as a table: whose label was whose, how far, and what they agreed to.

It joins the names of the ratings to the labels that the researcher gave, which may say who somebody
is. So it is a file of its own, to be kept apart from what is published.
"""

from __future__ import annotations

import io

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Participant, Study
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


def participants_csv(session: Session, study: Study) -> str:
    """A row a participant, in the order of their names.

    `consent_number` is the number that the admin's pages give the text that somebody agreed to,
    `consent_text` its hash; the pages show how that begins.
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
        )
        .outerjoin(Invitation, Invitation.id == Participant.invitation_id)
        .where(Participant.study_id == study.id)
        .order_by(Participant.public_id)
    )
    rows = [
        (name, label, stage, begun.isoformat(), end and end.isoformat(), numbers[consent], consent)
        for name, label, stage, begun, end, consent in session.execute(query)
    ]
    text = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object), text)
    return text.getvalue()
