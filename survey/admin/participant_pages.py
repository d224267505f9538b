"""The admin's pages of the people of one study: invitations, participants, erasure."""

from __future__ import annotations

import base64
import io
import math
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Form
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import Answer, Participant, Study, Trial
from survey.admin import invitations, monitoring
from survey.admin.authentication import AdminError
from survey.admin.forms import InvitationForm
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, audit, csrf, study_of
from survey.admin.study_pages import frame, origin
from survey.core.tokens import hashed
from survey.ratings.csv_file import write_csv
from survey.records import consent_texts, erasure

PAGE_SIZE = 100  # participants


router = APIRouter(route_class=AdminRoute)


@router.get("/admin/studies/{name}/invitations")
def invited(admin: AdminDep, name: str) -> Response:
    """The invitations made so far, without their links: only hashes are stored."""
    with admin.database.read() as session:
        return _invitations(admin, session, study_of(session, name), {})


@router.post("/admin/studies/{name}/invitations", dependencies=[csrf("invite")])
def invite(admin: AdminDep, name: str, form: Annotated[InvitationForm, Form()]) -> Response:
    """Make invitations, and show their links this once."""
    with admin.database.write() as session:
        study = study_of(session, name)
        try:
            tokens = invitations.create_labelled(session, study, form.labels)
        except ValueError as error:
            raise AdminError(422, f"Nothing was made: {error}.") from error
        audit(session, study, "invited", count=len(tokens))
        admin.journal_study(session, study)
    start = f"{origin(admin.request)}/s/{name}?invite="
    links = {hashed(token): start + token for token in tokens}
    with admin.database.read() as session:
        return _invitations(admin, session, study_of(session, name), links)


@router.post(
    "/admin/studies/{name}/invitations/{number}/revoke", dependencies=[csrf("revoke {number}")]
)
def revoke(admin: AdminDep, name: str, number: str) -> Response:
    """Take back an invitation that nobody has used."""
    with admin.database.write() as session:
        study = study_of(session, name)
        ids = {
            str(invitation.id): invitation.id for invitation in invitations.listed(session, study)
        }
        if number not in ids:
            raise AdminError(404, "There is no such invitation.")
        try:
            invitations.revoke(session, study, ids[number])
        except ValueError as error:
            raise AdminError(409, f"Nothing was changed: {error}.") from error
        audit(session, study, "revoked", invitation=ids[number])
        admin.journal_study(session, study)
    return admin.redirect(f"/studies/{name}/invitations")


@router.get("/admin/studies/{name}/participants")
def participants(admin: AdminDep, name: str, page: str = "1") -> Response:
    """The participants: how far each came and when they were last seen, and no more of them."""
    with admin.database.read() as session:
        study = study_of(session, name)
        count = session.scalar(
            select(func.count(Participant.id)).where(Participant.study_id == study.id)
        )
        pages = max(1, math.ceil((count or 0) / PAGE_SIZE))
        is_number = page.isascii() and page.isdigit() and len(page) < 10
        number = min(max(int(page), 1), pages) if is_number else 1
        versions = consent_texts.versions(session, study)
        people = monitoring.people(session, study, skip=(number - 1) * PAGE_SIZE, most=PAGE_SIZE)
        values = frame(admin, session, study, "/participants")
    return admin.render(
        "participants",
        people=people,
        texts={version.sha256: version for version in versions},
        count=count,
        size=PAGE_SIZE,
        page=number,
        pages=pages,
        **values,
    )


@router.get("/admin/studies/{name}/participants/{public_id}/erase")
def ask_erase(admin: AdminDep, name: str, public_id: str) -> Response:
    """Ask whether a participant is really to be erased."""
    with admin.database.read() as session:
        study = study_of(session, name)
        person = _person(session, study, public_id)
        return erase_page(admin, session, person, public_id, f"erase {public_id}", "participants")


@router.post(
    "/admin/studies/{name}/participants/{public_id}/erase", dependencies=[csrf("erase {public_id}")]
)
def erase(admin: AdminDep, name: str, public_id: str) -> Response:
    """Erase a participant for good, here and where the software made copies."""
    with admin.database.write() as session:
        erase_person(admin, session, _person(session, study_of(session, name), public_id))
    return admin.erased(f"/studies/{name}/participants")


def erase_page(
    admin: AdminRequest, session: Session, person: Participant, who: str, action: str, back: str
) -> Response:
    """Whether somebody is really to be erased; `back` is the page that asks."""
    answers = session.scalar(
        select(func.count(Answer.id))
        .join(Trial, Answer.trial_id == Trial.id)
        .where(Trial.participant_id == person.id)
    )
    values = frame(admin, session, person.study, f"/{back}")
    return admin.render("erase", who=who, action=action, back=back, answers=answers, **values)


def erase_person(admin: AdminRequest, session: Session, person: Participant) -> None:
    """Erase somebody in a transaction; `AdminRequest.erased` does the rest after it."""
    study = person.study.name
    erasure.erase(session, person, "admin")
    if admin.journal is not None:
        admin.journal.withdrawn(person.public_id, study)


def _person(session: Session, study: Study, public_id: str) -> Participant:
    person = session.scalar(
        select(Participant).where(
            Participant.study_id == study.id, Participant.public_id == public_id
        )
    )
    if person is None:
        raise AdminError(404, "There is no such participant; they may have withdrawn.")
    return person


def _invitations(
    admin: AdminRequest, session: Session, study: Study, links: dict[str, str]
) -> Response:
    """The page of invitations; `links` has those of new ones, by the hash of their token."""
    guests = invitations.guests(session, study)
    rows = [
        (guest.invitation.id, guest.invitation.label, links[guest.invitation.token_hash])
        for guest in reversed(guests)
        if guest.invitation.token_hash in links
    ]
    table = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=["number", "label", "link"], dtype=object), table)
    return admin.render(
        "invitations",
        links=[link for *_, link in rows],
        csv=base64.b64encode(table.getvalue().encode()).decode(),
        guests=guests,
        used=sum(guest.invitation.used_at is not None for guest in guests),
        finished=sum(guest.progress == "finished" for guest in guests),
        most=invitations.MOST_AT_ONCE,
        **frame(admin, session, study, "/invitations"),
    )
