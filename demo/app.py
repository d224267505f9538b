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
import demo.gradio_stubs  # noqa: E402, F401, I001 - before Gradio

import gradio as gr  # noqa: E402
import uvicorn  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from gradio import http_server  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402
from starlette.types import ASGIApp  # noqa: E402

from demo import health  # noqa: E402
from demo.compute.jobs import WorkError  # noqa: E402
from demo.compute.open_pieces import OpenPieces  # noqa: E402
from demo.compute.workers import Workers  # noqa: E402
from demo.guard import logs, public_address, selfcheck  # noqa: E402
from demo.guard.files import Files  # noqa: E402
from demo.guard.gate import Gate, event_numbers  # noqa: E402
from demo.guard.headers import SecurityHeaders  # noqa: E402
from demo.guard.public_address import Address, PublicAddress  # noqa: E402
from demo.page import ICON, LARGEST_FILE, SURVEY, TITLE, page, page_theme, scripts  # noqa: E402
from fadernets import checkpoint  # noqa: E402
from survey.core.process_end import asked, leave_if_asked, run, take_signals  # noqa: E402

SCRIPTS = ("roll", "player", "overview", "fader", "tracks", "workbench", "view")
TITLE = "Music FaderNets"
LARGEST_FILE = 20_000_000  # bytes
CALLS_WAITING = 20  # of programs; more are told to come later
ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 '
    "viewBox=%220 0 32 32%22%3E%3Cpath d=%22M8 3h2v26H8zM22 3h2v26h-2z%22 fill=%22%23999%22/%3E"
    "%3Crect x=%223%22 y=%228%22 width=%2212%22 height=%228%22 rx=%222%22 fill=%22%232f5b8f%22/%3E"
    "%3Crect x=%2217%22 y=%2217%22 width=%2212%22 height=%228%22 rx=%222%22 fill=%22%23d0602a%22/"
    '%3E%3C/svg%3E">'
)
START = """FaderNets.workbench({element, props, trigger, watch,
    events: {ask: "ask", hear: "hear", save: "save", choose: "choose", reopen: "reopen"}})"""
