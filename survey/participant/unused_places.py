"""Places of idle participants: people who agreed to take part and did nothing more, and scripts.

Everybody who joins is promised places in the study, and has a row in the database. Both must cost
little until the participant does something, since a script can join as fast as
`survey.participant.join_rate` lets it:

- The promise holds for `FIRST_ANSWER`, not for the study's lease. The first answer to anything, the
  optional questions and the sound check included, renews it.
- At most `cap` idle people hold places at a time; others wait until one of these does something or
  the promise ends. Half as many more are for addresses that few have begun at (`newcomers`), so
  that one alone cannot keep all others out.
- The rows are removed after `IDLE_ROW`, or sooner if there are more than `IDLE_ROWS`, oldest first,
  once the promise is over. `Study.lapsed` goes on counting these people: they did consent. The link
  of a removed row is unknown; a person who comes back with one may begin anew.
- Whose panel's number somebody else comes with loses the row then, once the promise is over: a
  script that goes through a panel's numbers would keep out their owners otherwise.

These limits do not apply to people with an invitation: there are no more of them than invitations.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from db.models import Answer, Participant, Play, Study, Trial, now
from survey.records.preregistration import WANTED

FIRST_ANSWER = timedelta(minutes=5)  # from joining to the first answer to anything
IDLE_ROW = timedelta(days=1)  # after the last request
IDLE_ROWS = 500  # of a study
ROWS_PER_SWEEP = 100  # removed when somebody joins, so that nobody waits long
IDLE_PER_WANTED, SMALLEST_CAP = 2, 60  # idle people for each participant wanted; at least
DEFAULT_PARTICIPANTS = 48  # participants of the paper's study, the default


def participants_wanted(study: Study) -> int:
    """How many participants are wanted."""
    return int(study.build.get(WANTED) or DEFAULT_PARTICIPANTS)


def cap(goal: int, is_newcomer: bool = False) -> int:
    """How many idle people may hold places in a study that wants `goal` participants.

    Half as many more where `is_newcomer` comes.
    """
    idle = max(SMALLEST_CAP, IDLE_PER_WANTED * goal)
    return idle + idle // 2 if is_newcomer else idle


def is_idle() -> ColumnElement[bool]:
    """The condition that a participant has done nothing since joining."""
    return and_(
        Participant.stage == "active",
        Participant.asked_at.is_(None),
        Participant.checked_at.is_(None),
    )


def holds_places(lease_minutes: int) -> ColumnElement[bool]:
    """The condition that a participant's unanswered trials are promised to them."""
    moment = now()
    return and_(
        Participant.seen_at >= moment - timedelta(minutes=lease_minutes),
        or_(~is_idle(), Participant.consented_at >= moment - FIRST_ANSWER),
    )


def waiting(session: Session, study: Study, goal: int, is_newcomer: bool = False) -> int:
    """Seconds until another person may join a study that wants `goal`; 0 if now.

    `is_newcomer`: whether few others have begun at that person's address.
    """
    held = and_(
        Participant.study_id == study.id,
        is_idle(),
        Participant.invitation_id.is_(None),
        holds_places(study.lease_minutes),
    )
    count, oldest = session.execute(
        select(func.count(Participant.id), func.min(Participant.consented_at)).where(held)
    ).one()
    if count < cap(goal, is_newcomer):
        return 0
    return max(1, round((oldest + FIRST_ANSWER - now()).total_seconds()))


def sweep(session: Session, study: Study) -> int:
    """Remove some rows of idle participants, and count them in `Study.lapsed`; returns how many.

    Parameters
    ----------
    session : Session
        Of a transaction that may write.
    study : Study
        Of this session, locked.
    """
    moment = now()
    idle = and_(Participant.study_id == study.id, _may_go())
    late = select(Participant.id).where(idle, Participant.seen_at < moment - IDLE_ROW)
    surplus = (
        select(Participant.id)
        .where(idle, _is_over())
        .order_by(Participant.id.desc())
        .offset(IDLE_ROWS)
    )
    ids = [
        participant_id
        for query in (late, surplus)
        for participant_id in _locked(session, query.limit(ROWS_PER_SWEEP))
    ]
    return _remove(session, study, ids[:ROWS_PER_SWEEP]) if ids else 0


def is_given_up(session: Session, participant_id: int) -> bool:
    """Whether somebody has done nothing until their promise was over."""
    query = select(Participant.id).where(Participant.id == participant_id, _may_go(), _is_over())
    return session.scalar(query.where(~_has_heard())) is not None


def give_up(session: Session, study: Study, participant_id: int) -> bool:
    """Remove somebody of whom `is_given_up`, counted as `sweep` does; whether they are gone.

    They are not if they do something just now.
    """
    if not is_given_up(session, participant_id):
        return False
    ids = _locked(session, select(Participant.id).where(Participant.id == participant_id))
    return bool(ids and _remove(session, study, ids))


def _may_go() -> ColumnElement[bool]:
    """The condition that a row is of an idle participant who has used up no invitation."""
    return and_(is_idle(), Participant.invitation_id.is_(None))


def _is_over() -> ColumnElement[bool]:
    """The condition that the promise to an idle participant is over."""
    return Participant.consented_at < now() - FIRST_ANSWER


def _has_heard() -> ColumnElement[bool]:
    """The condition that a participant has played or answered something."""
    has_played, has_answered = (
        select(table.id).join(table.trial).where(Trial.participant_id == Participant.id).exists()
        for table in (Play, Answer)
    )
    return or_(has_played, has_answered)


def _locked(session: Session, query: Select[Any]) -> list[int]:
    """Ids of rows that are this transaction's now.

    Participants who do something just now have a locked row, and are passed over: to wait for one
    who withdraws, and so waits for the study that is locked here, would be a deadlock.
    """
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _remove(session: Session, study: Study, ids: list[int]) -> int:
    """Remove those who are idle still, and count them in `Study.lapsed`; returns how many."""
    result = session.execute(
        delete(Participant)
        .where(Participant.id.in_(ids), _may_go(), ~_has_heard())
        .execution_options(synchronize_session=False)
    )
    count = cast(CursorResult[Any], result).rowcount
    study.lapsed += count
    return count
