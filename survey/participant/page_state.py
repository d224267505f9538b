"""Where a participant is and what the page shows next; nothing in it tells what a trial is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import SIDES, Answer, Participant, Play, Stimulus, Trial


@dataclass(frozen=True)
class ParticipantTrial:
    """A trial as a participant may know it.

    Attributes
    ----------
    id : int
        Of the trial, for the server only.
    token : str
        Its name for the browser.
    clips : tuple of str
        The names of its first and its second clip.
    practice : bool
    submission : str or None
        Of its answer; None if there is none.
    """

    id: int
    token: str
    clips: tuple[str, str]
    practice: bool
    submission: str | None


def places(session: Session, participant: Participant) -> list[ParticipantTrial]:
    """A participant's trials in their order."""
    query = (
        select(
            Trial.id,
            Trial.token,
            Trial.first_token,
            Trial.second_token,
            Stimulus.kind,
            Answer.submission,
        )
        .join(Stimulus, Stimulus.id == Trial.stimulus_id)
        .outerjoin(Answer, Answer.trial_id == Trial.id)
        .where(Trial.participant_id == participant.id)
        .order_by(Trial.position)
    )
    return [
        ParticipantTrial(key, token, (first, second), kind == "practice", submission)
        for key, token, first, second, kind, submission in session.execute(query)
    ]


def stage(participant: Participant, way: Sequence[ParticipantTrial]) -> str:
    """questions, sound, practice, trial, finished or closed."""
    if participant.stage == "finished":
        return "finished"
    if participant.study.state != "open":
        return "closed"
    if participant.asked_at is None:
        return "questions"
    if participant.checked_at is None:
        return "sound"
    current = next((place for place in way if place.submission is None), None)
    return "finished" if current is None else "practice" if current.practice else "trial"


def heard(session: Session, place: ParticipantTrial) -> dict[str, bool]:
    """Which of a trial's clips have been played from their start to their end.

    Browsers send what was played in its order. If a start got lost, the clip has to be heard
    again, nothing more.
    """
    first_start = func.min(Play.id).filter(Play.event == "started")
    last_end = func.max(Play.id).filter(Play.event == "ended")
    query = select(Play.side).where(Play.trial_id == place.id).group_by(Play.side)
    found = set(session.scalars(query.having(first_start < last_end)))
    return {side: side in found for side in SIDES}


def state(
    session: Session, participant: Participant, way: Sequence[ParticipantTrial], base: str
) -> dict[str, Any]:
    """What the page needs to know.

    Parameters
    ----------
    session : Session
    participant : Participant
    way : sequence of Place
        What `places` gives.
    base : str
        Path at which the survey is mounted, such as "/survey".

    Returns
    -------
    dict
        stage, study, progress, trial, next and code, as the page's script expects them.
    """
    now = stage(participant, way)
    todo = [place for place in way if place.submission is None]
    main = [place for place in way if not place.practice]
    showing = now in ("practice", "trial")
    return {
        "stage": now,
        "study": {"name": participant.study.name, "title": participant.study.title},
        "progress": {
            "done": sum(place.submission is not None for place in main),
            "total": len(main),
        },
        "trial": _trial(session, way, todo[0], base) if showing else None,
        "next": _addresses(todo[1], base) if showing and len(todo) > 1 else None,
        "code": participant.completion_code if now == "finished" else None,
    }


def _trial(
    session: Session, way: Sequence[ParticipantTrial], place: ParticipantTrial, base: str
) -> dict[str, Any]:
    alike = [other for other in way if other.practice == place.practice]
    return {
        "id": place.token,
        "clips": _addresses(place, base),
        "heard": heard(session, place),
        "practice": place.practice,
        "number": alike.index(place) + 1,
    }


def _addresses(place: ParticipantTrial, base: str) -> dict[str, str]:
    return {side: f"{base}/audio/{clip}" for side, clip in zip(SIDES, place.clips, strict=True)}
