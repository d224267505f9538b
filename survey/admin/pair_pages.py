"""The admin's pages of pairs from the demo's page: collected there, made a study of here.

The demo's page sends a pair in a form of a window of its own; nothing is kept before the admin has
said so on the page that comes then, for any page can send such a form.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from fastapi import APIRouter, Form
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from db.models import TRANSFER, Study
from survey.admin.authentication import AdminError
from survey.admin.forms import AdminForm
from survey.admin.live_results import Snapshot
from survey.admin.request import LARGEST_FORM_BYTES, AdminDep, AdminRequest, AdminRoute, csrf
from survey.building.child_process import BuildJob
from survey.building.collected_pairs import CollectedPair, CollectedPairs
from survey.building.study_spec import BuildError, StudySpec

LONGEST_WORDS = 300  # characters of what was moved, or of a piece's name

router = APIRouter(route_class=AdminRoute)


class SentPair(AdminForm):
    """What the demo's page sends: MIDI files as base64, and how the second came of the first."""

    before: str = Field(min_length=1, max_length=LARGEST_FORM_BYTES)
    after: str = Field(min_length=1, max_length=LARGEST_FORM_BYTES)
    piece: str = Field(min_length=1, max_length=LONGEST_WORDS)
    bars: str = Field("", max_length=LONGEST_WORDS)
    moved: str = Field("", max_length=LONGEST_WORDS)
    settings: str = Field(min_length=1, max_length=LARGEST_FORM_BYTES)
    direction: Literal["", "lower", "higher"] = ""


class StudyOfPairs(AdminForm):
    """The study that is to be made of all pairs."""

    name: str = Field(min_length=1, max_length=64)
    contact: str = Field("", max_length=200)


@dataclass(frozen=True)
class Ratings:
    """What listeners of a study have heard in a pair so far.

    Attributes
    ----------
    study : str
        Its name.
    rated : int
        Ratings by people whom the study's rules keep.
    as_meant : int or None
        How many of them heard the direction that was meant; None before the study is closed.
    """

    study: str
    rated: int
    as_meant: int | None


class PairMessage(TypedDict):
    """A pair as the demo's page reads it."""

    settings: str
    direction: str
    ratings: list[dict[str, str | int | None]]


@router.get("/admin/pairs")
def pairs(admin: AdminDep) -> Response:
    """All pairs, what was moved for each and how listeners have rated it."""
    return _page(admin, StudyOfPairs(name="pairs", contact=""), None)


@router.get("/admin/pairs.json")
def as_messages(admin: AdminDep) -> JSONResponse:
    """The same for the demo's page, which shows ratings beside its faders."""
    messages = [
        PairMessage(
            settings=pair.settings,
            direction=pair.direction,
            ratings=[vars(rating) for rating in ratings],
        )
        for pair, ratings in _rated(admin)
    ]
    return JSONResponse(messages, headers={"cache-control": "no-store"})


@router.post("/admin/pairs/new")
def ask(admin: AdminDep, form: Annotated[SentPair, Form()]) -> Response:
    """Show what the demo's page has sent; keeps nothing."""
    return admin.render("pair", form=form, problem=None)


@router.post("/admin/pairs", dependencies=[csrf("pair")])
def collect(admin: AdminDep, form: Annotated[SentPair, Form()]) -> Response:
    """Keep a pair."""
    try:
        if not form.direction:
            raise AdminError(422, "Say how arousal is meant to change.")
        CollectedPairs(admin.settings.data).add(
            _midi(form.before),
            _midi(form.after),
            **form.model_dump(include={"piece", "bars", "direction", "moved", "settings"}),
        )
    except (BuildError, AdminError) as error:
        return admin.render("pair", status=422, form=form, problem=str(error))
    return admin.redirect("/pairs")


@router.post("/admin/pairs/{identifier}/remove", dependencies=[csrf("remove {identifier}")])
def remove(admin: AdminDep, identifier: str) -> Response:
    """Take a pair away."""
    CollectedPairs(admin.settings.data).remove(identifier)
    return admin.redirect("/pairs")


@router.post("/admin/pairs/study", dependencies=[csrf("study of pairs")])
def make(admin: AdminDep, fields: Annotated[StudyOfPairs, Form()]) -> Response:
    """Begin to make a study of all pairs; as loud as they are, for loudness is part of a change."""
    try:
        table = CollectedPairs(admin.settings.data).table()
        spec = StudySpec(fields.name, contact=fields.contact, stimuli=table, loudness="keep")
        admin.services.builder.start(admin.database, admin.settings, BuildJob(spec))
    except (BuildError, AdminError) as error:
        return _page(admin, fields, str(error))
    return admin.redirect("/build")


def _page(admin: AdminRequest, fields: StudyOfPairs, problem: str | None) -> Response:
    return admin.render(
        "pairs",
        status=422 if problem else 200,
        rated=_rated(admin),
        values=fields,
        problem=problem,
        building=admin.services.builder.running,
    )


def _rated(admin: AdminRequest) -> list[tuple[CollectedPair, list[Ratings]]]:
    """Every pair, and its ratings in each study that was made of it."""
    pairs = CollectedPairs(admin.settings.data).all()
    with admin.database.read() as session:
        studies = session.scalars(select(Study).where(Study.design == TRANSFER)).all()
        of_studies = [_of_study(admin, session, study) for study in studies]
    return [
        (pair, [ratings[pair.item] for ratings in of_studies if pair.item in ratings])
        for pair in pairs
    ]


def _of_study(admin: AdminRequest, session: Session, study: Study) -> dict[str, Ratings]:
    """The ratings of a study that was made of pairs, by item."""
    items = [name for name, item in study.build.get("items", {}).items() if "settings" in item]
    if not items:
        return {}
    snapshot: Snapshot = admin.services.live.of(session, study)
    ratings = {}
    for name in items:
        rated = snapshot.table[snapshot.table["item"] == name]
        as_meant = int((rated["heard"] == rated["intended"]).sum())
        ratings[name] = Ratings(study.name, len(rated), as_meant if snapshot.parts else None)
    return ratings


def _midi(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AdminError(422, "The demo's page has sent no MIDI file; try again there.") from error
