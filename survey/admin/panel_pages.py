"""The admin's page of a study's panel: which one, its addresses, whom it sent, who is erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import PanelPlace, Participant, Study
from survey.admin.authentication import AdminError
from survey.admin.forms import PanelForm
from survey.admin.participant_pages import erase_page, erase_person
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, audit, csrf, study_of
from survey.admin.study_pages import frame, origin
from survey.core import panels
from survey.core.panels import Panel
from survey.records import panel_list
from survey.records.begun import has_begun

FIXED = ("kind", "name", "parameter")  # of a panel, once somebody may have read of it
router = APIRouter(route_class=AdminRoute)


@router.get("/admin/studies/{name}/panel")
def view(admin: AdminDep, name: str) -> Response:
    """The study's panel, and whom it sent."""
    with admin.database.read() as session:
        study = study_of(session, name)
        return _page(admin, session, study, panels.of(study), None)


@router.post("/admin/studies/{name}/panel", dependencies=[csrf("panel")])
def save(admin: AdminDep, name: str, form: Annotated[PanelForm, Form()]) -> Response:
    """Give a study a panel, take it away, or change its addresses; a wrong one is refused."""
    with admin.database.write() as session:
        study = study_of(session, name, lock=True)
        before = panels.of(study)
        panel = form.panel(before.key if before is not None else "")
        if _identity(panel) != _identity(before) and (
            study.state == "open" or has_begun(session, study)
        ):
            raise AdminError(
                409,
                "The panel is part of what people agree to, so it can be changed only while the "
                "study is not open and nobody has begun; its addresses can be changed at any time.",
            )
        problems = [] if panel is None else panel.problems()
        if problems:
            return _page(admin, session, study, panel, problems[0])
        stored = {} if panel is None else panel.stored()
        changed = sorted(key for key in {*stored, *study.panel} if _differs(key, stored, study))
        if changed:
            study.panel = stored
            # Without the addresses: whoever has them could say that they have finished.
            audit(session, study, "panel", changed=[key for key in changed if key != "key"])
            admin.journal_study(session, study)
    return admin.redirect(f"/studies/{name}/panel")


@router.get("/admin/studies/{name}/panel/{mark}/erase")
def ask_erase(admin: AdminDep, name: str, mark: str) -> Response:
    """Ask whether somebody is really to be erased, who has told their number at the panel."""
    with admin.database.read() as session:
        study = study_of(session, name)
        place = _place(session, study, mark)
        person, action = session.get_one(Participant, place.participant_id), f"erase sent {mark}"
        return erase_page(admin, session, person, place.panel_id, action, "panel")


@router.post("/admin/studies/{name}/panel/{mark}/erase", dependencies=[csrf("erase sent {mark}")])
def erase(admin: AdminDep, name: str, mark: str) -> Response:
    """Erase somebody for good, with their number."""
    with admin.database.write() as session:
        place = _place(session, study_of(session, name), mark)
        person = session.get_one(Participant, place.participant_id)
        erase_person(admin, session, person)
    return admin.erased(f"/studies/{name}/panel")


def _place(session: Session, study: Study, mark: str) -> PanelPlace:
    panel = panels.of(study)
    if panel is not None:
        query = select(PanelPlace).where(PanelPlace.study_id == study.id)
        for place in session.scalars(query):
            if panel.mark(place.panel_id) == mark:
                return place
    raise AdminError(404, "The panel sent nobody of this number; they may have withdrawn.")


def _identity(panel: Panel | None) -> list[str] | None:
    return None if panel is None else [getattr(panel, name) for name in FIXED]


def _differs(key: str, stored: dict[str, object], study: Study) -> bool:
    return stored.get(key) != study.panel.get(key)


def _page(
    admin: AdminRequest, session: Session, study: Study, panel: Panel | None, problem: str | None
) -> Response:
    address = f"{origin(admin.request)}/s/{study.name}"
    stored = panels.of(study)
    return admin.render(
        "panel",
        status=422 if problem else 200,
        problem=problem,
        panel=panel or Panel(""),
        entry=None if stored is None else stored.entry(address),
        is_local=panels.host_of(address) is None,
        kinds=panels.KINDS,
        longest=panels.LONGEST_ADDRESS,
        fixed=study.state == "open" or has_begun(session, study),
        sent=panel_list.panel_people(session, study),
        others=[] if stored is None else list(stored.parameters)[1:],
        **frame(admin, session, study, "/panel"),
    )
