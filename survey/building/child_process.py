"""Builds a study in a process of its own: at low priority, on one core, ended with the server.

Rendering and transferring hold Python's interpreter lock; in a thread they would make participants
wait. ``python -m survey.building.child_process JOB`` is that process; people use ``python -m
survey.build``.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from survey.building.study_spec import StudySpec
from survey.core import logs
from survey.core.environment import without_secrets
from survey.core.http_errors import kind
from survey.core.settings import Settings

if TYPE_CHECKING:
    from survey.building.corpus import Progress

ROOT = Path(__file__).resolve().parents[2]
NICENESS = 10
UNEXPECTED = "Something unexpected went wrong; the server's log says more."
STOPPED = "The server was stopped meanwhile."


@dataclass(frozen=True)
class BuildJob:
    """What the process is to do.

    Attributes
    ----------
    spec : StudySpec
    restore : bool
        True to write the lost clips of a study anew, False to build the study.
    check_only : bool
        True to look at the sounds of its table, and write nothing.
    """

    PROGRAM: ClassVar[str] = "survey.building.child_process"  # the module that does it
    spec: StudySpec
    restore: bool = False
    check_only: bool = False

    def prepare(self, progress: Progress) -> list[str]:
        """Make what the study is made of, where that is not there yet; what is better known of it.

        Raises
        ------
        As `survey.building.create.build` does.
        """
        return []


@dataclass(frozen=True)
class Message:
    """A line that the process writes: a step and how much of it is done, or how the work ended.

    Attributes
    ----------
    step : str
    count, total : int
        Of this step.
    problem : str or None
        None while the work goes on; then "", or one sentence that says why there is no study.
    remarks : tuple of str
        What is better known of the sounds; () in all messages but one.
    fault : str
        Of what nobody expected, its type and where it was raised.
    """

    step: str = ""
    count: int = 0
    total: int = 0
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    fault: str = ""


log = logging.getLogger(__name__)
MESSAGE = TypeAdapter(Message)
_running: dict[subprocess.Popen[bytes], Database] = {}  # the database that each builds for


def run(
    job: BuildJob, database: Database, settings: Settings, report: Callable[[Message], None]
) -> str:
    """Start the process and follow it to its end.

    Parameters
    ----------
    report : function
        Called with every step's messages.

    Returns
    -------
    str
        "", or one sentence that says why the work was not done.

    Raises
    ------
    OSError
        If the process cannot be started.
    """
    problem = UNEXPECTED
    with subprocess.Popen(
        [sys.executable, "-m", job.PROGRAM, TypeAdapter(type(job)).dump_json(job).decode()],
        env=environment(database, settings),
        stdin=subprocess.PIPE,  # never written to; closed by the system when this process ends
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # libraries write what is in the files that they read
    ) as process:
        assert process.stdout is not None  # it is a pipe
        _running[process] = database
        for line in process.stdout:
            message = MESSAGE.validate_json(line)
            if message.problem is None:
                report(message)
            else:
                problem = message.problem
            if message.fault:
                log.error("building failed: %s", message.fault)
    was_stopped = _running.pop(process, None) is None
    return STOPPED if was_stopped else problem


def stop(database: Database) -> None:
    """End the processes that build for a database, and wait until they have closed it."""
    for process in [process for process, its in _running.items() if its is database]:
        if _running.pop(process, None) is not None:
            process.kill()
            process.wait()


def environment(database: Database, settings: Settings) -> dict[str, str]:
    """The environment of a process that builds for this database and folder."""
    env = without_secrets(os.environ, needed=["PGPASSWORD"])
    url = database.url
    if database.is_sqlite and url.database:
        url = url.set(database=str(Path(url.database).absolute()))
    paths = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    return env | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "FADERNETS_DATA": str(settings.data.absolute()),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def main(argument: str, kind_of_job: type[BuildJob] = BuildJob) -> int:
    """Do a job, as JSON, in this process; 2 if it could not be done."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    job = TypeAdapter(kind_of_job).validate_json(argument)
    settings = Settings.from_env()
    try:
        problem = _problem(job, Database(settings.database_url), settings)
    except Exception as error:  # noqa: BLE001 - its text may hold what was sent
        _write(Message(fault=logs.without_values(error)))
        problem = UNEXPECTED
    _write(Message(problem=problem))
    return 2 if problem else 0


def _problem(job: BuildJob, database: Database, settings: Settings) -> str:
    """ "" when the job is done, or why it cannot be done."""
    from survey.building import create  # PyTorch takes seconds to import

    def progress(*step: Any) -> None:
        _write(Message(*step))

    def tell(remarks: Sequence[str]) -> None:
        _write(Message(remarks=tuple(remarks)))

    try:
        if job.restore:
            create.restore(database, settings, job.spec, progress)
        else:
            if not job.check_only:
                create.check(database, settings, job.spec)  # before the work
            if prepared := job.prepare(progress):
                tell(prepared)
            if job.check_only:
                create.look(job.spec, progress, tell)
            else:
                create.build(database, settings, job.spec, progress, tell)
    except create.REFUSALS as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"The database cannot be used ({kind(error)})."
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "A file"
        return f"{name}: {error.strerror or 'it cannot be used'}."
    return ""


def _write(message: Message) -> None:
    print(MESSAGE.dump_json(message).decode(), flush=True)


def _leave_with_parent() -> None:
    """End when the server does: it holds the other end of standard input and writes nothing."""
    os.read(0, 1)  # sys.stdin would hold a lock that blocks the end of this process
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
