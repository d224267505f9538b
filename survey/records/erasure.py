"""Erasing a participant: every row and byte of theirs goes, the study keeps a count."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from db.models import Audit, Invitation, Participant, Study


def erase(session: Session, participant: Participant, actor: str = "participant") -> None:
    """Delete a participant with trials, plays and answers, and count the withdrawal.

    The invitation stays used; its label goes, for it may name a person. After the transaction has
    been committed call `Database.scrub`, which makes SQLite's log forget the bytes.

    Parameters
    ----------
    session : Session
        A transaction that may write.
    participant : Participant
        Of this session.
    actor : str
        Who wants it, one of `db.models.ACTORS`.
    """
    study = participant.study_id
    if participant.invitation_id is not None:
        session.execute(
            update(Invitation).where(Invitation.id == participant.invitation_id).values(label="")
        )
    session.expunge(participant)
    result = session.execute(delete(Participant).where(Participant.id == participant.id))
    if not cast(CursorResult[Any], result).rowcount:
        return  # PostgreSQL: they were erased in this moment, and are counted
    session.execute(
        update(Study).where(Study.id == study).values(withdrawn=Study.withdrawn + 1),
        execution_options={"synchronize_session": False},
    )
    session.add(Audit(actor=actor, action="erased", study_id=study))
