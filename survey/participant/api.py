"""What the participant's page asks the server; `survey.participant.schemas` says what may be sent.

Plain functions: the server runs them in threads, and each writes in one short transaction whose
end is awaited before anything is said.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text

from db.database import Database
from db.models import Trial
from survey.core.http_errors import Refused
from survey.journal.journal import Journal
from survey.participant import participation
from survey.participant.page_state import places, state
from survey.participant.schemas import Answered, Join, Played, Questions, SoundCheck, Withdrawal
from survey.records import export_files
from survey.records.erasure import erase

UNCONFIRMED = "Withdrawing erases everything, so it has to be confirmed."


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _database(request: Request) -> Database:
    return request.app.state.database


def _journal(request: Request) -> Journal | None:
    return request.app.state.journal


Token = Annotated[str, Depends(_token)]
Store = Annotated[Database, Depends(_database)]
Log = Annotated[Journal | None, Depends(_journal)]


def create_router() -> APIRouter:
    """The routes of the API."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    router.add_api_route("/health", health, methods=["GET"])
    router.add_api_route("/state", read_state, methods=["GET"])
    for path, endpoint in (
        ("/join", join),
        ("/questions", question),
        ("/sound", check_sound),
        ("/plays", play),
        ("/answers", answer),
        ("/withdraw", withdraw),
    ):
        router.add_api_route(path, endpoint, methods=["POST"], response_model=None)
    return router


def health(database: Store) -> JSONResponse:
    """Whether the database answers."""
    with database.read() as session:
        session.execute(text("SELECT 1"))
    return JSONResponse({"ok": True})


def join(request: Request, body: Join, database: Store, journal: Log) -> JSONResponse:
    """Take part: a resume token and the address of one's page."""
    # Who is sent away takes no writer's turn from those who are taking part.
    with database.read() as session:
        study, is_invited = participation.may_join(session, body)
    seconds = 0 if is_invited else request.app.state.join_limiter.admit(study.id)
    if seconds:
        raise participation.crowded(seconds)
    with database.write() as session:
        participant, token = participation.join(session, body)
        if journal is not None:
            journal.began(session, participant)
    url = f"{_base(request)}/p/{token}"
    return JSONResponse({"token": token, "url": url}, 201)


def read_state(request: Request, token: Token, database: Store) -> JSONResponse:
    """Where the participant is."""
    with database.read() as session:
        participant = participation.find(session, token)
        found = state(session, participant, places(session, participant), _base(request))
    if participation.needs_seeing(participant):
        with database.write() as session:
            participation.touch(participation.find(session, token, lock=True))
    return JSONResponse(found)


def question(
    request: Request, body: Questions, token: Token, database: Store, journal: Log
) -> JSONResponse:
    """The optional questions, answered or passed."""
    with database.write() as session:
        participant = participation.find(session, token, lock=True)
        participation.question(participant, body)
        if journal is not None:
            journal.joined(session, participant)
        found = state(session, participant, places(session, participant), _base(request))
    return JSONResponse(found)


def check_sound(
    request: Request, body: SoundCheck, token: Token, database: Store, journal: Log
) -> JSONResponse:
    """The sound check, done."""
    with database.write() as session:
        participant = participation.find(session, token, lock=True)
        participation.check_sound(participant, body)
        if journal is not None:
            journal.joined(session, participant)
        found = state(session, participant, places(session, participant), _base(request))
    return JSONResponse(found)


def play(body: Played, token: Token, database: Store) -> Response:
    """A clip began or ended to play; the journal gets it with the answer."""
    # Four of these for each answer: waiting for the disk each time would keep answers waiting.
    with database.write(durable=False) as session:
        participant = participation.find(session, token, lock=True)
        participation.play(session, participant, body)
    return Response(status_code=204)


def answer(
    request: Request, body: Answered, token: Token, database: Store, journal: Log
) -> JSONResponse:
    """The answer to the current trial; what comes back says that it is on the disk."""
    with database.write() as session:
        participant = participation.find(session, token, lock=True)
        found, trial = participation.answer(session, participant, body, _base(request))
        if journal is not None and trial is not None:
            if participant.stage == "finished":
                journal.finished(session, participant)
            else:
                journal.answered(session, session.get_one(Trial, trial))
    return JSONResponse(found)


def withdraw(body: Withdrawal, token: Token, database: Store, journal: Log) -> JSONResponse:
    """Erase the participant."""
    if not body.confirm:
        raise Refused(422, "invalid", UNCONFIRMED)
    with database.write() as session:
        participant = participation.find(session, token, lock=True)
        study = participant.study.name
        erase(session, participant)
        if journal is not None:
            session.flush()
            journal.withdrawn(participant.public_id, study)
    database.scrub()
    export_files.renew(database)
    return JSONResponse({"withdrawn": True})


def _base(request: Request) -> str:
    return request.scope.get("root_path", "").rstrip("/")
