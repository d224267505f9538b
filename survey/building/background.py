"""Makes studies for the admin's pages, one at a time, in a process of its own.

``python -m survey.building.background PLAN`` is that process; people use ``python -m
survey.build``.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from db.database import Database
from survey.building import child_process
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings

UNEXPECTED = "Something unexpected went wrong; the server's log says more."
log = logging.getLogger(__name__)


@dataclass
class Run:
    """One making of a study.

    Attributes
    ----------
    name : str
        The study's.
    step : str
        What is being done.
    done, total : int
        Of this step.
    running : bool
    problem : str
        Why there is no study, one sentence; "" if there is one or the work goes on.
    """

    name: str
    step: str = "starting"
    done: int = 0
    total: int = 0
    running: bool = True
    problem: str = ""

    @property
    def words(self) -> str:
        """How far it is."""
        return f"{self.step}: {self.done} of {self.total}" if self.total else self.step

    @property
    def mark(self) -> str:
        """Another text whenever there is something new to say."""
        return f"{self.name} {self.words} {self.running} {self.problem}"


class Builder:
    """Makes one study at a time.

    Attributes
    ----------
    run : Run or None
        The latest; None before the first.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a study is being made."""
        return self.run is not None and self.run.running

    def start(self, database: Database, settings: Settings, plan: StudySpec) -> Run:
        """Begin to make a study.

        Raises
        ------
        BuildError
            If one is being made already.
        """
        with self._lock:
            if self.running:
                raise BuildError("Another study is being made; wait until it is ready.")
            run = self.run = Run(plan.name)
            self._thread = threading.Thread(
                target=_make, args=(run, database, settings, plan), name="build", daemon=True
            )
            self._thread.start()
        return run

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the latest study is made, or for so long."""
        if self._thread is not None:
            self._thread.join(seconds)


def _make(run: Run, database: Database, settings: Settings, plan: StudySpec) -> None:
    """Follow a child process that makes the study."""
    run.problem = UNEXPECTED
    try:
        run.problem = _follow(run, database, settings, plan)
    except OSError as error:
        log.error("no process could be started to make a study: %s", error.strerror)
        run.problem = f"The work could not be started: {error.strerror}."
    finally:
        run.running = False


def _follow(run: Run, database: Database, settings: Settings, plan: StudySpec) -> str:
    """ "" or why the study was not made."""
    problem = UNEXPECTED
    with subprocess.Popen(
        [sys.executable, "-m", "survey.building.background", json.dumps(asdict(plan))],
        env=child_process.environment(database, settings),
        stdin=subprocess.PIPE,  # never written to; closed by the system when this process ends
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # it is a pipe
        for line in process.stdout:
            said = json.loads(line)
            if "problem" in said:
                problem = said["problem"]
            else:
                run.step, run.done, run.total = said["step"], said["done"], said["total"]
    return problem


def main(plan: str) -> int:
    """Make a study in this process; what is said on the way is JSON, a line each.

    Parameters
    ----------
    plan : str
        A `StudySpec` as JSON.
    """
    child_process.settle()
    from survey.building import create  # PyTorch takes seconds to import

    settings = Settings.from_env()
    database = Database(settings.database_url)
    given = json.loads(plan)
    try:
        create.build(
            database,
            settings,
            StudySpec(**given | {"strengths": tuple(given["strengths"])}),
            lambda step, done, total: _say(step=step, done=done, total=total),
        )
    except create.REFUSALS as error:
        problem = str(error)
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "A file"
        problem = f"{name}: {error.strerror or 'it cannot be used'}."
    else:
        problem = ""
    _say(problem=problem)
    return 2 if problem else 0


def _say(**words: str | int) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
