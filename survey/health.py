"""Whether the survey can do its work now: for ``/healthz``, hosts and load balancers.

Three things are looked at: that an answer could be stored (`Database.probe`, which writes nothing),
that the data folder takes files, has room and the clips of open studies, and whether the journal,
if there is one, gets off the disk. They are looked at in a thread of their own and not waited for
longer than `PATIENCE`, so that there is an answer even while the database hangs; what was found
holds for `KEPT`. Everybody may ask, so that nothing that is said holds a path, an address, a secret
or a size.

A journal that fails does not make the survey unwell: answers go on being stored, and a host that
restarts what is unwell would lose just those that are not uploaded yet.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State

from db.models import Clip, Stimulus, Study

PATIENCE = 0.7  # seconds that anybody waits for what is looked at
KEPT = 1.0  # seconds that a result is given again
ROOM = 100_000_000  # bytes that must be free for the database to grow
CLIPS_LOOKED_AT = 16  # of open studies; a folder that was emptied shows in any of them


@dataclass(frozen=True)
class Health:
    """How the survey is.

    Attributes
    ----------
    database : str
        "ok", "slow" if it does not answer in time, "failing".
    disk : str
        "ok", "slow", "full", "read-only" or "failing".
    journal : str
        "off" if answers are not copied anywhere, "ok", "failing" if they should be and are not.
    """

    database: str = "slow"
    disk: str = "slow"
    journal: str = "off"

    @property
    def ok(self) -> bool:
        """Whether participants can take part."""
        return self.database == "ok" and self.disk == "ok"

    def as_dict(self) -> dict[str, Any]:
        """What ``/healthz`` says of it."""
        return {
            "ok": self.ok,
            "database": self.database,
            "disk": self.disk,
            "journal": self.journal,
        }


class Checkup:
    """Looks after one survey, no more often than needed; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Gives seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._look: _Look | None = None

    def of(self, state: State) -> Health:
        """How a survey is, at most `KEPT` seconds ago; after `PATIENCE` seconds at the latest."""
        with self._lock:
            now = self._clock()
            look = self._look
            # One that hangs is the last one: every further one would hang, too.
            if look is None or (look.done.is_set() and now - look.began >= KEPT):
                look = self._look = _Look(state, now)
                threading.Thread(target=look.run, name="health", daemon=True).start()
        look.done.wait(max(0.0, PATIENCE - (now - look.began)))
        return look.found()


class _Look:
    """One look at everything: what was found so far, and whether that is all."""

    def __init__(self, state: State, began: float) -> None:
        self.began = began
        self.done = threading.Event()
        self._state = state
        self._parts: dict[str, Any] = {"journal": _journal(state)}

    def run(self) -> None:
        try:
            self._parts |= {"disk": _disk(self._state)}
            self._parts |= {"database": _database(self._state)}
            if _lacks_clips(self._state):
                self._parts |= {"disk": "failing"}
        finally:
            self.done.set()

    def found(self) -> Health:
        return Health(**self._parts)


def check(state: State) -> Health:
    """How a survey is.

    Parameters
    ----------
    state : State
        Of the survey's application, ``app.state``.
    """
    return state.checkup.of(state)


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
    return "read-only" if not writable else "full" if free < ROOM else "ok"


def _lacks_clips(state: State) -> bool:
    """Whether clips that open studies need are missing, by a sample that is always the same.

    By hash, so that the sample is spread over the clips of every open study.
    """
    query = (
        select(Clip.sha256, Clip.bytes)
        .join(Stimulus, or_(Stimulus.first_id == Clip.id, Stimulus.second_id == Clip.id))
        .join(Study, Study.id == Stimulus.study_id)
        .where(Study.state == "open")
        .distinct()
        .order_by(Clip.sha256)
        .limit(CLIPS_LOOKED_AT)
    )
    folder = state.settings.audio
    try:
        with state.database.read() as session:
            clips = session.execute(query).all()
        if not clips:
            return False
        if not os.access(folder, os.R_OK | os.X_OK):
            return True
        return any((folder / f"{sha256}.mp3").stat().st_size != size for sha256, size in clips)
    except SQLAlchemyError:  # said of the database already
        return False
    except OSError:  # gone, or the disk itself
        return True


def _journal(state: State) -> str:
    if state.settings.dataset is None and state.journal is None:
        return "off"
    return "ok" if state.journal is not None and state.journal.failure is None else "failing"
