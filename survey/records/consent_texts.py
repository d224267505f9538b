"""The texts that participants agreed to: each wording of a study is kept once, as it was read.

A study's title, its own text or the software's, how long answers are kept and whom to write to make
the text; any of them may change while the study is open. Who has agreed points at the wording that
they read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import ConsentText, Participant, Study, now
from survey.core import texts
from survey.records.to_json import RecordError, members, of_consent_texts, values

SHOWN_DIGITS = 12  # of a hash, on pages


@dataclass(frozen=True)
class Version:
    """A wording of a study's text.

    Attributes
    ----------
    number : int
        From 1, in the order in which somebody first agreed to them.
    sha256 : str
    text : str or None
        None where an earlier version of the software kept the hash alone.
    since : datetime
        When somebody first agreed to it.
    participants : int
        Who agreed to it and is still there.
    is_current : bool
        Whether this is what is read now.
    """

    number: int
    sha256: str
    text: str | None
    since: datetime
    participants: int
    is_current: bool

    @property
    def fingerprint(self) -> str:
        """How the hash begins, as far as pages show it."""
        return self.sha256[:SHOWN_DIGITS]


def agreed(session: Session, study: Study) -> ConsentText:
    """The row of the text that a study shows now, made if nobody has agreed to it before.

    To be called where nobody else agrees at the same time: with the study's row locked.
    """
    return keep(session, study, texts.consent_sha256(study), texts.consent(study))


def of_participant(session: Session, participant: Participant) -> ConsentText:
    """The row of the text that somebody agreed to; its text is None if that is lost."""
    return session.scalars(
        select(ConsentText).where(
            ConsentText.study_id == participant.study_id,
            ConsentText.sha256 == participant.consent,
        )
    ).one()


def recover(session: Session) -> int:
    """Keep texts of which only hashes were kept, where they are still shown; how many."""
    lacking = select(ConsentText.study_id).where(ConsentText.text.is_(None))
    count = 0
    for study in session.scalars(select(Study).where(Study.id.in_(lacking))).all():
        row = _find(session, study, texts.consent_sha256(study))
        if row is not None and row.text is None:
            row.text = texts.consent(study)
            count += 1
    return count


def versions(session: Session, study: Study) -> list[Version]:
    """All wordings that somebody agreed to, the oldest first."""
    people = (
        select(Participant.consent, func.count())
        .where(Participant.study_id == study.id)
        .group_by(Participant.consent)
    )
    counts = dict(session.execute(people).all())
    current = texts.consent_sha256(study)
    return [
        Version(
            number,
            row.sha256,
            row.text,
            row.created_at,
            counts.get(row.sha256, 0),
            row.sha256 == current,
        )
        for number, row in enumerate(session.scalars(of_consent_texts(study)), 1)
    ]


def add(session: Session, study: Study, record: Mapping[str, Any]) -> None:
    """Keep the texts of a study's record; records of earlier versions have none.

    Raises
    ------
    RecordError
        If a text is not that of its hash.
    """
    for entry in members(record, "consent_texts") if "consent_texts" in record else ():
        fields = values(ConsentText, entry)
        sha256, text = fields["sha256"], fields["text"]
        if text is not None and hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise RecordError("consent_texts.text is not that of its hash,", sha256)
        keep(session, study, sha256, text, fields["created_at"])


def keep(
    session: Session, study: Study, sha256: str, text: str | None, moment: datetime | None = None
) -> ConsentText:
    """The row of a hash, made if it is not there; a text that it lacks is put in.

    Parameters
    ----------
    text : str or None
        None if only its hash is known.
    moment : datetime, optional
        When somebody agreed to it; now if None.
    """
    row = _find(session, study, sha256)
    if row is None:
        row = ConsentText(study_id=study.id, sha256=sha256, created_at=moment or now())
        session.add(row)
    row.text = row.text or text
    session.flush()  # before who points at it
    return row


def _find(session: Session, study: Study, sha256: str) -> ConsentText | None:
    return session.scalar(
        select(ConsentText).where(ConsentText.study_id == study.id, ConsentText.sha256 == sha256)
    )
