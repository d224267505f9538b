"""Rows made from records: what an import and a restart after a wiped disk have in common.

Tokens are made anew. A participant whose record has the hash of the resume token can go on with the
link they have; without it nobody can, and the answers are there for analysis only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    SIDES,
    Answer,
    Clip,
    Invitation,
    PanelPlace,
    Participant,
    Play,
    Stimulus,
    StimulusClip,
    Study,
    Trial,
    TrialClip,
)
from survey.designs import questions, registry
from survey.designs.design import DesignError
from survey.designs.questions import QuestionError
from survey.records import consent_texts
from survey.records.to_json import RecordError, member, members, values


def add_study(session: Session, record: Mapping[str, Any], private: bool = False) -> Study:
    """A new study with its stimuli, clips, invitations and consent texts, no participants.

    Raises
    ------
    RecordError
        If the record is not one of a study.
    """
    study = Study(**values(Study, record, private))
    _check_design(study)
    session.add(study)
    clips = {clip.sha256: clip for clip in session.scalars(select(Clip))}
    for stimulus in members(record, "stimuli"):
        study.stimuli.append(
            Stimulus(
                **values(Stimulus, stimulus),
                first=_clip(clips, member(stimulus, "first")),
                second=_clip(clips, member(stimulus, "second")),
                more=_more(clips, stimulus),
            )
        )
    session.flush()
    add_invitations(session, study, record, private)
    consent_texts.add(session, study, record)
    return study


def add_invitations(
    session: Session, study: Study, record: Mapping[str, Any], private: bool = False
) -> int:
    """Add the invitations that a study does not have yet; returns how many.

    Without its hash nobody can use an invitation again; it is kept to be counted.
    """
    known = set(
        session.scalars(select(Invitation.token_hash).where(Invitation.study_id == study.id))
    )
    added = 0
    for invitation in members(record, "invitations"):
        row = Invitation(study_id=study.id, **values(Invitation, invitation, private))
        row.token_hash = row.token_hash or unusable()
        if row.token_hash not in known:
            session.add(row)
            known.add(row.token_hash)
            added += 1
    session.flush()
    return added


def add_invitation(session: Session, study: Study, record: Mapping[str, Any]) -> Invitation:
    """An invitation, from a private record of it, made if it is not there; used if it was used.

    Raises
    ------
    RecordError
        If the record is not one of an invitation.
    """
    add_invitations(session, study, {"invitations": [record]}, private=True)
    fields = values(Invitation, record, private=True)
    row = session.scalars(
        select(Invitation).where(Invitation.token_hash == fields["token_hash"])
    ).one()
    row.used_at = row.used_at or fields["used_at"]  # the study's own record may be the older one
    return row


def add_participant(
    session: Session, study: Study, record: Mapping[str, Any], private: bool = False
) -> Participant:
    """A new participant of a study, with trials, plays and answers.

    Raises
    ------
    RecordError
        If the record is not one of a participant, or names a stimulus the study does not have.
    """
    person = Participant(study_id=study.id, **values(Participant, record, private))
    if private:
        invitation = member(record, "invitation")
        person.invitation_id = (
            None if invitation is None else add_invitation(session, study, invitation).id
        )
        put_panel_place(person, record)
    else:
        person.token_hash = unusable()
    stimuli = {stimulus.name: stimulus for stimulus in study.stimuli}
    for trial in members(record, "trials"):
        add_trial(person, stimuli, trial)
    consent_texts.keep(session, study, person.consent, None, person.consented_at)
    session.add(person)
    session.flush()
    return person


def put_panel_place(person: Participant, record: Mapping[str, Any]) -> None:
    """Give somebody the panel's numbers of their private record; earlier versions' have none.

    What is known to have ended stays so.

    Raises
    ------
    RecordError
        If what there is are no such numbers.
    """
    if record.get("panel") is None:
        return
    fields = values(PanelPlace, record["panel"])
    place = person.panel_place
    if place is None:
        person.panel_place = PanelPlace(study_id=person.study_id, **fields)
    elif place.outcome == "begun":
        for name, value in fields.items():
            setattr(place, name, value)


def checked(record: Mapping[str, Any]) -> None:
    """Make sure that a private record of a participant has all its parts.

    Raises
    ------
    RecordError
        If it has not.
    """
    values(Participant, record, private=True)
    if member(record, "invitation") is not None:
        values(Invitation, record["invitation"], private=True)
    if record.get("panel") is not None:
        values(PanelPlace, record["panel"])
    for trial in members(record, "trials"):
        values(Trial, trial)
        _named(trial)
        for play in members(trial, "plays"):
            values(Play, play)
        if member(trial, "answer") is not None:
            values(Answer, trial["answer"])


def add_trial(
    person: Participant, stimuli: Mapping[str, Stimulus], record: Mapping[str, Any]
) -> Trial:
    """A new trial of a participant, with what was played and its answer.

    Raises
    ------
    RecordError
        If the record is not one of a trial, or names a stimulus that is not there.
    """
    name = _named(record)
    if name not in stimuli:
        raise RecordError(f"a trial is of stimulus {name!r:.80}, which the study does not have")
    stimulus = stimuli[name]
    trial = Trial(
        **values(Trial, record),
        stimulus_id=stimulus.id,
        token=secrets.token_urlsafe(32),
        first_token=secrets.token_urlsafe(32),
        second_token=secrets.token_urlsafe(32),
        more=[
            TrialClip(place=place, token=secrets.token_urlsafe(32))
            for place in range(len(SIDES), stimulus.size)
        ],
    )
    if sorted(trial.arrangement or range(stimulus.size)) != list(range(stimulus.size)):
        raise RecordError("trial.arrangement cannot be", trial.arrangement)
    person.trials.append(trial)
    complete(trial, record, stimulus)
    return trial


def complete(trial: Trial, record: Mapping[str, Any], stimulus: Stimulus) -> bool:
    """Give a trial the plays and the answer it lacks; True if the answer is new.

    Raises
    ------
    RecordError
        If the record is not one of a trial of the stimulus.
    """
    known = {play.submission for play in trial.plays}
    for play in members(record, "plays"):
        play = Play(**values(Play, play))
        if play.submission not in known:
            trial.plays.append(play)
            known.add(play.submission)
    answer = member(record, "answer")
    if answer is None or trial.answer is not None:
        return False
    fields = values(Answer, answer)
    _check_form(stimulus, fields)
    trial.answer = Answer(**fields)
    return True


def _check_design(study: Study) -> None:
    """Refuse a design that this software does not know, and questions that cannot be."""
    try:
        design = registry.find(study.design)
        study_questions = questions.parsed(study.questions)
    except (DesignError, QuestionError) as error:
        raise RecordError(f"study.design: {error}") from error
    if design.is_transfer and study_questions:
        raise RecordError("study.questions cannot be of this design:", study.questions)


def _check_form(stimulus: Stimulus, fields: dict[str, Any]) -> None:
    """Refuse an answer of another design, and replies that the study's questions do not have."""
    study, replies = stimulus.study, fields.get("replies")
    design = registry.find(study.design)
    if design.is_transfer != (replies is None):
        raise RecordError("answer.replies cannot be", replies)
    if replies is None:
        return
    compared = len(design.compared(stimulus.size))
    try:
        questions.checked(replies, questions.parsed(study.questions), compared)
    except ValidationError as error:
        raise RecordError("answer.replies cannot be", replies) from error


def unusable() -> str:
    """A hash that no token has, for rows that must have one: 64 hexadecimal digits."""
    return hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def _clip(clips: dict[str, Clip], record: Mapping[str, Any]) -> Clip:
    fields = values(Clip, record)
    clip = clips.setdefault(fields["sha256"], Clip(**fields))
    if clip.bytes != fields["bytes"]:
        raise RecordError(
            f"clip {clip.sha256} has {clip.bytes} bytes here, {fields['bytes']} there"
        )
    return clip


def _more(clips: dict[str, Clip], record: Mapping[str, Any]) -> list[StimulusClip]:
    """The clips of a stimulus after its second; records of earlier versions have none."""
    further = members(record, "more") if "more" in record else []
    first, size = len(SIDES), len(values(Stimulus, record)["systems"])
    if len(further) != max(0, size - first):
        raise RecordError(f"stimulus.more has {len(further)} clips, for {size} systems")
    return [
        StimulusClip(place=place, clip=_clip(clips, one))
        for place, one in enumerate(further, first)
    ]


def _named(record: Mapping[str, Any]) -> str:
    name = member(record, "stimulus")
    if not isinstance(name, str):
        raise RecordError("trial.stimulus cannot be", name)
    return name
