"""The admin's pages: the list of studies, and the router with all that lies behind it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import Participant, Study
from survey.admin import create_pages, monitoring, participant_pages, preview_pages, study_pages
from survey.admin.request import AdminDep, router


@dataclass(frozen=True)
class Row:
    """A study in the list, and how many people and answers it has."""

    study: Study
    participants: int
    finished: int
    answers: int


def create_router() -> APIRouter:
    """The admin's pages under ``/admin`` and the previews under ``/preview``.

    The application keeps an `Office` for them in ``app.state.office``.
    """
    pages = router()
    pages.add_api_route("", overview)
    pages.add_api_route("/", overview)
    for module in (create_pages, study_pages, participant_pages, preview_pages):
        pages.include_router(module.create_router())
    whole = APIRouter()
    whole.include_router(pages, prefix="/admin")
    whole.include_router(preview_pages.create_public_router())
    return whole


def overview(at: AdminDep) -> Response:
    """All studies, the newest first."""
    with at.database.read() as session:
        found = session.scalars(select(Study).order_by(Study.created_at.desc(), Study.id.desc()))
        rows = [_row(session, study) for study in found]
    building = at.office.builder.running
    return at.render("overview", rows=rows, durable=at.durable, building=building)


def _row(session: Session, study: Study) -> Row:
    people = select(func.count(Participant.id)).where(Participant.study_id == study.id)
    return Row(
        study,
        session.scalar(people) or 0,
        session.scalar(people.where(Participant.stage == "finished")) or 0,
        monitoring.answers(session, study),
    )
