"""The demo's server: the page with all that works for it, behind its guards.

Runs three ways: ``python -m demo`` for everyone; `create_app` for any ASGI server; and
``python demo/app.py`` for Hugging Face Spaces, which hooks into `gradio.Blocks.launch`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

if not __package__:  # run as a file: the packages lie beside this folder, not in it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import demo.gradio_start  # noqa: E402, F401, I001 - before Gradio

import gradio as gr  # noqa: E402
import uvicorn  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from gradio import http_server  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402
from starlette.types import ASGIApp  # noqa: E402

from demo import health, zero_gpu  # noqa: E402
from demo.compute.jobs import WorkError  # noqa: E402
from demo.compute.open_pieces import OpenPieces  # noqa: E402
from demo.compute.workers import Workers  # noqa: E402
from demo.guard import public_address, selfcheck  # noqa: E402
from demo.guard.calls import Calls  # noqa: E402
from demo.guard.files import Files  # noqa: E402
from demo.guard.events import event_numbers  # noqa: E402
from demo.guard.gate import Gate  # noqa: E402
from demo.guard.headers import SecurityHeaders  # noqa: E402
from demo.guard.listeners import Listeners  # noqa: E402
from survey.proxies import Proxies  # noqa: E402
from demo.guard.public_address import Address, PublicAddress  # noqa: E402
from demo.page import ICON, LARGEST_FILE_BYTES, SURVEY, TITLE, page, page_theme, scripts  # noqa: E402
from fadernets import checkpoint  # noqa: E402
from survey.core import logs  # noqa: E402
from survey.core.connections import LIMITS, allow_files  # noqa: E402
from survey.core.freed_memory import give_back_large_blocks  # noqa: E402
from survey.core.process_end import end_requested, leave_if_asked, run, take_signals  # noqa: E402
from survey.server_ending import LastAnswers  # noqa: E402
from survey.two_lengths import OneLength  # noqa: E402
from survey.request_turns import Turns  # noqa: E402

# Of uvicorn, for every way of starting. Addresses of the listening test hold tokens and clients
# have addresses, so no request is logged; no header names what the server is made of; what a proxy
# says of the visitor is for `PublicAddress`.
SERVER: dict[str, Any] = {
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "timeout_keep_alive": 75,  # seconds; longer than listeners leave between two requests
    "timeout_graceful_shutdown": 1,
    **LIMITS,
}


# Gradio reads these from the environment otherwise, and serves by other ways, as by Node.js.
OTHER_WAYS: dict[str, Any] = {
    "ssr_mode": False,
    "mcp_server": False,
    "enable_monitoring": False,
}


class Demo:
    """The page with all that works for it, until `close`.

    Parameters
    ----------
    model : str, optional
        Name or folder; otherwise what FADERNETS_MODEL names, or the shipped one.
    mounts : path -> ASGI application, optional
        What else answers at the same address, such as the listening test at `SURVEY`.

    Raises
    ------
    ValueError
        If the public address or the proxies are no valid ones.
    WorkError
        If the model cannot be loaded.
    """

    def __init__(
        self, model: str | None = None, mounts: Mapping[str, ASGIApp] | None = None
    ) -> None:
        self.mounts, address = dict(mounts or {}), Address.from_env()
        proxies = Proxies.from_env()
        # Refused before anything is on the disk or runs, if the environment says nonsense.
        self.pieces = OpenPieces(closed=lambda names: self.workers.forget(names))
        self.files = Files()
        # Gradio's components take their folder from the environment when they are made.
        os.environ["GRADIO_TEMP_DIR"] = str(self.files.folder)
        self.is_open, self._closed = False, threading.Event()
        self.workers = Workers(model)
        self.faders = _faders(model)
        survey = SURVEY in self.mounts
        self.listeners = Listeners()
        self.blocks = page(
            self.workers, self.pieces, self.files, self.faders, self.listeners, survey
        )
        self.calls = Calls(self.blocks._queue, self.listeners)
        self.middleware = [
            Middleware(PublicAddress, address=address, proxies=proxies),
            Middleware(OneLength),
            Middleware(LastAnswers),
            Middleware(Turns),
            Middleware(SecurityHeaders, scripts=scripts()),
        ]
        private, public, names = event_numbers(self.blocks)
        self.gate = Middleware(  # within Gradio's own application
            Gate,
            beside=[*self.mounts, health.PATH],
            private=private,
            public=public,
            names=names,
            largest_file=LARGEST_FILE_BYTES,
            owns=self.files.owns,
            is_full=self.files.is_full,
            count=self.files.count,
            count_bytes=self.files.count_bytes,
            coming=self.files.coming,
            page_closed=self.page_closed,
            waits=lambda session: session in self.blocks._queue.pending_messages_per_session,
            session_of=self.session_of,
            listening=self.calls.listening,
            is_open=lambda: self.is_open or selfcheck.trying.get(),
        )

    def session_of(self, call: str) -> str:
        """The session of a program's call: its own number, unless the program named another."""
        event = self.blocks._queue.event_ids_to_events.get(call)
        return call if event is None else event.session_hash

    def page_closed(self, session: str) -> None:
        """A page was closed: let go of what it had open."""
        self.pieces.leave(session)

    def complete(self, app: FastAPI) -> None:
        """Mount the others before the page, which takes all other paths, and try the locks."""
        for path, mounted in self.mounts.items():
            app.router.routes.insert(0, Mount(path, app=mounted))
            app.router.routes.insert(0, Route(path, public_address.to_folder))
        survey = self.mounts.get(SURVEY)
        survey = survey if isinstance(survey, FastAPI) else None
        healthz = health.endpoint(self.workers, self.files, survey)
        app.router.routes.insert(0, Route(health.PATH, healthz))
        public_address.mend_page(ICON)
        public_address.put_outermost(app, self.middleware)
        self.blocks.enforce()
        leave_if_asked()
        selfcheck.require_closed(app, self.blocks, self.files)
        self.workers.wait_until_ready(leave_if_asked)
        leave_if_asked()
        threading.Thread(target=self._tidy, name="pieces", daemon=True).start()
        self.is_open = True

    def _tidy(self) -> None:
        while not self._closed.wait(min(self.pieces.unused_seconds / 4, 10.0)):
            self.pieces.expire()

    def close(self) -> None:
        """End the workers, delete the files."""
        self._closed.set()
        self.workers.close()
        self.files.close()


