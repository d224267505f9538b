"""A study's life: cloned, its plan edited while it is a draft, deleted while nobody takes part.

The admin's pages and ``python -m survey.study`` both come here. What is done stands in the log; of
a study that is deleted the log keeps name and title.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Audit, Clip, Invitation, Stimulus, StimulusClip, Study
from survey.building.insert import check_name, keep_from_new
from survey.building.study_spec import BuildError, checked_name
from survey.core import panels, study_trials
from survey.core.study_clips import of_any_study, of_study
from survey.designs import registry
from survey.designs.rules import checked_rules
from survey.ratings import exclusion
from survey.ratings.exclusion import Rules
from survey.records import begun, preregistration

# What a clone does not take over: its own row, and what became of the study.
OF_ITS_OWN = ("id", "name", "state", "withdrawn", "lapsed", "created_at", "opened_at", "closed_at")


@dataclass(frozen=True)
class Plan:
    """What can be edited of a draft beside its settings.

    Attributes
    ----------
    name : str
        Part of its address.
    trials_each : int
        Trials of one participant, catch trials and practice left out.
    rules : dict
        Whom the analysis leaves out, as `survey.ratings.exclusion` has it.
    """

    name: str
    trials_each: int
    rules: Rules


def plan_of(study: Study) -> Plan:
    """A study's plan as it is."""
    return Plan(study.name, study.trials_each, dict(study.rules))


def clone(session: Session, study: Study, name: str, actor: str = "admin") -> Study:
    """A new draft with a study's stimuli, plan and settings; nobody's answers, no invitations.

    Its panel lacks the addresses to come back to, which pay people of the other study.

    Raises
    ------
    BuildError
        If the name is none, or is taken, or the study was deleted meanwhile.
    """
    _hold(session, study)
    check_name(session, checked_name(name))
    values = study.column_values(OF_ITS_OWN)
    known = (preregistration.KEY,)
    values["build"] = {key: value for key, value in study.build.items() if key not in known}
    panel = panels.of(study)
    if panel is not None:
        panel = replace(panel, finished="", declined="", failed="", key=panels.new_key())
        values["panel"] = panel.stored()
    new = Study(name=name, state="draft", **values)
    session.add(new)
    session.flush()
    for stimulus in study.stimuli:
        copied = Stimulus(study_id=new.id, **stimulus.column_values(("id", "study_id")))
        copied.more = [StimulusClip(place=one.place, clip_id=one.clip_id) for one in stimulus.more]
        session.add(copied)
        session.flush()  # one by one, so that ids rise in the order of the stimuli
    detail = {"of": study.name}
    session.add(Audit(actor=actor, action="cloned", study_id=new.id, detail=detail))
    return new


def edit(session: Session, study: Study, plan: Plan, actor: str = "admin") -> list[str]:
    """Change a draft's plan; gives the names of what was changed.

    Raises
    ------
    BuildError
        If the study is no draft that nobody has begun, or the plan cannot be.
    """
    hindrance = edit_hindrance(session, study)
    if hindrance:
        raise BuildError(hindrance)
    before = plan_of(study)
    if plan.name != before.name:
        _check_new_name(session, study, plan.name)
    trials = study_trials.most(study.stimuli)
    if not 1 <= plan.trials_each <= trials:
        raise BuildError(f"A participant cannot have {plan.trials_each} of {trials} trials.")
    repeats = study.build.get("repeats", 0)
    if 2 * repeats > plan.trials_each:
        raise BuildError(f"{repeats} trials come once more, so {2 * repeats} or more are needed.")
    check = exclusion.checked if registry.find(study.design).is_transfer else checked_rules
    try:
        check(plan.rules)
    except ValueError as error:
        raise BuildError(f"These rules cannot be: {error}.") from error
    new = {**vars(plan), "rules": dict(plan.rules)}
    changed = [key for key, value in new.items() if getattr(study, key) != value]
    was = {f"{key} before": getattr(study, key) for key in changed}
    for key in changed:
        setattr(study, key, new[key])
    if changed:
        detail = {key: _word(value) for key, value in (was | {k: new[k] for k in changed}).items()}
        session.add(Audit(actor=actor, action="edited", study_id=study.id, detail=detail))
    return changed


def edit_hindrance(session: Session, study: Study) -> str:
    """Why a plan cannot be edited, in a sentence; "" if it can be."""
    if study.state != "draft" or study.opened_at is not None or begun.has_begun(session, study):
        return "Only the plan of a draft can be edited, and this study has been opened: clone it."
    return ""


def delete_hindrance(session: Session, study: Study) -> str:
    """Why a study cannot be deleted, in a sentence; "" if it can be."""
    if study.state == "open":
        return "The study is open: close it before it is deleted."
    count = begun.people(session, study)
    if count:
        who = "1 participant has" if count == 1 else f"{count} participants have"
        return (
            f"{who} taken part, and answers are not deleted with a study: erase the participants "
            "first, each on the page “Participants”, or leave the study closed."
        )
    return ""


def delete(session: Session, study: Study, actor: str = "admin") -> list[str]:
    """Delete a study that has no participants; gives hashes of clips that no study has any more.

    Call `insert.discard` with them after the transaction has been committed.

    Raises
    ------
    BuildError
        If it cannot be deleted.
    """
    _hold(session, study)
    hindrance = delete_hindrance(session, study)
    if hindrance:
        raise BuildError(hindrance)
    keep_from_new(session)
    name, title, were = study.name, study.title, set(session.scalars(of_study(study.id)))
    detail = {"name": name, "title": title, "withdrawn": study.withdrawn}
    session.expunge(study)
    session.execute(delete_rows(Study).where(Study.id == study.id))
    orphans = were - set(session.scalars(of_any_study()))
    hashes = list(session.scalars(select(Clip.sha256).where(Clip.id.in_(orphans))))
    session.execute(delete_rows(Clip).where(Clip.id.in_(orphans)))
    session.add(Audit(actor=actor, action="deleted", detail=detail))
    return hashes


def deleted(session: Session, most: int = 20) -> list[Audit]:
    """What the log says of studies that were deleted, the latest first."""
    query = select(Audit).where(Audit.action == "deleted", Audit.study_id.is_(None))
    return list(session.scalars(query.order_by(Audit.id.desc()).limit(most)))


def _hold(session: Session, study: Study) -> None:
    """Until the transaction ends, nobody else deletes or clones the study.

    Else a clone would have a part of its stimuli, or clips that go with the other. SQLite has one
    writer anyway.
    """
    query = select(Study.id).where(Study.id == study.id).with_for_update(key_share=True)
    if session.scalar(query) is None:
        raise BuildError("The study was deleted meanwhile.")


def _check_new_name(session: Session, study: Study, name: str) -> None:
    check_name(session, checked_name(name))
    invited = select(Invitation.id).where(Invitation.study_id == study.id).limit(1)
    if session.scalar(invited) is not None:
        raise BuildError("The name stands in the links of invitations, so it stays as it is.")


def _word(value: object) -> str:
    """A value as the log shows it."""
    if not isinstance(value, dict):
        return str(value)
    return "; ".join(f"{key} {part}" for key, part in value.items() if part is not None) or "none"
