"""Whether anybody ever took part in a study."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Participant, Study


def has_begun(session: Session, study: Study) -> bool:
    """Whether anybody ever took part, withdrawn or not."""
    return study.withdrawn + study.lapsed > 0 or people(session, study) > 0


def people(session: Session, study: Study) -> int:
    """How many participants are stored."""
    query = select(func.count(Participant.id)).where(Participant.study_id == study.id)
    return session.scalar(query) or 0
