"""Whether the survey can do its work now: for ``/healthz``, hosts and load balancers.

Three things are checked: that an answer could be stored (`Database.probe`, which writes nothing),
that the data folder takes files, has room and the clips of open studies, and that the journal, if
there is one, gets off the disk. A thread of its own checks them, and nobody waits for it longer
than `LONGEST_WAIT_SECONDS`, so that there is an answer even while the database hangs; a result is
given again for `FRESH_SECONDS`. Everybody may ask, so the answer holds no path, address, secret or
size.

A journal that fails does not make the survey unwell: answers are still stored, and a host that
restarts unwell servers would lose just the answers that are not uploaded yet.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, computed_field
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State

from db.models import Clip
from survey.core.study_clips import of_open_studies

LONGEST_WAIT_SECONDS = 0.7  # for an answer
FRESH_SECONDS = 1.0  # that a result is given again
FREE_BYTES = 100_000_000  # on the disk, for the database to grow
CHECKED_CLIPS = 16  # of open studies, in one check; the next check goes on with the next ones
router = APIRouter()


class Health(BaseModel):
    """How the survey is; what ``/healthz`` answers.

    Attributes
    ----------
    database : str
        "ok", "slow" if it does not answer in time, "failing".
    disk : str
        "ok", "slow", "full", "read-only" or "failing".
    journal : str
        "off" if answers are not copied anywhere, "ok", "failing" if they should be and are not.
    """

    model_config = ConfigDict(frozen=True)

    database: str = "slow"
    disk: str = "slow"
    journal: str = "off"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ok(self) -> bool:
        """Whether participants can take part."""
        return self.database == "ok" and self.disk == "ok"


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz(request: Request, response: Response) -> Health:
    """How the survey is: 200, or 503 while participants cannot take part."""
    # Not in the threads of requests: these may all be waiting for the database.
    health = await asyncio.to_thread(check, request.app.state)
    response.status_code = 200 if health.ok else 503
    return health


class HealthMonitor:
    """Checks one survey, no more often than needed; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Returns seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: _Check | None = None
        self._clips = _ClipSample()

    def check(self, state: State) -> Health:
        """A result of `FRESH_SECONDS` ago at most; returns within `LONGEST_WAIT_SECONDS`."""
        with self._lock:
            now = self._clock()
            latest = self._latest
            # While a check hangs no other begins: it would hang, too.
            if latest is None or (latest.is_done.is_set() and now - latest.began >= FRESH_SECONDS):
                latest = self._latest = _Check(state, now, self._clips)
                threading.Thread(target=latest.run, name="health", daemon=True).start()
        latest.is_done.wait(max(0.0, LONGEST_WAIT_SECONDS - (now - latest.began)))
        return latest.health


class _Check:
    """One check of everything, and its result so far."""

    def __init__(self, state: State, began: float, clips: _ClipSample) -> None:
        self.began = began
        self._clips = clips
        self.is_done = threading.Event()
        self.health = Health(journal=_journal(state))
        self._state = state

    def run(self) -> None:
        try:
            self._update(disk=_disk(self._state))
            self._update(database=_database(self._state))
            if self._clips.lacks(self._state):
                self._update(disk="failing")
        finally:
            self.is_done.set()

    def _update(self, **parts: str) -> None:
        # A new object, since other threads read this one.
        self.health = self.health.model_copy(update=parts)


def check(state: State) -> Health:
    """How a survey is.

    Parameters
    ----------
    state : State
        Of the survey's application, ``app.state``.
    """
    monitor: HealthMonitor = state.health_monitor
    return monitor.check(state)


def _database(state: State) -> str:
    try:
        state.database.probe()
    except (SQLAlchemyError, OSError):
        return "failing"
    return "ok"


def _disk(state: State) -> str:
    folder = state.settings.data
    try:
        free = shutil.disk_usage(folder).free
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return "failing"
    return "read-only" if not writable else "full" if free < FREE_BYTES else "ok"


class _ClipSample:
    """The clips of open studies, a few in each check, in the order of their hashes.

    Checks that find a clip missing stay at it, so that the survey is unwell until it is back.
    """

    def __init__(self) -> None:
        self._after = ""  # hash of the last clip that was looked at

    def lacks(self, state: State) -> bool:
        """Whether one of the next `CHECKED_CLIPS` clips is missing or cut short."""
        query = (
            select(Clip.sha256, Clip.bytes)
            .where(Clip.id.in_(of_open_studies()), Clip.sha256 > self._after)
            .order_by(Clip.sha256)
            .limit(CHECKED_CLIPS)
        )
        folder = state.settings.audio
        try:
            with state.database.read() as session:
                clips = session.execute(query).all()
            if clips and not os.access(folder, os.R_OK | os.X_OK):
                return True
            if any((folder / f"{sha256}.mp3").stat().st_size != size for sha256, size in clips):
                return True
        except SQLAlchemyError:  # `_database` reports it
            return False
        except OSError:  # a clip is gone, or the disk fails
            return True
        self._after = clips[-1].sha256 if len(clips) == CHECKED_CLIPS else ""
        return False


def _journal(state: State) -> str:
    if state.settings.copied_to is None and state.journal is None:
        return "off"
    return "ok" if state.journal is not None and state.journal.failure is None else "failing"
