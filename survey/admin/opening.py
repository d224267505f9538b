"""Whether a study may be opened, and what happens when it is opened or closed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import TRANSFER, Audit, Clip, Stimulus, Study, now
from survey.core import panels, study_trials
from survey.core.settings import Settings
from survey.core.study_clips import of_study
from survey.journal.durability import Durability

NAMED_FILES = 3  # missing ones whose names are said; the others are counted
FORCE = "Set FADERNETS_ALLOW_EPHEMERAL=1 and start the server again to open studies all the same."


def hindrances(
    session: Session, study: Study, settings: Settings, durable: Durability
) -> list[str]:
    """Why a study cannot be opened, one sentence each; none if it can be."""
    sentences = []
    if not durable.ok and not settings.force_open:
        sentences.append(f"{durable.sentence} {FORCE}")
    stimuli = session.scalars(select(Stimulus).where(Stimulus.study_id == study.id)).all()
    trials = study_trials.most(stimuli)
    if not stimuli:
        sentences.append("The study has no stimuli.")
    elif trials < study.trials_each:
        what = "transformed pairs" if study.design == TRANSFER else "trials"
        sentences.append(
            f"Every participant rates {study.trials_each} {what}, but the study has {trials}."
        )
    panel = panels.of(study)
    sentences += [] if panel is None else panel.problems()
    return sentences + _missing(session, study, settings)


def open_study(session: Session, study: Study) -> None:
    """Let participants in; call `hindrances` before."""
    study.state, study.opened_at, study.closed_at = "open", study.opened_at or now(), None
    session.add(Audit(actor="admin", action="opened", study_id=study.id))


def close_study(session: Session, study: Study) -> None:
    """Let nobody in any more, and store no more answers."""
    study.state, study.closed_at = "closed", now()
    session.add(Audit(actor="admin", action="closed", study_id=study.id))


def _missing(session: Session, study: Study, settings: Settings) -> list[str]:
    clips = session.scalars(
        select(Clip).where(Clip.id.in_(of_study(study.id))).order_by(Clip.sha256)
    )
    missing_files = [f"{clip.sha256}.mp3" for clip in clips if not _is_there(clip, settings)]
    if not missing_files:
        return []
    more = (
        f" and {len(missing_files) - NAMED_FILES} more" if len(missing_files) > NAMED_FILES else ""
    )
    return [
        f"Sound files are missing or cut short: {', '.join(missing_files[:NAMED_FILES])}{more}."
    ]


def _is_there(clip: Clip, settings: Settings) -> bool:
    path = settings.audio / f"{clip.sha256}.mp3"
    try:
        return path.stat().st_size == clip.bytes
    except FileNotFoundError:
        return False
