"""The admin's pages of a study's life: cloned, its plan edited, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from db.models import Study
from survey.admin.authentication import AdminError
from survey.admin.forms import MOST_PEOPLE, AdminForm, WholeNumber
from survey.admin.request import AdminDep, AdminRoute, csrf, study_of
from survey.admin.study_pages import frame
from survey.building import insert, study_life
from survey.building.insert import name_is_taken
from survey.building.study_life import Plan
from survey.building.study_spec import BuildError
from survey.designs import registry
from survey.designs.rules import RULES
from survey.ratings.exclusion import DEFAULT_RULES, KNOWN, MEANINGS, Rules

router = APIRouter(route_class=AdminRoute)
RULE = "rule_"  # begins the names of a rule's field


class CloneForm(AdminForm):
    """What a clone is to be called."""

    new_name: str = Field(min_length=1, max_length=64)


class PlanForm(AdminForm):
    """A draft's plan; the rules are fields of their own, which `rules_of` reads."""

    new_name: str = Field(min_length=1, max_length=64)
    trials: WholeNumber = Field(ge=1, le=MOST_PEOPLE)


class RuleField(BaseModel):
    """A rule as the form shows it."""

    name: str
    words: str
    value: Any


@router.post("/admin/studies/{name}/clone", dependencies=[csrf("clone")])
def clone(admin: AdminDep, name: str, form: Annotated[CloneForm, Form()]) -> Response:
    """Make a draft with the same plan and settings."""
    try:
        with admin.database.write() as session:
            study_life.clone(session, study_of(session, name), form.new_name)
    except BuildError as error:
        raise AdminError(422, f"Nothing was cloned: {error}") from error
    except IntegrityError as error:  # PostgreSQL: the name was given in this moment
        raise AdminError(409, name_is_taken(form.new_name)) from error
    return admin.redirect(f"/studies/{form.new_name}")


async def _sent(request: Request) -> dict[str, str]:
    form = await request.form()
    return {key: value for key, value in form.items() if isinstance(value, str)}


@router.post("/admin/studies/{name}/plan", dependencies=[csrf("plan")])
def edit(
    admin: AdminDep,
    name: str,
    form: Annotated[PlanForm, Form()],
    raw_form: Annotated[dict[str, str], Depends(_sent)],
) -> Response:
    """Change the plan of a draft."""
    try:
        with admin.database.write() as session:
            study = study_of(session, name, lock=True)
            plan = Plan(form.new_name, form.trials, rules_of(study, raw_form))
            study_life.edit(session, study, plan)
            session.flush()  # before the journal hears of it
            if admin.journal is not None and study.name != name:
                admin.journal.removed(session, name)
            admin.journal_study(session, study)
    except BuildError as error:
        raise AdminError(422, f"Nothing was changed: {error}") from error
    except IntegrityError as error:  # PostgreSQL: the name was given in this moment
        raise AdminError(409, name_is_taken(form.new_name)) from error
    return admin.redirect(f"/studies/{form.new_name}/settings")


@router.get("/admin/studies/{name}/delete")
def ask_delete(admin: AdminDep, name: str) -> Response:
    """Ask whether a study is really to be deleted, or say why it cannot be."""
    with admin.database.read() as session:
        study = study_of(session, name)
        values = frame(admin, session, study, "/settings")
        hindrance = study_life.delete_hindrance(session, study)
    return admin.render("delete", hindrance=hindrance, **values)


@router.post("/admin/studies/{name}/delete", dependencies=[csrf("delete")])
def delete(admin: AdminDep, name: str) -> Response:
    """Delete a study that nobody takes part in."""
    if admin.services.builder.running:  # it may have found a clip that would go now
        raise AdminError(409, "A study is being made; delete this one once that is ready.")
    with admin.database.write() as session:
        try:
            hashes = study_life.delete(session, study_of(session, name, lock=True))
        except BuildError as error:
            raise AdminError(409, str(error)) from error
        if admin.journal is not None:
            admin.journal.removed(session, name)
    insert.discard(admin.database, admin.settings.audio, hashes)
    return admin.erased("")


def rule_fields(study: Study) -> list[RuleField]:
    """The rules that a study of this design can have, with their limits."""
    names = DEFAULT_RULES if registry.find(study.design).is_transfer else RULES
    least = "… of so many trials at least (the rule before)"
    return [
        RuleField(
            name=RULE + name,
            words=MEANINGS[name].format("…") if name in MEANINGS else least,
            value=study.rules.get(name),
        )
        for name in names
    ]


def rules_of(study: Study, raw_form: dict[str, str]) -> Rules:
    """The rules that a form has; an empty field is a rule that does not apply.

    Raises
    ------
    AdminError
        422 if a limit is no number.
    """
    rules: dict[str, bool | float | None] = {}
    for field in rule_fields(study):
        name, text = field.name.removeprefix(RULE), raw_form.get(field.name, "").strip()
        if isinstance(KNOWN[name], bool):
            rules[name] = text == "yes"
            continue
        try:
            rules[name] = float(text) if text else None
        except ValueError as error:
            raise AdminError(422, f"The limit of the rule {name} is no number.") from error
    return rules
