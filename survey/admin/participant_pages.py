"""The admin's pages of the people of one study: invitations, participants, erasure."""

from __future__ import annotations

import base64
import csv
import io
import math

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import Answer, Participant, Study, Trial
from survey.admin import invitations, monitoring
from survey.admin.authentication import AdminError
from survey.admin.request import AdminDep, AdminRequest, audit, router, study_of
from survey.admin.study_pages import frame, origin
from survey.records import erasure, export_files

SIZE = 100  # participants on a page


def create_router() -> APIRouter:
    """The routes under ``/studies/{name}`` that are about people."""
    found = router()
    study = "/studies/{name}"
    found.add_api_route(f"{study}/invitations", invited)
    found.add_api_route(f"{study}/invitations", invite, methods=["POST"])
    found.add_api_route(f"{study}/invitations/{{number}}/revoke", revoke, methods=["POST"])
    found.add_api_route(f"{study}/participants", participants)
    found.add_api_route(f"{study}/participants/{{public_id}}/erase", ask_erase)
    found.add_api_route(f"{study}/participants/{{public_id}}/erase", erase, methods=["POST"])
    return found


def invited(at: AdminDep, name: str) -> Response:
    """The invitations made so far; their links are not known any more."""
    with at.database.read() as session:
        return _invitations(at, session, study_of(session, name), [])


def invite(at: AdminDep, name: str) -> Response:
    """Make invitations, and show their links this once."""
    at.check_csrf("invite", name)
    count = at.number("count", 1, invitations.MOST)
    label = at.text("label", invitations.LONGEST_LABEL)
    with at.database.write() as session:
        study = study_of(session, name)
        made = invitations.create(session, study, count, label)
        audit(session, study, "invited", count=count)
        at.journal_study(session, study)
    start = f"{origin(at.request)}/s/{name}?invite="
    with at.database.read() as session:
        links = [start + token for token in made]
        return _invitations(at, session, study_of(session, name), links)


def revoke(at: AdminDep, name: str, number: str) -> Response:
    """Take back an invitation that nobody has used."""
    at.check_csrf(f"revoke {number}", name)
    with at.database.write() as session:
        study = study_of(session, name)
        found = {
            str(invitation.id): invitation for invitation in invitations.listed(session, study)
        }
        if number not in found:
            raise AdminError(404, "There is no such invitation.")
        try:
            invitations.revoke(session, study, found[number].id)
        except ValueError as error:
            raise AdminError(409, f"Nothing was changed: {error}.") from error
        audit(session, study, "revoked", invitation=found[number].id)
        at.journal_study(session, study)
    return at.redirect(f"/studies/{name}/invitations")


def participants(at: AdminDep, name: str, page: str = "1") -> Response:
    """Who takes part: how far, and when last seen; nothing that tells who it is."""
    with at.database.read() as session:
        study = study_of(session, name)
        count = session.scalar(
            select(func.count(Participant.id)).where(Participant.study_id == study.id)
        )
        pages = max(1, math.ceil((count or 0) / SIZE))
        known = page.isascii() and page.isdigit() and len(page) < 10
        number = min(max(int(page), 1), pages) if known else 1
        people = monitoring.people(session, study, skip=(number - 1) * SIZE, most=SIZE)
        values = frame(at, session, study, "/participants")
    return at.render(
        "participants",
        people=people,
        count=count,
        size=SIZE,
        page=number,
        pages=pages,
        **values,
    )


def ask_erase(at: AdminDep, name: str, public_id: str) -> Response:
    """Ask whether a participant is really to be erased."""
    with at.database.read() as session:
        study = study_of(session, name)
        person = _person(session, study, public_id)
        answers = session.scalar(
            select(func.count(Answer.id))
            .join(Trial, Answer.trial_id == Trial.id)
            .where(Trial.participant_id == person.id)
        )
        values = frame(at, session, study, "/participants")
    return at.render("erase", person=person, answers=answers, **values)


def erase(at: AdminDep, name: str, public_id: str) -> Response:
    """Erase a participant for good, here and where the software made copies."""
    at.check_csrf(f"erase {public_id}", name)
    with at.database.write() as session:
        study = study_of(session, name)
        erasure.erase(session, _person(session, study, public_id), "admin")
        journal = at.request.app.state.journal
        if journal is not None:
            journal.withdrawn(public_id, name)
    at.database.scrub()
    export_files.renew(at.database)
    return at.redirect(f"/studies/{name}/participants")


def _person(session: Session, study: Study, public_id: str) -> Participant:
    person = session.scalar(
        select(Participant).where(
            Participant.study_id == study.id, Participant.public_id == public_id
        )
    )
    if person is None:
        raise AdminError(404, "There is no such participant; they may have withdrawn.")
    return person


def _invitations(at: AdminRequest, session: Session, study: Study, links: list[str]) -> Response:
    found = invitations.listed(session, study)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["link"])
    writer.writerows([link] for link in links)
    return at.render(
        "invitations",
        links=links,
        csv=base64.b64encode(table.getvalue().encode()).decode(),
        invitations=found,
        used=sum(invitation.used_at is not None for invitation in found),
        most=invitations.MOST,
        **frame(at, session, study, "/invitations"),
    )
