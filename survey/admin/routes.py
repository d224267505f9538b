"""The admin's pages: the list of studies, and the router with all the pages."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import Participant, Study
from survey.admin import (
    create_pages,
    life_pages,
    monitoring,
    pair_pages,
    panel_pages,
    participant_pages,
    payment_pages,
    preview_pages,
    settings_pages,
    study_pages,
)
from survey.admin.creating import phrases_pages, sounds_pages
from survey.admin.request import AdminDep, AdminRoute
from survey.building import study_life


@dataclass(frozen=True)
class StudyEntry:
    """A study in the list, and how many people and answers it has."""

    study: Study
    participants: int
    finished: int
    answers: int


router = APIRouter(route_class=AdminRoute)


@router.get("/admin")
@router.get("/admin/")
def overview(admin: AdminDep) -> Response:
    """All studies, the newest first."""
    with admin.database.read() as session:
        studies = session.scalars(select(Study).order_by(Study.created_at.desc(), Study.id.desc()))
        rows = [_entry(session, study) for study in studies]
        deleted = study_life.deleted(session)
    return admin.render(
        "overview",
        rows=rows,
        deleted=deleted,
        durable=admin.durable,
        building=admin.services.builder.running,
    )


def _entry(session: Session, study: Study) -> StudyEntry:
    people = select(func.count(Participant.id)).where(Participant.study_id == study.id)
    return StudyEntry(
        study,
        session.scalar(people) or 0,
        session.scalar(people.where(Participant.stage == "finished")) or 0,
        monitoring.answers(session, study),
    )


for module in (
    create_pages,
    phrases_pages,
    sounds_pages,
    pair_pages,
    study_pages,
    settings_pages,
    life_pages,
    participant_pages,
    panel_pages,
    payment_pages,
    preview_pages,
):
    router.include_router(module.router)
router.include_router(preview_pages.public_router)
