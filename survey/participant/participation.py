"""One person's way through a study, once they have joined: hearing, answering, withdrawing.

Every function works in the caller's transaction: one that raises has stored nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, contains_eager

from db.models import (
    PLACES,
    SIDES,
    Answer,
    Participant,
    Play,
    Stimulus,
    Study,
    Trial,
    now,
)
from survey.core import headphones, tokens
from survey.core.http_errors import Refused
from survey.designs import questions, registry
from survey.participant import panel_places
from survey.participant.page_state import (
    PageState,
    ParticipantTrial,
    clips_heard,
    stage,
    state,
    trials_of,
)
from survey.participant.schemas import (
    Answered,
    HeadphoneAnswers,
    Played,
    Questions,
    Replied,
    SoundCheck,
)

SEEN_INTERVAL = timedelta(minutes=1)  # `seen_at` is written no more often; leases are longer
PLAYS_OF_A_TRIAL = 1000  # stored at most; the page sends a few


def find(session: Session, token: str, *, lock: bool = False) -> Participant:
    """The participant of a resume token, with the study.

    Parameters
    ----------
    session : Session
    token : str
    lock : bool
        True to keep others from changing the participant until the transaction ends.

    Raises
    ------
    Refused
        404 if nobody has this token.
    """
    if not tokens.shaped(token):
        raise Refused(404, "unknown", "participant")
    query = (
        select(Participant)
        .join(Participant.study)
        .options(contains_eager(Participant.study))
        .where(Participant.token_hash == tokens.hashed(token))
    )
    if lock:
        query = query.with_for_update(of=Participant)
    participant = session.scalar(query)
    if participant is None:
        raise Refused(404, "unknown", "participant")
    return participant


def touch(participant: Participant) -> None:
    """Renew a participant's lease, so that the trials stay promised."""
    moment = now()
    if moment - participant.seen_at > SEEN_INTERVAL:
        participant.seen_at = moment


def needs_seeing(participant: Participant) -> bool:
    """Whether `touch` would write something."""
    return now() - participant.seen_at > SEEN_INTERVAL


def question(participant: Participant, body: Questions) -> None:
    """Store the answers to the optional questions; only the first ones, if they are sent twice.

    Raises
    ------
    Refused
        403 if the study is closed.
    """
    _touch_open(participant)
    if participant.asked_at is None:
        participant.age_band, participant.training = body.age_band, body.training
        participant.device, participant.asked_at = body.device, now()


def check_sound(participant: Participant, body: SoundCheck) -> None:
    """Store whether both channels were named rightly; only the first result, if it is sent twice.

    Raises
    ------
    Refused
        403 if the study is closed.
    """
    _touch_open(participant)
    if participant.checked_at is None:
        participant.sound_ok = body.ok and (body.left, body.right) == ("left", "right")
        participant.checked_at = now()


def check_headphones(session: Session, participant: Participant, body: HeadphoneAnswers) -> None:
    """Store how many sounds of the check were named rightly; only the first result.

    Who fails where that is a gate has no trials any more, so that others get their places.

    Raises
    ------
    Refused
        403 if the study is closed.
    """
    _touch_open(participant)
    if not headphones.is_asked(participant.study, participant):
        return
    participant.headphones_right = headphones.right(participant, body.answers)
    if headphones.is_turned_away(participant.study, participant):
        panel_places.end(session, participant, "failed")
        session.execute(delete(Trial).where(Trial.participant_id == participant.id))


def play(session: Session, participant: Participant, body: Played) -> None:
    """Store that a clip began or ended to play; once for each submission.

    Raises
    ------
    Refused
        403 if the study is closed or the trial is not the participant's; 422 if it has no such
        clip.
    """
    _check_open(participant)
    trial = None
    if tokens.shaped(body.trial):
        mine = Trial.participant_id == participant.id
        query = select(Trial.id, Stimulus.systems).join(Stimulus)
        trial = session.execute(query.where(mine, Trial.token == body.trial)).first()
    if trial is None:
        study = participant.study
        raise Refused(403, "unknown", "trial", study.language, design=study.design)
    if body.side not in PLACES[: len(trial.systems) or len(SIDES)]:
        raise Refused(422, "invalid", "malformed", participant.study.language)
    touch(participant)
    count = select(func.count(), func.count().filter(Play.submission == body.submission))
    stored, repeated = session.execute(count.where(Play.trial_id == trial.id)).one()
    if not repeated and stored < PLAYS_OF_A_TRIAL:
        row = {"submission": body.submission, "side": body.side, "event": body.event}
        session.execute(insert(Play), [{"trial_id": trial.id} | row])


def answer(
    session: Session, participant: Participant, body: Answered | Replied, base: str
) -> tuple[PageState, int | None]:
    """Store the answer to the current trial; once, however often it is sent.

    Parameters
    ----------
    session : Session
    participant : Participant
        Found with a lock.
    body : Answered or Replied
        As the study's design has it.
    base : str
        Path at which the survey is mounted.

    Returns
    -------
    state : PageState
        Where the participant is then.
    trial_id : int or None
        None if nothing was stored.

    Raises
    ------
    Refused
        403 if the trial is not the participant's or the study is closed; 409 with the state if
        it is not the current one or has another answer; 422 if it was not heard, or the design
        has other answers.
    RequestValidationError
        If there is no such reply.
    """
    study = participant.study
    trials, language = trials_of(session, participant), study.language
    trial = next((trial for trial in trials if trial.token == body.trial), None)
    if trial is None:
        raise Refused(403, "unknown", "trial", language, design=study.design)
    if trial.submission is not None and trial.submission == body.submission:
        return state(session, participant, trials, base), None
    _check_open(participant)
    unanswered = [other for other in trials if other.submission is None]
    if stage(participant, trials) not in ("practice", "trial") or trial != unanswered[0]:
        current = state(session, participant, trials, base)
        raise Refused(409, "stale", "stale", language, state=current, design=study.design)
    row = _row(study, trial, body)
    if not all(clips_heard(session, trial).values()):
        raise Refused(422, "unheard", "unheard", language, design=study.design)
    session.execute(insert(Answer), [{"trial_id": trial.id} | row])
    participant.seen_at = now()
    if len(unanswered) == 1:
        participant.stage, participant.finished_at = "finished", now()
        participant.completion_code = tokens.code()
        panel_places.end(session, participant)
    session.flush()
    trials = [
        replace(other, submission=body.submission) if other == trial else other for other in trials
    ]
    return state(session, participant, trials, base), trial.id


def _row(study: Study, trial: ParticipantTrial, body: Answered | Replied) -> dict[str, Any]:
    """What is stored of an answer, checked by the study's design."""
    design = registry.find(study.design)
    if design.is_transfer != isinstance(body, Answered):
        raise Refused(422, "invalid", "malformed", study.language)
    row = body.model_dump(exclude={"trial"}) | {"comment": body.comment or ""}
    if isinstance(body, Replied):
        study_questions = questions.parsed(study.questions)
        compared = len(design.compared(len(trial.clips)))
        try:
            row["replies"] = questions.checked(body.replies, study_questions, compared)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            located = [one | {"loc": ("body", *one["loc"])} for one in errors]
            raise RequestValidationError(located, body=body.model_dump()) from error
    return row


def _check_open(participant: Participant) -> None:
    if participant.study.state != "open":
        raise Refused(403, "closed", "closed", participant.study.language)


def _touch_open(participant: Participant) -> None:
    _check_open(participant)
    touch(participant)
