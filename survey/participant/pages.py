"""The participants' pages; what is on them is in ``templates`` and ``static``, words in `texts`.

The server gives the frame of each page; a participant's own page is then filled by its script,
which asks the API where the participant is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.database import Database
from db.models import (
    AGE_BANDS,
    DEVICES,
    LONGEST_COMMENT,
    LONGEST_SECONDS,
    PLACES,
    SCALES,
    TRAININGS,
    TRANSFER,
    Place,
    Stimulus,
    Study,
)
from survey.core import panels, texts, tokens
from survey.core.http_errors import Refused
from survey.core.templates import mount_path, templates
from survey.core.texts import Texts
from survey.designs import registry
from survey.designs.questions import Question
from survey.designs.questions import parsed as questions_of
from survey.participant import panel_places, participation, unused_places
from survey.participant.dependencies import DatabaseDep
from survey.records import consent_texts

QUESTIONS = {"age_band": AGE_BANDS, "training": TRAININGS, "device": DEVICES}
# Parts of the texts that scripts need, too; all others are in the templates alone.
CONSENT_WORDS = ("page", "consent")
PARTICIPANT_WORDS = (
    "page",
    "tools",
    "sound",
    "headphones",
    "scales",
    "trial",
    "clip",
    "note",
    "withdraw",
)


METHODS = ["GET", "HEAD"]
router = APIRouter(default_response_class=HTMLResponse)


@router.api_route("/", methods=METHODS)
def home(request: Request, database: DatabaseDep) -> Response:
    """The open studies; where there is only one, a redirect to its page."""
    query = select(Study).where(Study.state == "open", Study.invited_only.is_(False))
    with database.read() as session:
        open_studies = session.scalars(query.order_by(Study.title, Study.id))
        studies = [study for study in open_studies if panels.of(study) is None]
    if len(studies) == 1:
        return RedirectResponse(f"{mount_path(request)}/s/{studies[0].name}", 303)
    languages = {study.language for study in studies}
    say = texts.load(languages.pop()) if len(languages) == 1 else _asked_for(request)
    return _page(request, "home", say, studies=studies)


@router.api_route("/s/{name}", methods=METHODS)
def consent(
    request: Request, name: str, database: DatabaseDep, invite: str | None = None
) -> Response:
    """What a study is about, and where to agree to it; whom a panel sends again, their own page."""
    with database.read() as session:
        study = session.scalar(select(Study).where(Study.name == name))
        if study is None:
            return _missing(request, "study")
        panel = panels.of(study)
        ids = None if panel is None else panel.read(request.query_params)
        place = panel_places.known(session, study, ids)
        is_full = panel_places.is_full(session, study)
        token = place and panel and panel_places.opens(place, panel, device=None)
        is_in_use = place and not unused_places.is_given_up(session, place.participant_id)
    if ids is not None and place is not None and token:
        if panel_places.is_renewed(place, ids):
            _renew(database, study, ids)
        return RedirectResponse(f"{mount_path(request)}/p/{token}", 303)
    if invite is not None and not tokens.shaped(invite):
        invite = None  # not one of our links: do not show it on a page
    refusal = {"open": None, "draft": "draft", "closed": "closed"}[study.state]
    if is_in_use:
        refusal = "elsewhere"  # unless the page finds what this device keeps
    elif refusal is None and study.invited_only and not invite:
        refusal = "invited"
    elif refusal is None and panel is not None and ids is None and not invite:
        refusal = "unaccepted" if panel.is_preview(request.query_params) else "panel"
    elif refusal is None and is_full:
        refusal = "full"
    end = "failed" if refusal in ("closed", "full") else "declined"
    return _page(
        request,
        "consent",
        texts.of_study(study),
        CONSENT_WORDS,
        study=study,
        sections=texts.sections(study),
        statement=texts.statement(study),
        text=texts.consent_sha256(study),
        is_once=texts.is_once(study),
        refusal=refusal,
        invitation=invite or "",
        panel=panel,
        ids=ids or {},
        leave=panel.address(end, ids or {}) if panel is not None else None,
    )


@router.api_route("/p/{token}", methods=METHODS)
def participant(request: Request, token: str, database: DatabaseDep) -> Response:
    """A participant's own page."""
    try:
        with database.read() as session:
            person = participation.find(session, token)
            study, declining = person.study, panel_places.declining(person)
            sizes, practised = _sizes(session, study), _has_practice(session, study)
    except Refused:
        return _missing(request, "participant")
    return _page(
        request,
        "participant",
        texts.of_study(study),
        PARTICIPANT_WORDS,
        study=study,
        token=token,
        panel=panels.of(study),
        declining=declining,
        questions=QUESTIONS,
        scales=SCALES if study.design == TRANSFER else (),
        form=_form(study, sizes),
        practised=practised,
        longest=LONGEST_COMMENT,
        longest_seconds=LONGEST_SECONDS,
    )


