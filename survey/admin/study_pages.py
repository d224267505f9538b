"""The admin's pages of one study: results, open and close, settings, export, log."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from db.models import Audit, Participant, Study
from survey.admin import monitoring, opening
from survey.admin.authentication import AdminError
from survey.admin.live_results import Snapshot
from survey.admin.request import AdminDep, AdminRequest, audit, router, study_of
from survey.building.study_spec import LONGEST_LEASE
from survey.core import texts
from survey.core.templates import mount_path
from survey.participant import unused_places
from survey.ratings import exclusion
from survey.records import export_files

SHOWN = 200  # entries of the log
FILES = (
    ("ratings.csv", "Ratings, CSV", "one row a rating, for spreadsheets and statistics programs"),
    ("study.json", "Study, JSON", "everything, to be imported into another database"),
    ("dictionary.csv", "Data dictionary", "what every column of the ratings means"),
)
HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
BUILT = ("pairs", "strengths", "seed", "checkpoint")
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def create_router() -> APIRouter:
    """The routes under ``/studies/{name}``."""
    found = router()
    for path, page in (
        ("", results),
        ("/live", live),
        ("/heatmap.svg", heatmap),
        ("/mos.svg", mos),
        ("/settings", settings),
        ("/export", exports),
        ("/export/{file}", download),
        ("/log", log),
    ):
        found.add_api_route(f"/studies/{{name}}{path}", page)
    for path, action in (
        ("/open", open_study),
        ("/close", close_study),
        ("/settings", save_settings),
    ):
        found.add_api_route(f"/studies/{{name}}{path}", action, methods=["POST"])
    return found


def results(at: AdminDep, name: str) -> Response:
    """How a study fills, and what has come out of it so far."""
    with at.database.read() as session:
        study = study_of(session, name)
        values = frame(at, session, study, "") | _live(at, session, study)
    share = f"{origin(at.request)}/s/{name}"
    return at.render("study", share=share, durable=at.durable, **values)


def live(at: AdminDep, name: str) -> Response:
    """The part of `results` that changes, for the page to fetch again and again."""
    with at.database.read() as session:
        values = _live(at, session, study_of(session, name))
    return at.render("live", **values)


def heatmap(at: AdminDep, name: str) -> Response:
    """Directions intended and heard, as a picture."""
    return _picture(_snapshot(at, name).heatmap())


def mos(at: AdminDep, name: str) -> Response:
    """Mean opinion scores with intervals, as a picture."""
    return _picture(_snapshot(at, name).mos())


def open_study(at: AdminDep, name: str) -> Response:
    """Let participants in, if nothing hinders it."""
    at.check_csrf("open", name)
    with at.database.write() as session:
        study = study_of(session, name)
        found = opening.hindrances(session, study, at.settings, at.durable)
        if found:
            raise AdminError(409, " ".join(found))
        opening.open_study(session, study)
        at.journal_study(session, study)
    return at.redirect(f"/studies/{name}")


def close_study(at: AdminDep, name: str) -> Response:
    """Let nobody in any more."""
    at.check_csrf("close", name)
    with at.database.write() as session:
        study = study_of(session, name)
        opening.close_study(session, study)
        at.journal_study(session, study)
    return at.redirect(f"/studies/{name}")


def settings(at: AdminDep, name: str) -> Response:
    """What can be changed of a study, and how it was built."""
    with at.database.read() as session:
        study = study_of(session, name)
        values = frame(at, session, study, "/settings")
        begun = _has_begun(session, study)
    limits = study.rules.items()
    skipped = (None, False)
    rules = [
        exclusion.sentence(rule, limit)
        for rule, limit in limits
        if rule in exclusion.MEANINGS and limit not in skipped
    ]
    planned = unused_places.planned(study)
    return at.render(
        "settings",
        rules=rules,
        build=_build(study),
        planned=planned,
        languages=texts.languages(),
        begun=begun,
        longest_lease=LONGEST_LEASE,
        **values,
    )


def save_settings(at: AdminDep, name: str) -> Response:
    """Change a study's texts, and whom it is open to."""
    at.check_csrf("settings", name)
    new = {
        "title": at.text("title", 200, needed=True),
        "contact": at.text("contact", 200),
        "retention": at.text("retention", 2000),
        "invited_only": at.form.get("invited_only") == "yes",
    }
    people = at.number("participants", 1, 100_000)
    lease = at.number("lease", 1, LONGEST_LEASE) if "lease" in at.form else None
    language = at.form.get("language")
    with at.database.write() as session:
        study = study_of(session, name)
        if not _has_begun(session, study):
            if language in texts.languages():  # whoever has agreed has agreed in a language
                new["language"] = language
            if lease is not None:
                new["lease_minutes"] = lease
        changed = [key for key, value in new.items() if getattr(study, key) != value]
        for key in changed:
            setattr(study, key, new[key])
        if people != unused_places.planned(study):
            study.build = study.build | {unused_places.PLAN: people}
            changed.append(unused_places.PLAN)
        if changed:
            audit(session, study, "settings", changed=changed)
            at.journal_study(session, study)
    return at.redirect(f"/studies/{name}/settings")


