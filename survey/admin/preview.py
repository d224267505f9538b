"""A dry run: a study as a participant goes through it, leaving nothing behind.

The study, its stimuli and nothing else are copied into a database of their own in a temporary
folder, and a second survey runs on that copy under an address nobody can guess. The clips are read
from where they are. The real database is only read: no place of the study is taken, and nothing
comes into an export or a figure. Where a panel sends people, the dry run begins at the address that
the panel is given, with invented numbers. What the preview stores goes with its folder, and the
folder of a process that was killed goes when the next one starts.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from db.models import Clip, Stimulus, StimulusClip, Study, now
from survey.core import own_folder, panels
from survey.core.settings import Settings
from survey.core.study_clips import of_study

MOST_AT_ONCE = 4  # previews; each has a database of some 100 kB
PREFIX = "fadernets-preview-"
IDLE_SECONDS = 2 * 3600.0  # without a request after which one is discarded
# Keys that the server itself puts into a scope; all others are from the survey around the preview.
SERVER_KEYS = (
    "type asgi http_version method scheme path raw_path query_string headers client server"
)
PLAIN_KEYS = (*SERVER_KEYS.split(), "extensions", "state")


@dataclass
class Preview:
    """A running copy of a study."""

    app: FastAPI
    folder: Path
    used_at: float

    def close(self) -> None:
        """Discard the copy with all that was stored in it."""
        self.app.state.database.close()  # all else that an application holds, a preview has not
        shutil.rmtree(self.folder, ignore_errors=True)


class Previews:
    """All previews of this process; shared by threads.

    Parameters
    ----------
    create_app : function
        `survey.app.create_app`, which makes the application that a preview is.
    clock : function, optional
        Gives seconds; only differences count.
    """

    def __init__(
        self,
        create_app: Callable[[Settings], FastAPI],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._create_app, self._clock = create_app, clock
        self._lock = threading.Lock()
        self._running: OrderedDict[str, Preview] = OrderedDict()
        own_folder.remove_orphans(Path(tempfile.gettempdir()), PREFIX)

    def start(self, session: Session, study: Study, settings: Settings) -> str:
        """Make a copy of a study, open to all; gives its key, 128 bits."""
        folder = own_folder.make(Path(tempfile.gettempdir()), PREFIX)
        try:
            app = self._create_app(
                replace(
                    settings,
                    database_url=f"sqlite:///{folder / 'preview.sqlite'}",
                    admin_token=None,
                    dataset=None,
                    bucket=None,
                    hf_token=None,
                )
            )
            app.state.is_dry_run = True  # every page says so
            with app.state.database.write() as copy:
                _copy(session, study, copy)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._running[key] = Preview(app, folder, self._clock())
            old = self._discarded()
        for preview in old:
            preview.close()
        return key

    def find(self, key: str) -> FastAPI | None:
        """The survey behind a key; None if there is none, or none any more."""
        with self._lock:
            old = self._discarded()
            preview = self._running.get(key)
            if preview is not None:
                preview.used_at = self._clock()
                self._running.move_to_end(key)
        for other in old:
            other.close()
        return None if preview is None else preview.app

    def close(self) -> None:
        """Discard all."""
        with self._lock:
            old = list(self._running.values())
            self._running.clear()
        for preview in old:
            preview.close()

    def _discarded(self) -> list[Preview]:
        """Take out previews that are too many or too old, the one used longest ago first."""
        old = []
        while self._running:
            first = next(iter(self._running.values()))
            if len(self._running) <= MOST_AT_ONCE and self._clock() - first.used_at < IDLE_SECONDS:
                break
            old.append(self._running.popitem(last=False)[1])
        return old


def entry(study: Study) -> str:
    """Where a dry run begins, below its address: as the study's panel would send somebody."""
    panel = panels.of(study)
    if panel is None:
        return "/"
    numbers = {name: f"dry-run-{secrets.token_hex(4)}" for name in panel.parameters}
    return f"/s/{study.name}?{urlencode(numbers)}"


class ForwardedResponse(Response):
    """A response that another application makes, as if it were mounted at a path."""

    def __init__(self, app: FastAPI, root: str) -> None:
        self.app, self.root = app, root
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = {key: scope[key] for key in PLAIN_KEYS if key in scope}
        await self.app(plain | {"root_path": self.root}, receive, send)


def _copy(session: Session, study: Study, copy: Session) -> None:
    """Put a study and its stimuli, clips included, into an empty database."""
    query = select(Stimulus).where(Stimulus.study_id == study.id).order_by(Stimulus.id)
    stimuli = session.scalars(query).all()
    clips = session.scalars(select(Clip).where(Clip.id.in_(of_study(study.id))))
    of_stimuli = select(StimulusClip).join(Stimulus).where(Stimulus.study_id == study.id)
    further = session.scalars(of_stimuli).all()
    opened = {"state": "open", "invited_only": False, "closed_at": None}
    no_participants = {"withdrawn": 0, "lapsed": 0}
    copy.add(Study(**study.column_values() | opened | no_participants | {"opened_at": now()}))
    copy.add_all(Clip(**clip.column_values()) for clip in clips)
    copy.flush()
    copy.add_all(Stimulus(**stimulus.column_values()) for stimulus in stimuli)
    copy.flush()
    copy.add_all(StimulusClip(**one.column_values()) for one in further)