DOWNLOAD = "() => setTimeout(() => document.querySelector('#fn-file').click(), 50)"
HEAD = """<header><h1>Music FaderNets</h1>
<p>{faders} and a mood for piano music: slide, and hear what becomes of it.</p></header>"""
SURVEY = "/survey"
INVITATION = f'<a href="{SURVEY.strip("/")}/">Take part in the listening test</a>. '
FOOT = """<footer>{invitation}After <i>Music FaderNets</i> by Hao Hao Tan and Dorien Herremans,
ISMIR 2020. Every segment is four beats long.
Examples: public-domain scores of the music21 corpus.</footer>"""


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
        If the public address is not a valid one.
    WorkError
        If the model cannot be loaded.
    """

    def __init__(
        self, model: str | None = None, mounts: Mapping[str, ASGIApp] | None = None
    ) -> None:
        self.mounts, address = dict(mounts or {}), Address.from_env()
        self.files = Files()
        # Gradio's components take their folder from the environment when they are made.
        os.environ["GRADIO_TEMP_DIR"] = str(self.files.folder)
        self.is_open, self._closed = False, threading.Event()
        self.workers = Workers(model)
        self.faders = _faders(model)
        self.pieces = OpenPieces(closed=self.workers.forget)
        survey = SURVEY in self.mounts
        self.blocks = page(self.workers, self.pieces, self.files, self.faders, survey)
        self.middleware = [
            Middleware(PublicAddress, address=address),
            Middleware(SecurityHeaders, scripts=scripts()),
        ]
        self.gate = Middleware(Gate, **self._rules())  # within Gradio's own application

    def _rules(self) -> dict[str, Any]:
        private, public, names = event_numbers(self.blocks)
        return {
            "beside": [*self.mounts, health.PATH],
            "private": private,
            "public": public,
            "names": names,
            "largest_file": LARGEST_FILE,
            "owns": self.files.owns,
            "is_full": lambda: self.files.is_full,
            "count": self.files.count,
            "left": self.left,
            "waits": lambda session: session in self.blocks._queue.pending_messages_per_session,
            "is_open": lambda: self.is_open or selfcheck.trying.get(),
        }

    def left(self, session: str) -> None:
        """A page was closed: let go of what it had open."""
        self.pieces.leave(session)
        self.blocks.state_holder.session_data.pop(session, None)

    def complete(self, app: FastAPI) -> None:
        """Put what is mounted before the page, which takes every path left, and try the locks."""
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
        while not self._closed.wait(min(self.pieces.kept / 4, 10.0)):
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
    except checkpoint.CheckpointError:  # the workers say so
        return ()


def page(demo: Demo, survey: bool = False) -> GuardedBlocks:
    """The demo's page, with a link to the listening test if there is one."""
    # No queue: an event that comes just as the one before ends is sometimes never answered there
    # (Gradio 6.31 closes the stream it would come by). `Workers` has queues of its own.
    hidden: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "queue": False,
    }
    blocks = GuardedBlocks(owns=demo.files.owns, title=TITLE, analytics_enabled=False)
    with blocks:
        gr.HTML(HEAD.format(faders=counted(demo.faders)), elem_id="fn-head")
        with gr.Row(elem_id="fn-pieces"):
            examples = gr.Radio(
                [(example.label, key) for key, example in EXAMPLES.items()],
                value=FIRST,
                label="Examples, calm ones first",
                elem_id="fn-examples",
            )
            upload = gr.UploadButton("Your own MIDI file", elem_id="fn-upload", size="sm", scale=0)
        message = gr.HTML(
            "", html_template='<p role="alert">${value}</p>', js_on_load=None, elem_id="fn-message"
        )
        bench = gr.HTML(
            html_template=workbench(demo.faders),
            js_on_load=START,
            apply_default_css=False,
            elem_id="fn-bench",
            piece="",
            answer="",
            trouble="",
        )
        gr.HTML(FOOT.format(invitation=INVITATION if survey else ""), elem_id="fn-foot")
        file = gr.DownloadButton("File", elem_id="fn-file", visible="hidden")

        handlers = Handlers(demo.workers, demo.pieces, demo.files)
        opened = [bench, message]
        # Each move is sent at once: the workers drop the one before, if it is still under way.
        each = {"trigger_mode": "multiple", **hidden}
        latest = {"trigger_mode": "always_last", **hidden}
        unanswered: dict[str, Any] = {
            "fn": None,
            "js": "() => FaderNets.UNANSWERED",
            "outputs": message,
        }
        blocks.load(handlers.open_example, examples, opened, **hidden).failure(**unanswered)
        # Only a page with such an event keeps a connection by which its closing is noticed; what is
        # done then is `Demo.left`.
        blocks.unload(lambda: None)
        for choose in (examples.input, bench.reopen):
            choose(handlers.open_example, examples, opened, **latest).failure(**unanswered)
        uploaded = upload.upload(handlers.open_upload, upload, [*opened, examples], **latest)
        uploaded.failure(**unanswered)
        bench.choose(handlers.choose, bench, opened, **latest).failure(**unanswered)
        bench.ask(handlers.ask, bench, [bench, message], **each).failure(**unanswered)
        bench.hear(handlers.hear, bench, [bench, message], **each).failure(**unanswered)
        saved = bench.save(handlers.save, bench, [file, message], **latest)
        saved.success(fn=None, js=DOWNLOAD)
        saved.success(fn=None, js="() => FaderNets.bench?.saved()")
        saved.failure(**unanswered)
        _endpoints(handlers, demo.faders)
    blocks.queue(max_size=CALLS_WAITING)
    return blocks


