"""The default study: made when there is none, so that the survey can be tried at once.

It is built in a process of its own, so that the demo does not get slower.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Study
from survey.building import child_process
from survey.building.child_process import BuildJob
from survey.building.insert import may_open
from survey.building.study_spec import StudySpec
from survey.core.settings import Settings

if TYPE_CHECKING:
    from survey.journal.journal import Journal

NAME = "demo"
RETENTION = (
    "This study came with the installation, to be tried. Answers stay until the people who run it "
    "delete them."
)

log = logging.getLogger(__name__)


def ensure(
    database: Database,
    settings: Settings,
    checkpoint: str | None = None,
    journal: Journal | None = None,
) -> str | None:
    """Build and open the default study if there is no study at all; takes about 20 seconds.

    Several calls, also by several processes at once, make one study. If its clips are
    missing, since the disk was wiped and the database was not, they are written anew. Whatever
    goes wrong is logged, in one sentence, and not raised.

    Parameters
    ----------
    database : Database
        With its tables.
    settings : Settings
    checkpoint : str, optional
        A shipped model or a checkpoint's folder; None takes the default.
    journal : Journal, optional
        Gets a study that was built and opened.

    Returns
    -------
    str or None
        The study's name if it is there, its clips included.
    """
    try:
        job = _job(database, settings, checkpoint)
        if job is not None:
            _run(job, database, settings)
        if job is not None and job.spec.is_open and journal is not None:
            with database.write() as session:
                if (study := _study(session)) is not None:
                    journal.opened(session, study)
        return NAME if _clips(database) and not _clips_are_lost(database, settings) else None
    except (OSError, SQLAlchemyError, ValueError) as error:
        log.warning("The default study was not built: %s", " ".join(str(error).split()))
        return None


def _job(database: Database, settings: Settings, checkpoint: str | None) -> BuildJob | None:
    """What is to be built or restored; None if there is nothing to do."""
    model = checkpoint or os.environ.get("FADERNETS_MODEL")
    with database.read() as session:
        is_empty = session.scalar(select(Study.id).limit(1)) is None
    if is_empty:
        is_open = may_open(database, settings)
        return BuildJob(StudySpec(NAME, retention=RETENTION, checkpoint=model, is_open=is_open))
    if _clips_are_lost(database, settings):
        return BuildJob(StudySpec(NAME, checkpoint=model), restore=True)
    return None


def _clips(database: Database) -> set[str]:
    """Hashes of the default study's clips; none if it is not there."""
    with database.read() as session:
        study = _study(session)
        items = study.build.get("items", {}) if study else {}
    return {name for item in items.values() for name in item["clips"]}


def _study(session: Session) -> Study | None:
    return session.scalar(select(Study).where(Study.name == NAME))


def _clips_are_lost(database: Database, settings: Settings) -> bool:
    return any(not (settings.audio / f"{name}.mp3").is_file() for name in _clips(database))


def _run(job: BuildJob, database: Database, settings: Settings) -> None:
    """Do a job; raise ValueError if there is no study with all its clips afterwards."""
    problem = child_process.run(job, database, settings, lambda message: None)
    if problem and (
        not _clips(database) or _clips_are_lost(database, settings)
    ):  # nor by another process
        raise ValueError(problem)
