"""Where a participant is and what the page shows next; nothing in it tells what a trial is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import PLACES, SIDES, Answer, Participant, Place, Play, Stimulus, Trial, TrialClip
from survey.core import headphones
from survey.participant import panel_places

PageStage = Literal[
    "questions", "sound", "headphones", "practice", "trial", "finished", "failed", "closed"
]


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
        The names of its clips, by their places.
    text : str
        Shown beside them.
    practice : bool
    submission : str or None
        Of its answer; None if there is none.
    """

    id: int
    token: str
    clips: tuple[str, ...]
    text: str
    practice: bool
    submission: str | None


class ShownTrial(BaseModel):
    """The trial to be answered.

    Attributes
    ----------
    clips : dict
        Where its clips are, by place.
    heard : dict
        Which of them were played from their start to their end.
    text : str
        To be shown beside them.
    number : int
        Practice and other trials are counted apart, from 1.
    """

    id: str
    clips: dict[Place, str]
    heard: dict[Place, bool]
    text: str
    practice: bool
    number: int


class StudyTitle(BaseModel):
    """The study's name in addresses, and its title."""

    name: str
    title: str


class AnswerCount(BaseModel):
    """How many trials have been answered, practice left out."""

    done: int
    total: int


class PageState(BaseModel):
    """Where a participant is, as the page's script reads it.

    Attributes
    ----------
    stage : str
        What the participant is to do next.
    trial : ShownTrial or None
        The trial to be answered.
    next : dict or None
        Where the clips of the trial after it are.
    tones : list of str or None
        Where the sounds of the headphone check are, if that is to be done now.
    code : str or None
        The completion code of a participant who has finished.
    leave : str or None
        Where the panel that sent somebody wants them back, once all is stored.
    """

    stage: PageStage
    study: StudyTitle
    progress: AnswerCount
    trial: ShownTrial | None
    next: dict[Place, str] | None
    tones: list[str] | None
    code: str | None
    leave: str | None


def trials_of(session: Session, participant: Participant) -> list[ParticipantTrial]:
    """A participant's trials in their order."""
    query = (
        select(
            Trial.id,
            Trial.token,
            Trial.first_token,
            Trial.second_token,
            Stimulus.kind,
            Stimulus.systems,
            Stimulus.text,
            Answer.submission,
        )
        .join(Stimulus, Stimulus.id == Trial.stimulus_id)
        .outerjoin(Answer, Answer.trial_id == Trial.id)
        .where(Trial.participant_id == participant.id)
        .order_by(Trial.position)
    )
    rows = session.execute(query).all()
    further: dict[int, list[str]] = {}
    if any(len(row.systems) > len(SIDES) for row in rows):
        mine = select(TrialClip.trial_id, TrialClip.token).join(Trial)
        mine = mine.where(Trial.participant_id == participant.id).order_by(TrialClip.place)
        for key, clip in session.execute(mine):
            further.setdefault(key, []).append(clip)
    return [
        ParticipantTrial(
            key,
            token,
            (first, second, *further.get(key, ()))[: len(systems) or len(SIDES)],
            text,
            kind == "practice",
            submission,
        )
        for key, token, first, second, kind, systems, text, submission in rows
    ]


def stage(participant: Participant, trials: Sequence[ParticipantTrial]) -> PageStage:
    """What a participant is to do next."""
    if participant.stage == "finished":
        return "finished"
    if participant.study.state != "open":
        return "closed"
    if participant.asked_at is None:
        return "questions"
    if participant.checked_at is None:
        return "sound"
    if headphones.is_asked(participant.study, participant):
        return "headphones"
    if headphones.is_turned_away(participant.study, participant):
        return "failed"
    current = next((trial for trial in trials if trial.submission is None), None)
    return "finished" if current is None else "practice" if current.practice else "trial"


def clips_heard(session: Session, trial: ParticipantTrial) -> dict[Place, bool]:
    """Which of a trial's clips have been played from their start to their end.

    Browsers send events in the order of playing. If the event of a start got lost, the clip only
    has to be heard again.
    """
    first_start = func.min(Play.id).filter(Play.event == "started")
    last_end = func.max(Play.id).filter(Play.event == "ended")
    query = select(Play.side).where(Play.trial_id == trial.id).group_by(Play.side)
    places = set(session.scalars(query.having(first_start < last_end)))
    return {place: place in places for place in PLACES[: len(trial.clips)]}


def page_state(session: Session, participant: Participant, base: str) -> PageState:
    """What the page needs to know; see `state`."""
    return state(session, participant, trials_of(session, participant), base)


def state(
    session: Session, participant: Participant, trials: Sequence[ParticipantTrial], base: str
) -> PageState:
    """What the page needs to know.

    Parameters
    ----------
    session : Session
    participant : Participant
    trials : sequence of ParticipantTrial
        What `trials_of` returns.
    base : str
        Path at which the survey is mounted, such as "/survey".
    """
    now = stage(participant, trials)
    unanswered = [trial for trial in trials if trial.submission is None]
    counted = [trial for trial in trials if not trial.practice]
    is_trial = now in ("practice", "trial")
    return PageState(
        stage=now,
        study=StudyTitle(name=participant.study.name, title=participant.study.title),
        progress=AnswerCount(
            done=sum(trial.submission is not None for trial in counted), total=len(counted)
        ),
        trial=_trial_state(session, trials, unanswered[0], base) if is_trial else None,
        next=_addresses(unanswered[1], base) if is_trial and len(unanswered) > 1 else None,
        tones=[f"{base}/static/{name}" for name in headphones.files(participant)]
        if now == "headphones"
        else None,
        code=participant.completion_code if now == "finished" else None,
        leave=panel_places.address(participant, now),
    )


def _trial_state(
    session: Session, trials: Sequence[ParticipantTrial], trial: ParticipantTrial, base: str
) -> ShownTrial:
    alike = [other for other in trials if other.practice == trial.practice]
    return ShownTrial(
        id=trial.token,
        clips=_addresses(trial, base),
        heard=clips_heard(session, trial),
        text=trial.text,
        practice=trial.practice,
        number=alike.index(trial) + 1,
    )


def _addresses(trial: ParticipantTrial, base: str) -> dict[Place, str]:
    return {place: f"{base}/audio/{clip}" for place, clip in zip(PLACES, trial.clips, strict=False)}
