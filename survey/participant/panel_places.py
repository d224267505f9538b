"""Places of people whom a panel sends: one for each of its numbers, and where they come back to."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.models import PanelPlace, Participant, Study, Trial, now
from survey.core import panels, tokens
from survey.designs import ratings
from survey.participant import unused_places
from survey.ratings import exclusion


def known(session: Session, study: Study, ids: Mapping[str, str] | None) -> PanelPlace | None:
    """The place of whom a panel sends again; None for who is new, or comes otherwise."""
    panel = panels.of(study)
    if panel is None or ids is None:
        return None
    query = select(PanelPlace).where(
        PanelPlace.study_id == study.id, PanelPlace.panel_id == panel.number(ids)
    )
    return session.scalar(query)


def opens(place: PanelPlace, panel: panels.Panel, device: str | None) -> str | None:
    """The resume token of a place for who comes again by its number; None if that does not do.

    Numbers that can be guessed open a place only on the device where it was begun, whose secret
    `device` is: else a stranger could answer, or withdraw, for its owner.
    """
    token = panel.token(place.panel_id, device)
    return token if tokens.hashed(token) == place.participant.token_hash else None


def take(session: Session, participant: Participant, ids: Mapping[str, str]) -> None:
    """Give a new participant the place of a panel's number."""
    panel = panels.of(participant.study)
    if panel is not None:
        participant.panel_place = PanelPlace(
            study_id=participant.study_id, panel_id=panel.number(ids), ids=_others(ids)
        )
        session.flush()


def renew(place: PanelPlace, ids: Mapping[str, str]) -> None:
    """Keep the panel's other numbers of who comes again, such as of another session."""
    if is_renewed(place, ids):
        place.ids = _others(ids)


def is_renewed(place: PanelPlace, ids: Mapping[str, str]) -> bool:
    """Whether `renew` would write something: who has ended has been told the panel."""
    return place.outcome == "begun" and place.ids != _others(ids)


def end(session: Session, participant: Participant, outcome: str | None = None) -> None:
    """Note that somebody has finished, or failed; whichever it is, if `outcome` does not say."""
    place, panel = _place(participant), panels.of(participant.study)
    if place is None or panel is None or place.outcome != "begun":
        return
    if outcome is None:
        fails = panel.fails_by_rules and _is_left_out(session, participant)
        outcome = "failed" if fails else "finished"
    place.outcome, place.ended_at = outcome, now()


def address(participant: Participant, stage: str) -> str | None:
    """Where somebody goes back to from a stage; None from those where there is more to do.

    Nothing that a participant has sent decides this: the last answer must be stored.
    """
    panel, place = panels.of(participant.study), _place(participant)
    if panel is None or place is None or stage not in ("finished", "failed", "closed"):
        return None
    which = "finished" if place.outcome == "finished" else "failed"
    return panel.address(which, numbers(place, panel), participant.completion_code)


def declining(participant: Participant) -> str | None:
    """Where somebody goes back to who withdraws."""
    panel, place = panels.of(participant.study), _place(participant)
    if panel is None or place is None:
        return None
    return panel.address("declined", numbers(place, panel))


def numbers(place: PanelPlace, panel: panels.Panel) -> dict[str, str]:
    """All that a panel has said of somebody, by parameter, as `Panel.read` gave it."""
    return {next(iter(panel.parameters)): place.panel_id, **place.ids}


def is_full(session: Session, study: Study) -> bool:
    """Whether a study lets nobody else in: as many as are wanted have finished or are under way.

    Who has failed does not count, nor who has done nothing yet: scripts could fill the study.
    """
    if not study.stops_at_wanted:
        return False
    has_trials = select(Trial.id).where(Trial.participant_id == Participant.id).exists()
    under_way = has_trials & ~unused_places.is_idle()
    under_way &= unused_places.holds_places(study.lease_minutes)
    failed = select(PanelPlace.participant_id).where(PanelPlace.outcome == "failed")
    count = session.scalar(
        select(func.count(Participant.id)).where(
            Participant.study_id == study.id,
            or_(Participant.stage == "finished", under_way),
            Participant.id.not_in(failed),
        )
    )
    return (count or 0) >= unused_places.participants_wanted(study)


def _place(participant: Participant) -> PanelPlace | None:
    """Asked for only where there is a panel."""
    return participant.panel_place if participant.study.panel else None


def _others(ids: Mapping[str, str]) -> dict[str, str]:
    """The panel's numbers but for the one of the person, which comes first."""
    return dict(list(ids.items())[1:])


def _is_left_out(session: Session, participant: Participant) -> bool:
    """Whether the study's rules, fixed before, leave somebody out who has finished."""
    session.flush()
    table = ratings.of_study(session, participant.study, participant)
    return bool(exclusion.apply_rules(table, participant.study.rules)[1])
