"""What is left of somebody whose rows are gone: bytes in SQLite's log, and lines in exports.

Both are cleared right after the transaction that erases. Where that cannot be, because others read
or write just then, it is done as soon as it can be; where the server was killed in between, when it
starts again. Who was erased is told so in any case: their rows are gone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from db.models import Audit
from survey.core.http_errors import kind
from survey.records import export_files

AGAIN_SECONDS = 5.0  # until what could not be cleared is tried again
CLOSING_SECONDS = 1.0  # that closing waits for a try under way
Task = Callable[[], bool]
log = logging.getLogger(__name__)


class Traces:
    """Clears what is left of who was erased; shared by threads.

    Parameters
    ----------
    database : Database
    again : float
        Seconds until what could not be cleared is tried again.
    """

    def __init__(self, database: Database, again: float = AGAIN_SECONDS) -> None:
        self._database, self._again = database, again
        self._lock = threading.Lock()
        self._left: list[Task] = []  # to be tried again
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def clear(self) -> None:
        """Clear all of who was erased, now or as soon as can be; raises nothing."""
        self._do([self._scrub, self._renew])

    def recover(self) -> None:
        """The same at the start, for who was erased just before the server was killed."""
        erased = select(Audit.id).where(Audit.action == "erased").limit(1)
        with self._database.read() as session:
            if session.scalar(erased) is None:
                return
        self._do([self._scrub, partial(self._renew, only_stale=True)])

    def close(self) -> None:
        """Try nothing again."""
        self._closed.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(CLOSING_SECONDS)

    def _do(self, tasks: Sequence[Task]) -> None:
        tasks_left = _undone(tasks)
        if not tasks_left:
            return
        with self._lock:
            self._left += [task for task in tasks_left if task not in self._left]
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._go_on, name="traces", daemon=True)
                self._thread.start()

    def _go_on(self) -> None:
        while not self._closed.wait(self._again):
            with self._lock:
                tasks, self._left = self._left, []
            tasks_left = _undone(tasks)
            with self._lock:
                self._left += [task for task in tasks_left if task not in self._left]
                if not self._left:
                    self._thread = None
                    return

    def _scrub(self) -> bool:
        return self._database.scrub()

    def _renew(self, only_stale: bool = False) -> bool:
        export_files.renew(self._database, only_stale=only_stale)
        return True


def _undone(tasks: Sequence[Task]) -> list[Task]:
    """The tasks that could not be done."""
    return [task for task in tasks if not _is_done(task)]


def _is_done(task: Task) -> bool:
    try:
        return task()
    except SQLAlchemyError as error:
        log.warning("what is left of who was erased is cleared later: %s", kind(error))
        return False
