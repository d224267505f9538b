"""The study that is there when nobody has made one, so that the survey can be tried at once.

It is built in a process of its own: at the lowest priority, on one core, so that the demo stays as
quick as ever, and gone with the server if that is stopped meanwhile.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Study
from survey.building import child_process
from survey.building.insert import may_open
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

    May be called again and by several processes at once: one study comes of it. If its clips are
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
        Told of a study that was built and opened.

    Returns
    -------
    str or None
        The study's name if it is there, its clips included.
    """
    try:
        asked = _asked(database, settings)
        if asked:
            model = ["--checkpoint", checkpoint] if checkpoint else []
            _run([*asked, *model], database, settings)
        if "--open" in asked and journal is not None:
            with database.write() as session:
                if (study := _study(session)) is not None:
                    journal.opened(session, study)
        return NAME if _clips(database) and not _lost(database, settings) else None
    except (OSError, SQLAlchemyError, ValueError) as error:
        log.warning("The default study was not built: %s", " ".join(str(error).split()))
        return None


def _asked(database: Database, settings: Settings) -> list[str]:
    """Arguments of `survey.build`; none if there is nothing to do."""
    with database.read() as session:
        names = session.scalars(select(Study.name)).all()
    if not names:
        opened = ["--open"] if may_open(database, settings) else []
        return ["--name", NAME, "--retention", RETENTION, *opened]
    if _lost(database, settings):
        return ["--name", NAME, "--restore"]
    return []


def _clips(database: Database) -> set[str]:
    """Hashes of the default study's clips; none if it is not there."""
    with database.read() as session:
        study = _study(session)
        items = study.build.get("items", {}) if study else {}
    return {name for item in items.values() for name in item["clips"]}


def _study(session: Session) -> Study | None:
    return session.scalar(select(Study).where(Study.name == NAME))


def _lost(database: Database, settings: Settings) -> bool:
    return any(not (settings.audio / f"{name}.mp3").is_file() for name in _clips(database))


def _run(arguments: Sequence[str], database: Database, settings: Settings) -> None:
    """Run the child to its end; raise ValueError with its last words if it fails."""
    with subprocess.Popen(
        [sys.executable, "-m", "survey.building.child_process", "survey.build", *arguments],
        env=child_process.environment(database, settings),
        stdin=subprocess.PIPE,  # never written to; closed by the system when this process ends
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None  # it is a pipe
        said = process.stderr.read().strip().splitlines()
        status = process.wait()
    if status and (not _clips(database) or _lost(database, settings)):  # nor was another first
        raise ValueError(said[-1] if said else f"survey.build ended with status {status}")