def _endpoints(handlers: Handlers, faders: Sequence[str]) -> None:
    """Named endpoints for programs; their components are not on the page.

    From Python::

        from gradio_client import Client, handle_file

        client = Client("http://127.0.0.1:7860")
        path, figures = client.predict(
            handle_file("in.mid"), rhythm=0.8, seed=1, api_name="/slide"
        )
        path, figures = client.predict(
            handle_file("in.mid"), arousal="low", strength=0.7, api_name="/transfer"
        )
        path, figures = client.predict(
            handle_file("in.mid"), preset="joyful", api_name="/transfer"
        )
    """

    names = (*faders, "seed", "first", "last", "tracks")

    async def slide(midi: str | None, *values: float | str | None) -> tuple[str, EndpointFigures]:
        """Move the faders of a MIDI file. Positions are 0 to 1; without one, a fader stays.

        Segments are four beats long and numbered from 0; without first and last all change. Tracks
        are numbered from 1, such as 1,3; without them those of pianos change, or all but drums.
        """
        return await handlers.change(midi, dict(zip(names, values, strict=True)))

    # Programs name the arguments as the model's faders are named: Gradio reads the signature.
    kind = Parameter.POSITIONAL_OR_KEYWORD
    options = (Parameter(name, kind, default=None) for name in names)
    signature = Signature([Parameter("midi", kind), *options])
    slide.__signature__ = signature  # type: ignore[attr-defined]

    async def transfer(
        midi: str | None,
        arousal: str | None = "high",
        strength: float = 1.0,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        valence: str | None = None,
        preset: str | None = None,
        tracks: str | None = None,
    ) -> tuple[str, EndpointFigures]:
        """Move a MIDI file towards low (calm) or high (energetic) arousal, strength 0 to 1.

        With valence also, or alone where arousal is None, towards low (sad, minor) or high (joyful,
        major); a preset says both: calm, tense, sad or joyful.
        """
        moods = {"arousal": arousal, "valence": valence, **PRESETS.get(preset or "", {})}
        values = {
            mood: -strength if target == "low" else strength
            for mood, target in moods.items()
            if target
        }
        span = {"seed": seed, "first": first, "last": last, "tracks": tracks}
        return await handlers.change(midi, {**values, **span})

    with gr.Row(visible=False):
        midi = gr.File(label="midi", file_types=[".mid", ".midi", ".rmi"])
        tracks = gr.Textbox(None, label="tracks")
        positions = [gr.Number(None, minimum=0, maximum=1, label=name) for name in faders]
        arousal = gr.Radio(["low", "high"], value="high", label="arousal")
        valence = gr.Radio(["low", "high"], value=None, label="valence")
        preset = gr.Radio(list(PRESETS), value=None, label="preset")
        strength = gr.Slider(0, 1, value=1, label="strength")
        seed, first, last = (
            gr.Number(None, precision=0, label=name) for name in ("seed", "first", "last")
        )
        result, figures = gr.File(label="result"), gr.JSON(label="figures")
        for function, inputs in (
            (slide, [midi, *positions, seed, first, last, tracks]),
            (transfer, [midi, arousal, strength, seed, first, last, valence, preset, tracks]),
        ):
            name = function.__name__
            gr.Button(name).click(function, inputs, [result, figures], api_name=name)


def scripts() -> list[str]:
    """The scripts of the page's head."""
    return [(ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]


def page_theme() -> dict[str, Any]:
    """What `mount_gradio_app` and `launch` need to know about the page's looks."""
    family = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return {
        "theme": gr.themes.Base(font=family, font_mono=["ui-monospace", "monospace"]),
        "css_paths": ASSETS / "style.css",
        "head": "".join(f"<script>{script}</script>" for script in scripts()),
        "footer_links": ["api"],
        "run_history": False,
        "max_file_size": LARGEST_FILE,
        "root_path": "",  # `PublicAddress` knows it; Gradio reads it from the environment otherwise
    }


def create_app(model: str | None = None, mounts: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """The demo as an ASGI application, as `Demo` describes it.

    Raises
    ------
    ValueError
        If the public address is not a valid one.
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
            app, demo.blocks, path="", app_kwargs={"middleware": [demo.gate]}, **page_theme()
        )
        demo.complete(app)
    except BaseException:
        demo.close()
        raise
    return app


class QuietServer(http_server.Server):
    """The server that Gradio starts, without the header that names what it is made of."""

    def __init__(self, config: uvicorn.Config, *args: Any, **kwargs: Any) -> None:
        config.server_header = False
        super().__init__(config, *args, **kwargs)


def main() -> int:
    """Start the way Hugging Face Spaces wants it; 2 with one sentence if that cannot be."""
    from demo.survey_mount import (
        survey_mount,  # the survey's libraries, which the demo does not need
    )

    take_signals()  # Gradio waits for none, and would lose an interrupt
    http_server.get_space = lambda: None  # or it looks for changed files, and fails
    http_server.Server = QuietServer  # type: ignore[misc]
    try:
        logs.set_up()
        with survey_mount() as test, closing(Demo(mounts={SURVEY: test.app})) as demo:
            leave_if_asked()
            app, _, _ = demo.blocks.launch(
                prevent_thread_lock=True,
                app_kwargs={"middleware": [*demo.middleware, demo.gate]},
                # Gradio reads these from the environment otherwise, and serves by other ways.
                share=False,
                ssr_mode=False,
                mcp_server=False,
                num_workers=0,
                enable_monitoring=False,
                **page_theme(),
            )
            logs.set_up()  # Gradio has its server set up logging of its own
            demo.complete(app)
            test.begin()
            asked.wait()
            demo.workers.close()  # else the server waits for what is under way
            demo.blocks.close()
    except (ValueError, WorkError, selfcheck.OpenError) as error:
        print(f"demo: {str(error).rstrip('.')}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    run(main)
