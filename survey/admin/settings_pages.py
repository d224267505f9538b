"""The admin's pages of a study's settings, and of the texts that people agreed to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.responses import Response

from db.models import Study
from survey.admin import life_pages
from survey.admin.forms import SettingsForm
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, audit, csrf, study_of
from survey.admin.study_pages import frame
from survey.building import study_life, study_summary
from survey.building.study_spec import (
    LONGEST_INFORMATION,
    LONGEST_LEASE_MINUTES,
    LONGEST_STATEMENT,
)
from survey.core import study_trials, texts
from survey.designs import registry
from survey.designs.questions import parsed
from survey.designs.ratings import ReplyColumn
from survey.participant import unused_places
from survey.publishing.study_facts import phrases_options
from survey.ratings import exclusion
from survey.records import consent_texts
from survey.records.begun import has_begun
from survey.records.preregistration import WANTED

BUILT = ("pairs", "strengths", "seed", "checkpoint", "loudness")
router = APIRouter(route_class=AdminRoute)


class Unconfirmed(Exception):
    """What people agree to would change, and nobody has said yet that it is to.

    Attributes
    ----------
    before, after : str
        The text now, and as it would be.
    sha256 : str
        Of the latter; the form that carries it is carried out.
    unsaid : list of str
        What the text as it would be does not say, though the study has it.
    """

    def __init__(self, before: str, after: str, sha256: str, unsaid: list[str]) -> None:
        super().__init__("what people agree to would change")
        self.before, self.after, self.sha256, self.unsaid = before, after, sha256, unsaid


@router.get("/admin/studies/{name}/settings")
def settings(admin: AdminDep, name: str) -> Response:
    """What can be changed of a study, and how it was built."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values = frame(admin, session, study, "/settings")
        begun, built = has_begun(session, study), _build(study)
        is_editable = not study_life.edit_hindrance(session, study)
        most_trials = study_trials.most(study.stimuli)
    limits = study.rules.items()
    skipped = (None, False)
    rules = [
        exclusion.sentence(rule, limit)
        for rule, limit in limits
        if rule in exclusion.MEANINGS and limit not in skipped
    ]
    return admin.render(
        "settings",
        rules=rules,
        build=built,
        is_editable=is_editable,
        rule_fields=life_pages.rule_fields(study),
        most_trials=most_trials,
        planned=unused_places.participants_wanted(study),
        languages=texts.languages(),
        begun=begun,
        longest_lease=LONGEST_LEASE_MINUTES,
        longest_information=LONGEST_INFORMATION,
        longest_statement=LONGEST_STATEMENT,
        information=texts.information(study),
        statement=texts.statement(study),
        unsaid=texts.unsaid(study),
        is_once=texts.is_once(study),
        **values,
    )


@router.post("/admin/studies/{name}/settings", dependencies=[csrf("settings")])
def save_settings(admin: AdminDep, name: str, form: Annotated[SettingsForm, Form()]) -> Response:
    """Change a study's texts, and whom it is open to; asks before people agree to another text."""
    try:
        with admin.database.write() as session:
            study = study_of(session, name, lock=True)
            _change(session, study, form)
            admin.journal_study(session, study)
    except Unconfirmed as unconfirmed:
        return _ask(admin, name, form, unconfirmed)
    return admin.redirect(f"/studies/{name}/settings")


@router.get("/admin/studies/{name}/consent")
def agreed(admin: AdminDep, name: str) -> Response:
    """The texts that people agreed to, and how many to which."""
    with admin.database.read() as session:
        study = study_of(session, name)
        versions = consent_texts.versions(session, study)
        values = frame(admin, session, study, "/consent")
    return admin.render("consent", versions=versions, current=texts.consent(study), **values)


def _change(session: Session, study: Study, form: SettingsForm) -> None:
    """Set what a form says, and write it into the log.

    Raises
    ------
    Unconfirmed
        If people would agree to another text from now on, and the form does not carry its hash.
    """
    begun = has_begun(session, study)
    before, page_texts = texts.consent(study), (texts.information(study), texts.statement(study))
    new: dict[str, str | int] = {
        "title": form.title,
        "contact": form.contact,
        "retention": form.retention,
        "invited_only": form.invited_only == "yes",
        "stops_at_wanted": form.stops_at_wanted == "yes",
    }
    if not begun:
        if form.language is not None:  # people agree to a text in one language
            new["language"] = form.language
        if form.headphones is not None:  # that all have done the same
            new["headphones"] = form.headphones
        if form.lease is not None:
            new["lease_minutes"] = form.lease
    changed = [key for key, value in new.items() if getattr(study, key) != value]
    for key in changed:
        setattr(study, key, new[key])
    own = (texts.tidy(form.information), texts.tidy(form.statement))
    for key, value, was, standard in zip(
        ("information", "statement"), own, page_texts, _standard(study), strict=True
    ):
        if value != was:  # else it is as it was: the study's own, or whatever the words say
            setattr(study, key, "" if value == standard else value)
            changed.append(key)
    if form.participants != unused_places.participants_wanted(study):
        study.build = study.build | {WANTED: form.participants}
        changed.append(WANTED)
    if (is_once := form.once == "yes") != texts.is_once(study):
        study.build = study.build | {texts.ONCE_KEY: is_once}
        changed.append(texts.ONCE_KEY)
    if changed:
        audit(session, study, "settings", changed=changed)
    after, sha256 = texts.consent(study), texts.consent_sha256(study)
    if after == before or not (begun or study.state == "open"):
        return
    if form.confirmed != sha256:
        raise Unconfirmed(before, after, sha256, texts.unsaid(study))
    audit(session, study, "consent text", before=before, after=after)


def _standard(study: Study) -> tuple[str, str]:
    """What the language's words say in place of a study's own texts."""
    own = study.information, study.statement
    study.information = study.statement = ""
    standard = texts.information(study), texts.statement(study)
    study.information, study.statement = own
    return standard


def _ask(admin: AdminRequest, name: str, form: SettingsForm, unconfirmed: Unconfirmed) -> Response:
    """Show both texts, and ask whether people are to agree to the new one from now on."""
    with admin.database.read() as session:
        study = study_of(session, name)
        count = sum(version.participants for version in consent_texts.versions(session, study))
        values = frame(admin, session, study, "/settings")
    sides = [text.split("\n\n") for text in (unconfirmed.before, unconfirmed.after)]
    carried = form.model_dump(exclude_none=True) | {"confirmed": unconfirmed.sha256}
    return admin.render(
        "consent_change",
        status=409,
        before=[(block, block not in sides[1]) for block in sides[0]],
        after=[(block, block not in sides[0]) for block in sides[1]],
        carried={key: value for key, value in carried.items() if value != ""},
        count=count,
        unsaid=unconfirmed.unsaid,
        **values,
    )


def _build(study: Study) -> list[tuple[str, str]]:
    """How a study was built, as far as it is short."""
    facts = study.build | {"checkpoint": study.build.get("checkpoint", {}).get("name")}
    build_rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in ((key, facts.get(key)) for key in BUILT)
        if value is not None
    ]
    design = [("design", f"{study.design}: {registry.find(study.design).about}")]
    if "stimuli" not in study.build:
        return [*design, *build_rows]
    question_rows = [
        (f"question “{one.name}”", ReplyColumn.of(one).meaning) for one in parsed(study.questions)
    ]
    return [
        *design,
        ("systems, and in how many trials", study_summary.systems(study)),
        *question_rows,
        *build_rows,
        *([("phrases", options)] if (options := phrases_options(study)) else []),
    ]
