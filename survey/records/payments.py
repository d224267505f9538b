"""Who has finished, by completion code: a list to pay from, and codes that are checked against it.

Neither tells what somebody answered: the names that participants have in the ratings are not in it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Participant, Study, now
from survey.ratings.csv_file import write_csv

HALF = "[A-Z0-9]{4}"  # of a code
HYPHEN = r"\s?[-\u2010-\u2015]\s?"
# With a hyphen, or as one word, which may be an ordinary one, too.
CODE = re.compile(rf"(?<![A-Z0-9]){HALF}({HYPHEN})?{HALF}(?![A-Z0-9])", re.IGNORECASE)
LONGEST_ENTRY = 60  # characters of a line without a code that are shown
COLUMNS = ("code", "label", "invitation", "finished_at", "paid_at")


@dataclass(frozen=True)
class Finisher:
    """Somebody who has finished.

    Attributes
    ----------
    code : str
        The completion code.
    label : str
        Of the invitation that was used; "" if there was none, or it has none.
    invitation : int or None
        Its number.
    finished_at : datetime
    paid_at : datetime or None
        When it was noted that this code has been paid.
    """

    code: str
    label: str
    invitation: int | None
    finished_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True)
class CheckedCode:
    """What somebody has sent for a code.

    Attributes
    ----------
    given : str
    finisher : Finisher or None
        Whose code it is; None: nobody's.
    is_repeated : bool
        Whether it stands above already.
    """

    given: str
    finisher: Finisher | None
    is_repeated: bool


def finished(session: Session, study: Study) -> list[Finisher]:
    """All who have finished, the first to finish first."""
    query = (
        select(
            Participant.completion_code,
            Invitation.label,
            Invitation.id,
            Participant.finished_at,
            Participant.paid_at,
        )
        .outerjoin(Invitation, Invitation.id == Participant.invitation_id)
        .where(Participant.study_id == study.id, Participant.completion_code.is_not(None))
        .order_by(Participant.finished_at, Participant.id)
    )
    return [
        Finisher(code, label or "", number, end, paid)
        for code, label, number, end, paid in session.execute(query)
        if code is not None and end is not None  # the query and the schema see to both
    ]


def check(session: Session, study: Study, text: str) -> list[CheckedCode]:
    """The codes in a text, such as what people have sent, in their order.

    Small letters, missing hyphens, blanks and words around codes do no harm; a line without a code
    is one that is nobody's.
    """
    by_code = {_bare(finisher.code): finisher for finisher in finished(session, study)}
    seen: set[str] = set()
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        codes = [
            match.group()
            for match in CODE.finditer(line)
            if match.group(1) or _bare(match.group()) in by_code
        ]
        for given in codes or [line[:LONGEST_ENTRY]]:
            code = _bare(given)
            found.append(CheckedCode(given, by_code.get(code), code in seen))
            seen.add(code)
    return found


def mark(session: Session, study: Study, codes: Iterable[str], paid: bool) -> list[Participant]:
    """Note that codes have been paid, or have not; gives those for whom that is new."""
    people = session.scalars(
        select(Participant)
        .where(
            Participant.study_id == study.id,
            Participant.completion_code.in_(list(codes)),
            Participant.paid_at.is_(None) if paid else Participant.paid_at.is_not(None),
        )
        .order_by(Participant.id)
        .with_for_update()
    ).all()
    for person in people:
        person.paid_at = now() if paid else None
    return list(people)


def as_csv(session: Session, study: Study) -> str:
    """All who have finished as a table; times are UTC."""
    rows = [
        (
            finisher.code,
            finisher.label,
            finisher.invitation,
            finisher.finished_at.isoformat(timespec="seconds"),
            finisher.paid_at and finisher.paid_at.isoformat(timespec="seconds"),
        )
        for finisher in finished(session, study)
    ]
    text = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object), text)
    return text.getvalue()


def _bare(code: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())
