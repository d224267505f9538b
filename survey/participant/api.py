"""What the participant's page asks the server; `survey.participant.schemas` says what may be sent.

The functions are not `async`: the server runs them in threads. Each writes in one short
transaction, and answers when that has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.models import Participant, Trial
from survey.core.http_errors import Refused
from survey.participant import joining, participation
from survey.participant.dependencies import (
    AddressDep,
    DatabaseDep,
    JoinLimiterDep,
    JournalDep,
    MountPath,
    NewcomersDep,
    ParticipantDep,
    ParticipantRequest,
)
from survey.participant.page_state import PageState, page_state
from survey.participant.schemas import (
    Answered,
    HeadphoneAnswers,
    Join,
    Joined,
    Played,
    Questions,
    Reachable,
    Replied,
    SoundCheck,
    Withdrawal,
    Withdrawn,
)
from survey.records.erasure import erase

router = APIRouter()


@router.get("/api/health")
def health(database: DatabaseDep) -> Reachable:
    """Whether the database answers."""
    with database.read() as session:
        session.execute(text("SELECT 1"))
    return Reachable(ok=True)


@router.post("/api/join", status_code=201)
def join(
    body: Join,
    database: DatabaseDep,
    journal: JournalDep,
    limiter: JoinLimiterDep,
    newcomers: NewcomersDep,
    address: AddressDep,
    base: MountPath,
) -> Joined:
    """Take part: a resume token and the address of one's page."""
    # A request that is refused must not lock the database: participants would wait for it.
    with database.read() as session:
        admission = joining.may_join(session, body)
    is_newcomer = newcomers.is_one(address)
    seconds = 0 if admission.is_expected else limiter.admit(admission.study.id, is_newcomer)
    if seconds:
        raise joining.crowded(admission.study, seconds)
    with database.write() as session:
        participant, token = joining.join(session, body, is_newcomer)
        if journal is not None and admission.place is None:
            journal.began(session, participant)
    if not admission.is_expected:
        newcomers.began(address)
    return Joined(token=token, url=f"{base}/p/{token}")


@router.get("/api/state")
def read_state(request: ParticipantDep) -> PageState:
    """Where the participant is."""
    with request.database.read() as session:
        participant = participation.find(session, request.token)
        state = page_state(session, participant, request.base)
    if participation.needs_seeing(participant):
        with request.database.write() as session:
            participation.touch(participation.find(session, request.token, lock=True))
    return state


@router.post("/api/questions")
def question(body: Questions, request: ParticipantDep) -> PageState:
    """The optional questions, answered or passed."""
    return _prepare(request, lambda _, participant: participation.question(participant, body))


@router.post("/api/sound")
def check_sound(body: SoundCheck, request: ParticipantDep) -> PageState:
    """The sound check, done."""
    return _prepare(request, lambda _, participant: participation.check_sound(participant, body))


@router.post("/api/headphones")
def check_headphones(body: HeadphoneAnswers, request: ParticipantDep) -> PageState:
    """The headphone check, done."""
    return _prepare(request, partial(participation.check_headphones, body=body))


@router.post("/api/plays", status_code=204)
def play(body: Played, request: ParticipantDep) -> None:
    """A clip began or ended to play; the journal gets it with the answer."""
    # Each answer comes with four of these; a wait for the disk at each would delay answers.
    with request.database.write(durable=False) as session:
        participant = participation.find(session, request.token, lock=True)
        participation.play(session, participant, body)


@router.post("/api/answers")
def answer(body: Answered, request: ParticipantDep) -> PageState:
    """The answer to the current trial; it is on the disk when the state comes back."""
    return _answer(request, body)


@router.post("/api/replies")
def reply(body: Replied, request: ParticipantDep) -> PageState:
    """The same in designs that have questions of their own."""
    return _answer(request, body)


def _answer(request: ParticipantRequest, body: Answered | Replied) -> PageState:
    with request.database.write() as session:
        participant = participation.find(session, request.token, lock=True)
        state, trial_id = participation.answer(session, participant, body, request.base)
        if request.journal is not None and trial_id is not None:
            if participant.stage == "finished":
                request.journal.finished(session, participant)
            else:
                request.journal.answered(session, session.get_one(Trial, trial_id))
    return state


@router.post("/api/withdraw")
def withdraw(body: Withdrawal, request: ParticipantDep) -> Withdrawn:
    """Erase the participant."""
    if not body.confirm:
        raise Refused(422, "invalid", "unconfirmed")
    with request.database.write() as session:
        participant = participation.find(session, request.token, lock=True)
        study_name = participant.study.name
        erase(session, participant)
        if request.journal is not None:
            session.flush()
            request.journal.withdrawn(participant.public_id, study_name)
    request.traces.clear()
    return Withdrawn(withdrawn=True)


def _prepare(
    request: ParticipantRequest, store: Callable[[Session, Participant], None]
) -> PageState:
    """Store what comes before the first trial."""
    with request.database.write() as session:
        participant = participation.find(session, request.token, lock=True)
        store(session, participant)
        if request.journal is not None:
            request.journal.joined(session, participant)
        return page_state(session, participant, request.base)
