"""Those who agreed to take part and did nothing more: people who left again, and scripts.

Whoever joins is promised places, and a row is kept. Both must cost little as long as nothing but
the joining is known, since a script can join as fast as `survey.participant.join_rate` lets it:

- The promise holds for `FIRST`, not for the study's lease. It is renewed by the first answer to
  anything, the optional questions and the sound check included.
- At any time at most `cap` people hold places in this way; others wait until one of these begins
  or the time is over.
- The rows are removed after `KEPT`, or sooner if there are more than `MOST`, oldest first, once
  the promise is over. `Study.lapsed` goes on counting them: they did consent. A link that was
  removed is unknown; whoever comes back with one may begin anew.

Who came with an invitation is left alone: there are no more of them than invitations.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from db.models import Answer, Participant, Play, Study, Trial, now

FIRST = timedelta(minutes=5)  # until the first answer to anything
KEPT = timedelta(days=1)  # after the last request
MOST = 500  # rows of a study
AT_ONCE = 100  # rows removed when somebody joins, so that nobody waits long
FACTOR, LEAST = 2, 60  # of the participants wanted, and for the smallest study
PLANNED = 48  # participants of the paper's study, where nobody said how many are wanted
PLAN = "participants"  # where `Study.build` says how many are wanted


def planned(study: Study) -> int:
    """How many participants are wanted."""
    return int(study.build.get(PLAN) or PLANNED)


def cap(wanted: int) -> int:
    """How many may hold places without having done anything, where so many are wanted."""
    return max(LEAST, FACTOR * wanted)


def is_idle() -> ColumnElement[bool]:
    """The condition that a participant did nothing after joining."""
    return and_(
        Participant.stage == "active",
        Participant.asked_at.is_(None),
        Participant.checked_at.is_(None),
    )


def holds_places(lease_minutes: int) -> ColumnElement[bool]:
    """The condition that a participant is about, so that unanswered trials are promised."""
    this = now()
    return and_(
        Participant.seen_at >= this - timedelta(minutes=lease_minutes),
        or_(~is_idle(), Participant.consented_at >= this - FIRST),
    )


def waiting(session: Session, study: Study, wanted: int) -> int:
    """Seconds until a further person may join a study that wants so many; 0 if one may now."""
    held = and_(
        Participant.study_id == study.id,
        is_idle(),
        Participant.invitation_id.is_(None),
        holds_places(study.lease_minutes),
    )
    count, oldest = session.execute(
        select(func.count(Participant.id), func.min(Participant.consented_at)).where(held)
    ).one()
    if count < cap(wanted):
        return 0
    return max(1, round((oldest + FIRST - now()).total_seconds()))


def sweep(session: Session, study: Study) -> int:
    """Remove rows of those who did nothing, a few at a time, and count them; gives how many.

    Parameters
    ----------
    session : Session
        Of a transaction that may write.
    study : Study
        Of this session, locked.
    """
    this = now()
    idle = and_(Participant.study_id == study.id, is_idle(), Participant.invitation_id.is_(None))
    late = select(Participant.id).where(idle, Participant.seen_at < this - KEPT)
    surplus = (
        select(Participant.id)
        .where(idle, Participant.consented_at < this - FIRST)
        .order_by(Participant.id.desc())
        .offset(MOST)
    )
    # Who does something just now has a locked row, and is passed over: waiting for who withdraws,
    # and waits for the study in turn, would never end.
    chosen = [
        row
        for query in (late, surplus)
        for row in session.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True))
    ]
    if not chosen:
        return 0
    heard, said = (
        select(row.id).join(row.trial).where(Trial.participant_id == Participant.id).exists()
        for row in (Play, Answer)
    )
    gone = session.execute(
        delete(Participant)
        .where(Participant.id.in_(chosen[:AT_ONCE]), idle, ~heard, ~said)
        .execution_options(synchronize_session=False)
    )
    count = cast(CursorResult[Any], gone).rowcount
    study.lapsed += count
    return count