def _faders(model: str | None) -> tuple[str, ...]:
    """Names of the model's faders, read without PyTorch, which only the workers need."""
    try:
        return checkpoint.fader_names(model or os.environ.get("FADERNETS_MODEL") or None)
    except checkpoint.CheckpointError:  # the worker that loads the model says so
        return ()


def create_app(model: str | None = None, mounts: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """The demo as an ASGI application, as `Demo` describes it.

    Raises
    ------
    ValueError
        If the public address or the proxies are no valid ones.
    WorkError
        If the model cannot be loaded.
    selfcheck.OpenError
        If this version of Gradio would give files away.
    """
    demo = Demo(model, mounts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            demo.close()

    try:
        app = FastAPI(
            title=TITLE,
            lifespan=lifespan,
            middleware=demo.middleware,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
        )
        app = gr.mount_gradio_app(
            app,
            demo.blocks,
            path="",
            app_kwargs={"middleware": [demo.gate]},
            **OTHER_WAYS,
            **page_theme(),
        )
        demo.complete(app)
    except BaseException:
        demo.close()
        raise
    return app


class QuietServer(http_server.Server):
    """The server that Gradio starts, with our settings."""

    def __init__(self, config: uvicorn.Config, *args: Any, **kwargs: Any) -> None:
        vars(config).update(SERVER)
        super().__init__(config, *args, **kwargs)


def main() -> int:
    """Start the way Hugging Face Spaces wants it; 2 with one sentence if that cannot be."""
    from demo.survey_mount import (
        survey_mount,  # the survey's libraries, which the demo does not need
    )

    allow_files()
    give_back_large_blocks()
    take_signals()  # Gradio handles no signals and would lose an interrupt
    http_server.get_space = lambda: None  # or it looks for changed files, and fails
    http_server.Server = QuietServer  # type: ignore[misc]
    try:
        logs.set_up()
        with survey_mount() as test, closing(Demo(mounts={SURVEY: test.app})) as demo:
            leave_if_asked()
            zero_gpu.name_a_function()
            app, _, _ = demo.blocks.launch(
                prevent_thread_lock=True,
                app_kwargs={"middleware": [*demo.middleware, demo.gate]},
                share=False,
                num_workers=0,
                max_threads=demo.blocks.max_threads,
                **OTHER_WAYS,
                **page_theme(),
            )
            print(Proxies.from_env(), flush=True)
            logs.set_up()  # Gradio has its server set up logging of its own
            demo.complete(app)
            test.begin()
            end_requested.wait()
            demo.workers.close()  # else the server waits for what is under way
            demo.blocks.close()
    except (ValueError, WorkError, selfcheck.OpenError) as error:
        print(f"demo: {str(error).rstrip('.')}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    run(main)
