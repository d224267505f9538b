"""The admin's pages of one study: results, open and close, settings, export, log."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, TypedDict

from fastapi import APIRouter, Form
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from db.models import Audit, Participant, Study
from survey.admin import monitoring, opening
from survey.admin.authentication import AdminError
from survey.admin.forms import SettingsForm
from survey.admin.live_results import Part, Snapshot
from survey.admin.monitoring import Cell, Flow
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, audit, csrf, study_of
from survey.building import study_summary
from survey.building.study_spec import LONGEST_LEASE_MINUTES
from survey.core import texts
from survey.core.templates import mount_path
from survey.participant import unused_places
from survey.ratings import exclusion
from survey.records import export_files

LOG_ENTRIES = 200  # shown
FILES = (
    ("ratings.csv", "Ratings, CSV", "one row a rating, for spreadsheets and statistics programs"),
    ("study.json", "Study, JSON", "everything, to be imported into another database"),
    ("dictionary.csv", "Data dictionary", "what every column of the ratings means"),
)
HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
BUILT = ("pairs", "strengths", "seed", "checkpoint")
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


router = APIRouter(route_class=AdminRoute)


@router.get("/admin/studies/{name}")
def results(admin: AdminDep, name: str) -> Response:
    """How a study fills, and what has come out of it so far."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values, progress = frame(admin, session, study, ""), _live(admin, session, study)
        warnings = study_summary.warnings(study)
    share = f"{origin(admin.request)}/s/{name}"
    return admin.render(
        "study",
        share=share,
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


@router.get("/admin/studies/{name}/settings")
def settings(admin: AdminDep, name: str) -> Response:
    """What can be changed of a study, and how it was built."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values = frame(admin, session, study, "/settings")
        begun = _has_begun(session, study)
    limits = study.rules.items()
    skipped = (None, False)
    rules = [
        exclusion.sentence(rule, limit)
        for rule, limit in limits
        if rule in exclusion.MEANINGS and limit not in skipped
    ]
    participants_wanted = unused_places.participants_wanted(study)
    return admin.render(
        "settings",
        rules=rules,
        build=_build(study),
        planned=participants_wanted,
        languages=texts.languages(),
        begun=begun,
        longest_lease=LONGEST_LEASE_MINUTES,
        **values,
    )


@router.post("/admin/studies/{name}/settings", dependencies=[csrf("settings")])
def save_settings(admin: AdminDep, name: str, form: Annotated[SettingsForm, Form()]) -> Response:
    """Change a study's texts, and whom it is open to."""
    new: dict[str, str | int] = {
        "title": form.title,
        "contact": form.contact,
        "retention": form.retention,
        "invited_only": form.invited_only == "yes",
    }
    with admin.database.write() as session:
        study = study_of(session, name)
        if not _has_begun(session, study):
            if form.language is not None:  # people agree to a text in one language
                new["language"] = form.language
            if form.lease is not None:
                new["lease_minutes"] = form.lease
        changed = [key for key, value in new.items() if getattr(study, key) != value]
        for key in changed:
            setattr(study, key, new[key])
        if form.participants != unused_places.participants_wanted(study):
            study.build = study.build | {unused_places.PARTICIPANTS_KEY: form.participants}
            changed.append(unused_places.PARTICIPANTS_KEY)
        if changed:
            audit(session, study, "settings", changed=changed)
            admin.journal_study(session, study)
    return admin.redirect(f"/studies/{name}/settings")


def _has_begun(session: Session, study: Study) -> bool:
    """Whether anybody ever took part, withdrawn or not."""
    any_participant = select(Participant.id).where(Participant.study_id == study.id).limit(1)
    return study.withdrawn + study.lapsed > 0 or session.scalar(any_participant) is not None


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
        if file == "ratings.csv":
            text = export_files.ratings_csv(session, study)
        elif file == "study.json":
            text = export_files.study_json(session, study)
        elif file == "dictionary.csv":
            text = export_files.dictionary_csv()
        else:
            raise AdminError(404, "There is no such file to download.")
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


class Live(TypedDict):
    """What the page of a study shows while answers come in."""

    planned: int  # participants
    cells: list[Cell]
    flow: Flow
    snapshot: Snapshot
    fingerprint: str  # changes whenever one of these does


def _live(admin: AdminRequest, session: Session, study: Study) -> Live:
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


def _build(study: Study) -> list[tuple[str, str]]:
    """How a study was built, as far as it is short."""
    facts = study.build | {"checkpoint": study.build.get("checkpoint", {}).get("name")}
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in ((key, facts.get(key)) for key in BUILT)
        if value is not None
    ]


def _part(admin: AdminRequest, name: str, part: int) -> Part:
    with admin.database.read() as session:
        parts = admin.services.live.of(session, study_of(session, name)).parts
    if not 0 <= part < len(parts):
        raise AdminError(404, "There is no such condition.")
    return parts[part]


def _picture(svg: str) -> Response:
    return Response(svg, media_type="image/svg+xml")
