"""Joining a study: who may, by an invitation or a panel or neither, and their place in it.

Every function works in the caller's transaction: one that raises has stored nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, PanelPlace, Participant, Study, now
from survey.core import panels, texts, tokens
from survey.core.http_errors import Refused
from survey.participant import panel_places, unused_places
from survey.participant.assignment import assign
from survey.participant.join_rate import LONGEST_WAIT_SECONDS
from survey.participant.schemas import Join
from survey.records import consent_texts


@dataclass(frozen=True)
class Admission:
    """Somebody who may join.

    Attributes
    ----------
    study : Study
    invitation : Invitation or None
        That they have.
    ids : dict or None
        What the panel that sent them says of them, by parameter.
    place : PanelPlace or None
        Theirs, if the panel has sent them before.
    """

    study: Study
    invitation: Invitation | None
    ids: dict[str, str] | None
    place: PanelPlace | None

    @property
    def is_expected(self) -> bool:
        """Whether they come however many others do."""
        return self.invitation is not None or self.place is not None


def may_join(session: Session, body: Join) -> Admission:
    """Whether somebody may join; changes nothing.

    Raises
    ------
    Refused
        404 if there is no such study, 422 without consent, 403 if it is not open or is full, the
        invitation is missing, unknown or used, or the panel's number is missing, 409 if another
        text was read than is there now, or the panel's number is in use on another device.
    """
    return _admitted(session, body)


def join(session: Session, body: Join, is_newcomer: bool = False) -> tuple[Participant, str]:
    """Make a participant with all trials assigned; whom a panel sends again has their own.

    `is_newcomer`: whether few others have begun where they are (`newcomers`).

    Returns
    -------
    participant : Participant
    token : str
        The resume token. Only its hash is stored, so it cannot be read again; that of whom a panel
        sends is made of the panel's number, with the study's key (`Panel.token`).

    Raises
    ------
    Refused
        As `may_join` does; 429 if too many have joined and done nothing yet.
    """
    # The lock also puts people in turn who join at the same time by the same invitation.
    admission = _admitted(session, body, lock=True)
    study, invitation, ids = admission.study, admission.invitation, admission.ids
    panel, place = panels.of(study), admission.place
    if panel is not None and ids is not None and place is not None:
        panel_places.renew(place, ids)
        return place.participant, panel.token(place.panel_id, body.device)
    given_up = panel_places.known(session, study, ids)
    if given_up is not None:
        if not unused_places.give_up(session, study, given_up.participant_id):
            raise _elsewhere(study)  # who had it has begun in this moment
        session.expunge(given_up)
    unused_places.sweep(session, study)
    if invitation is None:
        goal = unused_places.participants_wanted(study)
        seconds = unused_places.waiting(session, study, goal, is_newcomer)
        if seconds:
            raise crowded(study, min(seconds, LONGEST_WAIT_SECONDS))
    else:
        invitation.used_at = now()
    if panel is None or ids is None:
        token = tokens.secret()
    else:
        token = panel.token(panel.number(ids), body.device)
    participant = Participant(
        study_id=study.id,
        public_id=tokens.public(),
        token_hash=tokens.hashed(token),
        invitation_id=None if invitation is None else invitation.id,
        consent=consent_texts.agreed(session, study).sha256,
    )
    session.add(participant)
    session.flush()
    if ids is not None:
        panel_places.take(session, participant, ids)
    if not assign(session, participant):
        raise Refused(403, "closed", "empty", study.language)
    return participant, token


def crowded(study: Study, seconds: int) -> Refused:
    """The refusal that asks somebody to join a study a little later."""
    return Refused(429, "crowded", "crowded", study.language, wait=seconds)


def _elsewhere(study: Study) -> Refused:
    """The refusal of a panel's number that is in use on another device."""
    return Refused(409, "elsewhere", "elsewhere", study.language)


def _admitted(session: Session, body: Join, lock: bool = False) -> Admission:
    """See `may_join`."""
    if "\0" in body.study:
        raise Refused(404, "unknown", "study")
    query = select(Study).where(Study.name == body.study)
    study = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if study is None:
        raise Refused(404, "unknown", "study")
    panel = panels.of(study)
    ids = panel.read(body.panel) if panel is not None and body.panel is not None else None
    place = panel_places.known(session, study, ids)
    if panel is not None and place is not None:
        if panel_places.opens(place, panel, body.device) is not None:
            return Admission(study, None, ids, place)
        if not unused_places.is_given_up(session, place.participant_id):
            raise _elsewhere(study)
    if not body.consent:
        raise Refused(422, "consent", "consent", study.language)
    if study.state != "open":
        raise Refused(403, "closed", "closed", study.language)
    if body.text not in (None, texts.consent_sha256(study)):
        raise Refused(409, "changed", "changed", study.language)
    invitation = _invitation(session, study, body.invitation)
    if panel is not None and ids is None and invitation is None:
        raise Refused(403, "panel", "panel", study.language)
    if panel_places.is_full(session, study):
        raise Refused(403, "full", "full", study.language)
    return Admission(study, invitation, ids, None)


def _invitation(session: Session, study: Study, token: str | None) -> Invitation | None:
    if token is None:
        if study.invited_only:
            raise Refused(403, "invitation", "invited", study.language)
        return None
    query = select(Invitation).where(
        Invitation.study_id == study.id, Invitation.token_hash == tokens.hashed(token)
    )
    invitation = session.scalar(query) if tokens.shaped(token) else None
    if invitation is None:
        raise Refused(403, "invitation", "invitation", study.language)
    if invitation.used_at is not None:
        raise Refused(403, "invitation", "used", study.language)
    return invitation