def _has_begun(session: Session, study: Study) -> bool:
    """Whether anybody ever took part, withdrawn or not."""
    one = select(Participant.id).where(Participant.study_id == study.id).limit(1)
    return study.withdrawn + study.lapsed > 0 or session.scalar(one) is not None


def exports(at: AdminDep, name: str) -> Response:
    """What can be downloaded."""
    with at.database.read() as session:
        values = frame(at, session, study_of(session, name), "/export")
    return at.render("export", files=FILES, **values)


def download(at: AdminDep, name: str, file: str) -> Response:
    """One of `FILES`.

    Raises
    ------
    AdminError
        404 for another name.
    """
    with at.database.read() as session:
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


def log(at: AdminDep, name: str) -> Response:
    """What was done to a study, latest first."""
    with at.database.read() as session:
        study = study_of(session, name)
        values = frame(at, session, study, "/log")
        query = select(Audit).where(Audit.study_id == study.id).order_by(Audit.id.desc())
        entries = list(session.scalars(query.limit(SHOWN)))
    return at.render("log", entries=entries, **values)


def frame(at: AdminRequest, session: Session, study: Study, tab: str) -> dict[str, Any]:
    """What the frame around every page of a study shows."""
    hindrances = opening.hindrances(session, study, at.settings, at.durable)
    return {"study": study, "tab": tab, "hindrances": hindrances}


def origin(request: Request) -> str:
    """Where the survey is, as participants must be told: ``https://host/survey``."""
    public = request.app.state.settings.public_url
    if public is not None:
        # What is above the mount is in the public address already.
        outer = request.scope.get("app_root_path", request.scope.get("root_path", ""))
        return public + mount_path(request).removeprefix(outer.rstrip("/"))
    # A proxy that ends the encryption says so; only who asks is shown what comes of it.
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = forwarded if forwarded in ("http", "https") else request.scope["scheme"]
    host = request.headers.get("host", "")
    return f"{scheme}://{host if HOST.fullmatch(host) else 'localhost'}{mount_path(request)}"


def _live(at: AdminRequest, session: Session, study: Study) -> dict[str, Any]:
    found = at.office.live.of(session, study)
    shown = {
        "planned": unused_places.planned(study),
        "cells": monitoring.cells(session, study),
        "flow": monitoring.flow(session, study, found.kept),
    }
    seen = hashlib.sha256(f"{study.state} {found.mark} {shown}".encode()).hexdigest()
    return shown | {"study": study, "snapshot": found, "seen": seen[:16]}


def _build(study: Study) -> list[tuple[str, str]]:
    """The short ones of the facts of how a study was built."""
    found = study.build | {"checkpoint": study.build.get("checkpoint", {}).get("name")}
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in ((key, found.get(key)) for key in BUILT)
        if value is not None
    ]


def _snapshot(at: AdminRequest, name: str) -> Snapshot:
    with at.database.read() as session:
        found = at.office.live.of(session, study_of(session, name))
    return found


def _picture(svg: str) -> Response:
    return Response(svg, media_type="image/svg+xml")