@router.api_route("/p/{token}/agreed", methods=METHODS)
def agreed(request: Request, token: str, database: DatabaseDep) -> Response:
    """The text that a participant agreed to, as they read it then."""
    try:
        with database.read() as session:
            person = participation.find(session, token)
            study, day = person.study, person.consented_at.date().isoformat()
            text = consent_texts.of_participant(session, person)
    except Refused:
        return _missing(request, "participant")
    say = texts.of_study(study)
    return _page(request, "agreed", say, agreed=text, day=day, token=token)


def _renew(database: Database, study: Study, ids: dict[str, str]) -> None:
    """Keep the panel's other numbers of who comes again."""
    with database.write() as session:
        place = panel_places.known(session, study, ids)
        if place is not None:  # they may have withdrawn in this moment
            panel_places.renew(place, ids)


@dataclass(frozen=True)
class ShownClip:
    """A clip of the form: its place and its name, the key that plays it, whether it is compared."""

    place: Place
    name: str
    key: str
    is_compared: bool


@dataclass(frozen=True)
class TrialForm:
    """What is heard and asked in the trials of a design that has questions of its own.

    Attributes
    ----------
    clips : list of ShownClip
        As many as the largest trial has.
    questions : list of Question
    in_order : bool
        Whether clips wait for the one before.
    """

    clips: list[ShownClip]
    questions: list[Question]
    in_order: bool

    @property
    def heads(self) -> set[str]:
        """Names of the questions that stand above all clips: those of each, alone on a page."""
        pages = Counter(question.page for question in self.questions if question.each)
        return {one.name for one in self.questions if one.each and pages[one.page] == 1}


def _form(study: Study, sizes: set[int]) -> TrialForm | None:
    design = registry.find(study.design)
    if design.is_transfer:
        return None
    size, say = max(sizes, default=0), texts.of_study(study)
    clips = [
        ShownClip(
            PLACES[place],
            design.label(place, size, say),
            design.key(place),
            place in design.compared(size),
        )
        for place in range(size)
    ]
    return TrialForm(clips, questions_of(study.questions), design.in_order)


def _sizes(session: Session, study: Study) -> set[int]:
    """How many clips the study's stimuli have."""
    query = select(Stimulus.systems).where(Stimulus.study_id == study.id)
    return {len(systems) for systems in session.scalars(query)}


def _has_practice(session: Session, study: Study) -> bool:
    query = select(Stimulus.id).where(Stimulus.study_id == study.id, Stimulus.kind == "practice")
    return session.scalar(query.limit(1)) is not None


def _missing(request: Request, missing: str) -> Response:
    return _page(request, "missing", _asked_for(request), missing=missing, status=404)


def _asked_for(request: Request) -> Texts:
    """The words of the language that the browser asks for."""
    return texts.preferred(request.headers.get("accept-language", ""))


def _page(
    request: Request,
    template: str,
    say: Texts,
    parts: tuple[str, ...] = (),
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page; `parts` of the words are for its scripts."""
    values |= {"t": say, "words": say.part(*parts)}
    return templates.TemplateResponse(request, f"participant/{template}.html", values, status)
