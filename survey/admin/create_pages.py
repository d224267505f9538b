"""The admin's pages that make a study: the form, and how far the work is."""

from __future__ import annotations

import re
from types import SimpleNamespace

from fastapi import APIRouter
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.request import AdminDep, AdminRequest, router
from survey.building.study_spec import NAME, BuildError, StudySpec
from survey.core import texts

LARGEST_SEED = 2**32 - 1


def create_router() -> APIRouter:
    """The routes of making a study."""
    found = router()
    found.add_api_route("/new", form)
    found.add_api_route("/new", make, methods=["POST"])
    found.add_api_route("/build", progress)
    found.add_api_route("/build/live", live)
    return found


def form(at: AdminDep) -> Response:
    """What a new study is to be like; filled in with what the paper had."""
    return _form(at, {}, None)


def make(at: AdminDep) -> Response:
    """Begin to make a study."""
    at.check_csrf("new")
    try:
        plan = _plan(at)
        at.office.builder.start(at.database, at.settings, plan)
    except (BuildError, AdminError) as error:
        return _form(at, at.form, str(error))
    return at.redirect("/build")


def progress(at: AdminDep) -> Response:
    """How far the making of a study is."""
    return at.render("build", **_state(at))


def live(at: AdminDep) -> Response:
    """The part of `progress` that changes."""
    return at.render("build_live", **_state(at))


def _state(at: AdminRequest) -> dict:
    run = at.office.builder.run
    return {"run": run, "mark": "none" if run is None else run.mark}


def _form(at: AdminRequest, given: dict[str, str], problem: str | None) -> Response:
    from fadernets import checkpoint  # PyTorch takes seconds to import

    defaults = {
        "name": NAME,
        "title": "",
        "language": texts.DEFAULT,
        "contact": "",
        "pairs": "10",
        "strengths": "1",
        "seed": "1",
        "trials": "",
        "checkpoint": checkpoint.find().name,
    }
    values = SimpleNamespace(**{key: given.get(key, text) for key, text in defaults.items()})
    return at.render(
        "new",
        status=422 if problem else 200,
        values=values,
        problem=problem,
        checkpoints=checkpoint.available(),
        languages=texts.languages(),
        building=at.office.builder.running,
    )


def _plan(at: AdminRequest) -> StudySpec:
    """What the form asks for.

    Raises
    ------
    AdminError, BuildError
        If something in it cannot be.
    """
    from fadernets import checkpoint

    model = at.form.get("checkpoint", "")
    if model not in checkpoint.available():  # a path of this machine is not for a form to give
        raise AdminError(422, "There is no shipped model of this name.")
    numbers = re.split(r"[,;\s]+", at.text("strengths", 200, needed=True).strip(",; "))
    try:
        strengths = tuple(float(text) for text in numbers)
    except ValueError as error:
        raise AdminError(
            422, "Strengths are numbers with commas between, such as 0.5, 1."
        ) from error
    return StudySpec(
        name=at.text("name", 64, needed=True),
        title=at.text("title", 200) or None,
        language=at.form.get("language", texts.DEFAULT),
        contact=at.text("contact", 200),
        pairs=at.number("pairs", 1, 200),
        checkpoint=model,
        strengths=strengths,
        seed=at.number("seed", 0, LARGEST_SEED),
        trials_each=at.number("trials", 1, 100_000) if at.form.get("trials", "").strip() else None,
    )
