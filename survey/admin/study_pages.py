"""The admin's pages of one study: results, open and close, export, log."""

from __future__ import annotations

import hashlib
import re
from typing import TypedDict

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from db.models import Audit, Study
from survey.admin import monitoring, opening
from survey.admin.authentication import AdminError
from survey.admin.live_results import ConditionResults, Snapshot
from survey.admin.monitoring import Cell, Flow
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, csrf, study_of
from survey.building import study_summary
from survey.core import panels
from survey.core.templates import mount_path
from survey.participant import unused_places
from survey.records import export_files, panel_list, payments
from survey.records.participants_csv import participants_csv

LOG_ENTRIES = 200  # shown
FILES = (
    ("ratings.csv", "Ratings, CSV", "one row a rating, for spreadsheets and statistics programs"),
    ("study.json", "Study, JSON", "everything, to be imported into another database"),
    ("dictionary.csv", "Data dictionary", "what every column of the ratings means"),
    (
        "participants.csv",
        "Participants, CSV",
        "labels of their invitations, texts agreed to; says who is who, so keep it apart",
    ),
    (
        "payments.csv",
        "List to pay from, CSV",
        "codes and labels of all who have finished, without their names in the ratings",
    ),
    (
        "panel.csv",
        "Whom a panel sent, CSV",
        "its numbers, codes, how far each came and on which day, without anything of their answers",
    ),
)
MAKE = {
    "ratings.csv": export_files.ratings_csv,
    "study.json": export_files.study_json,
    "dictionary.csv": export_files.dictionary_csv,
    "participants.csv": participants_csv,
    "payments.csv": payments.as_csv,
    "panel.csv": panel_list.as_csv,
}
HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


router = APIRouter(route_class=AdminRoute)


@router.get("/admin/studies/{name}")
def results(admin: AdminDep, name: str) -> Response:
    """How a study fills, and what has come out of it so far."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values, progress = frame(admin, session, study, ""), _live(admin, session, study)
        warnings = study_summary.warnings(study)
    share, panel = f"{origin(admin.request)}/s/{name}", panels.of(study)
    return admin.render(
        "study",
        share=share if panel is None else panel.entry(share),
        panel=panel,
        durable=admin.durable,
        warnings=warnings,
        **values,
        **progress,
    )


@router.get("/admin/studies/{name}/live")
def live(admin: AdminDep, name: str) -> Response:
    """The part of `results` that changes, for the page to fetch again and again."""
    with admin.database.read() as session:
        study = study_of(session, name)
        progress = _live(admin, session, study)
    return admin.render("live", study=study, **progress)


@router.get("/admin/studies/{name}/heatmap.svg")
def heatmap(admin: AdminDep, name: str, part: int = 0) -> Response:
    """Directions intended and heard, as a picture."""
    return _picture(_part(admin, name, part).heatmap())


@router.get("/admin/studies/{name}/mos.svg")
def mos(admin: AdminDep, name: str, part: int = 0) -> Response:
    """Mean opinion scores with intervals, as a picture."""
    return _picture(_part(admin, name, part).mos())


@router.post("/admin/studies/{name}/open", dependencies=[csrf("open")])
def open_study(admin: AdminDep, name: str) -> Response:
    """Let participants in, unless something hinders it."""
    with admin.database.write() as session:
        study = study_of(session, name)
        hindrances = opening.hindrances(session, study, admin.settings, admin.durable)
        if hindrances:
            raise AdminError(409, " ".join(hindrances))
        opening.open_study(session, study)
        admin.journal_study(session, study)
    return admin.redirect(f"/studies/{name}")


@router.post("/admin/studies/{name}/close", dependencies=[csrf("close")])
def close_study(admin: AdminDep, name: str) -> Response:
    """Let nobody in any more."""
    with admin.database.write() as session:
        study = study_of(session, name)
        opening.close_study(session, study)
        admin.journal_study(session, study)
    return admin.redirect(f"/studies/{name}")


@router.get("/admin/studies/{name}/export")
def exports(admin: AdminDep, name: str) -> Response:
    """What can be downloaded."""
    with admin.database.read() as session:
        values = frame(admin, session, study_of(session, name), "/export")
    return admin.render("export", files=FILES, **values)


@router.get("/admin/studies/{name}/export/{file}")
def download(admin: AdminDep, name: str, file: str) -> Response:
    """One of `FILES`.

    Raises
    ------
    AdminError
        404 for another name.
    """
    with admin.database.read() as session:
        study = study_of(session, name)
        if file not in MAKE:
            raise AdminError(404, "There is no such file to download.")
        text = MAKE[file](session, study)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{file}"'}
    return Response(text, headers=headers, media_type=TYPES[file.rpartition(".")[2]])


@router.get("/admin/studies/{name}/log")
def log(admin: AdminDep, name: str) -> Response:
    """What was done to a study, latest first."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values = frame(admin, session, study, "/log")
        query = select(Audit).where(Audit.study_id == study.id).order_by(Audit.id.desc())
        entries = list(session.scalars(query.limit(LOG_ENTRIES)))
    return admin.render("log", entries=entries, **values)


class Frame(TypedDict):
    """What the frame around every page of a study shows."""

    study: Study
    tab: str
    hindrances: list[str]  # why it cannot be opened


def frame(admin: AdminRequest, session: Session, study: Study, tab: str) -> Frame:
    """The values of the frame around a page of a study."""
    hindrances = opening.hindrances(session, study, admin.settings, admin.durable)
    return {"study": study, "tab": tab, "hindrances": hindrances}


def origin(request: Request) -> str:
    """Where the survey is, as participants must be told: ``https://host/survey``."""
    public: str | None = request.app.state.settings.public_url
    if public is not None:
        # The public address includes the path above the mount already.
        outer = request.scope.get("app_root_path", request.scope.get("root_path", ""))
        return public + mount_path(request).removeprefix(outer.rstrip("/"))
    # A proxy that ends the encryption says so here; a forged header misleads only its sender.
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = forwarded if forwarded in ("http", "https") else request.scope["scheme"]
    host = request.headers.get("host", "")
    return f"{scheme}://{host if HOST.fullmatch(host) else 'localhost'}{mount_path(request)}"


class LivePage(TypedDict):
    """What the page of a study shows while answers come in."""

    planned: int  # participants
    cells: list[Cell]
    flow: Flow
    snapshot: Snapshot
    fingerprint: str  # changes whenever one of these does


def _live(admin: AdminRequest, session: Session, study: Study) -> LivePage:
    snapshot = admin.services.live.of(session, study)
    planned = unused_places.participants_wanted(study)
    cells = monitoring.cells(session, study)
    flow = monitoring.flow(session, study, snapshot.analysed)
    state = f"{study.state} {snapshot.fingerprint} {planned} {cells} {flow}"
    return {
        "planned": planned,
        "cells": cells,
        "flow": flow,
        "snapshot": snapshot,
        "fingerprint": hashlib.sha256(state.encode()).hexdigest()[:16],
    }


def _part(admin: AdminRequest, name: str, part: int) -> ConditionResults:
    with admin.database.read() as session:
        parts = admin.services.live.of(session, study_of(session, name)).parts
    if not 0 <= part < len(parts):
        raise AdminError(404, "There is no such condition.")
    return parts[part]


def _picture(svg: str) -> Response:
    return Response(svg, media_type="image/svg+xml")
