"""Makes studies for the admin's pages, one at a time, each in a process of its own."""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

from db.database import Database
from survey.building import child_process
from survey.building.child_process import BuildJob, Message
from survey.building.study_spec import BuildError
from survey.core.settings import Settings

SOUNDS_PREFIX = "fadernets-sounds-"  # of the folders of sounds that were sent
log = logging.getLogger(__name__)


@dataclass
class BuildRun:
    """The making of one study, and how far it is.

    Attributes
    ----------
    name : str
        The study's.
    step : str
        What is being done.
    count, total : int
        Of this step.
    running : bool
    problem : str
        Why there is no study, one sentence; "" if there is one or the work goes on.
    remarks : list of str
        What is better known of its sounds.
    check_only : bool
        Whether they are only looked at, and no study is made.
    page : str
        Where it was asked for, as part of the address after ``/admin/new``.
    """

    name: str
    step: str = "starting"
    count: int = 0
    total: int = 0
    running: bool = True
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    check_only: bool = False
    page: str = ""

    @property
    def words(self) -> str:
        """How far it is."""
        return f"{self.step}: {self.count} of {self.total}" if self.total else self.step

    @property
    def fingerprint(self) -> str:
        """A text that changes whenever the page has something new to show."""
        return f"{self.name} {self.words} {self.running} {self.problem} {len(self.remarks)}"


class Builder:
    """Makes one study at a time.

    Attributes
    ----------
    run : BuildRun or None
        The latest; None before the first.
    """

    def __init__(self) -> None:
        self.run: BuildRun | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a study is being made."""
        return self.run is not None and self.run.running

    def refuse_two(self) -> None:
        """Refuse to make a study while one is being made.

        Raises
        ------
        BuildError
        """
        if self.running:
            raise BuildError("Another study is being made; wait until it is ready.")

    def start(
        self,
        database: Database,
        settings: Settings,
        job: BuildJob,
        folder: Path | None = None,
        page: str = "",
    ) -> BuildRun:
        """Begin to make a study.

        Parameters
        ----------
        job : BuildJob
        folder : Path or None
            Deleted at the end, however that comes: the sounds or the music that were sent.
        page : str
            Where it was asked for, as part of the address after ``/admin/new``.

        Raises
        ------
        BuildError
            If one is being made already.
        """
        with self._lock:
            self.refuse_two()
            run = self.run = BuildRun(job.spec.name, check_only=job.check_only, page=page)
            self._thread = threading.Thread(
                target=_make, args=(run, database, settings, job, folder), name="build", daemon=True
            )
            self._thread.start()
        return run

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the latest study is made, for `seconds` at most."""
        if self._thread is not None:
            self._thread.join(seconds)


def _make(
    run: BuildRun, database: Database, settings: Settings, job: BuildJob, folder: Path | None
) -> None:
    """Follow the process that makes the study."""

    def report(message: Message) -> None:
        if message.remarks:
            run.remarks += message.remarks
            return
        run.step, run.count, run.total = message.step, message.count, message.total

    run.problem = child_process.UNEXPECTED
    try:
        run.problem = child_process.run(job, database, settings, report)
    except OSError as error:
        log.error("no process could be started to make a study: %s", error.strerror)
        run.problem = f"The work could not be started: {error.strerror}."
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        run.running = False
