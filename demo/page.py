"""The page: its layout, its looks, and which event calls what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo.compute.open_pieces import OpenPieces
from demo.compute.workers import CALLS_UNDER_WAY, Workers
from demo.guard.blocks import GuardedBlocks
from demo.guard.files import Files
from demo.guard.listeners import Listeners
from demo.handlers import Handlers
from demo.harp import add_harp
from demo.pianoroll import assets as roll
from demo.program_calls import ProgramCalls
from demo.programs import add_endpoints
from demo.workbench import ASSETS, counted, workbench
from fadernets.expression.registry import EXPRESSIONS
from fadernets.music.examples import EXAMPLES, FIRST

SCRIPTS = (
    *("curve", "overview", "zoom", "fader", "lane", "tracks"),
    *(
        "locks",
        "score",
        "gesture",
        "history",
        "answer_cache",
        "memory",
        "workbench",
        "asking",
        "picking",
    ),
    *(
        "hint",
        "strip_picture",
        "picture",
        "keys",
        "comeback",
        "offers",
        "settings_file",
        "link",
        "drag_out",
    ),
    *("variations", "points", "mixing", "progress", "midi_file", "take", "controllers"),
    *("instrument", "devices", "moves", "listeners", "view", "calls"),
)
TITLE = "Music FaderNets"
LARGEST_FILE_BYTES = 20_000_000
CALLS_WAITING = 20  # calls of programs that may wait before they come to the workers' own lane
CALLS_BETWEEN = 8  # that begin or end meanwhile, at once
ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 '
    "viewBox=%220 0 32 32%22%3E%3Cpath d=%22M8 3h2v26H8zM22 3h2v26h-2z%22 fill=%22%23999%22/%3E"
    "%3Crect x=%223%22 y=%228%22 width=%2212%22 height=%228%22 rx=%222%22 fill=%22%232f5b8f%22/%3E"
    "%3Crect x=%2217%22 y=%2217%22 width=%2212%22 height=%228%22 rx=%222%22 fill=%22%23d0602a%22/"
    '%3E%3C/svg%3E">'
)
START = """FaderNets.workbench({element, props, trigger, watch,
    events: {ask: "ask", hear: "hear", save: "save", choose: "choose", reopen: "reopen",
    vary: "vary", mix: "mix", look: "look", cancel: "cancel"}})"""
DOWNLOAD = "(file) => { setTimeout(() => FaderNets.bench.take(file), 50); }"
MIXED = "(file) => { FaderNets.bench.mixed(file); }"
HEAD = """<header><h1>Music FaderNets</h1>
<p>{faders} and a mood for piano music: slide, and hear what becomes of it.</p></header>"""
SURVEY = "/survey"
# Between two looks of Gradio's for waiting calls of programs. Its own millisecond keeps an idle
# server's processor busy.
QUEUE_LOOK_SECONDS = 0.02
INVITATION = f'<a href="{SURVEY.strip("/")}/">Take part in the listening test</a>. '
FOOT = """<footer>{invitation}After <i>Music FaderNets</i> by Hao Hao Tan and Dorien Herremans,
ISMIR 2020. A click takes a bar or a few short ones; bars of more than four beats come in parts.
Examples: public-domain scores of the music21 corpus.</footer>"""


def page(
    workers: Workers,
    pieces: OpenPieces,
    files: Files,
    faders: Sequence[str],
    listeners: Listeners,
    survey: bool = False,
) -> GuardedBlocks:
    """The demo's page, with a link to the listening test if there is one.

    Parameters
    ----------
    workers : Workers
        What computes its answers.
    pieces : OpenPieces
        What is open on every page.
    files : Files
        What was uploaded and made.
    faders : sequence of str
        Names of the model's faders.
    listeners : Listeners
        Who waits for the answers of calls.
    survey : bool
        Whether the listening test is at `SURVEY`.
    """
    # No queue: an event that comes just as the one before ends is sometimes never answered there
    # (Gradio 6.31 closes the stream it would come by). `Workers` has queues of its own.
    hidden: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "queue": False,
    }
    blocks = GuardedBlocks(owns=files.owns, title=TITLE, analytics_enabled=False)
    with blocks:
        gr.HTML(HEAD.format(faders=counted([*faders, *EXPRESSIONS])), elem_id="fn-head")
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
            html_template=workbench(faders),
            js_on_load=START,
            apply_default_css=False,
            elem_id="fn-bench",
            piece="",
            answer="",
            trouble="",
            variations="",
            progress="",
        )
        gr.HTML(FOOT.format(invitation=INVITATION if survey else ""), elem_id="fn-foot")
        with gr.Row(elem_id="fn-donor-file"):  # its input is the page's own choice of a file
            donor = gr.UploadButton("Donor")
        file = gr.DownloadButton("File", elem_id="fn-file", visible="hidden")

        handlers = Handlers(workers, pieces, files)
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
        # What is said goes as something new is asked for. The answer leaves it: it may be of a file
        # that came meanwhile.
        for asks in (bench.ask, bench.vary, bench.mix, donor.upload, bench.save):
            asks(fn=None, js="() => ''", outputs=message)
        bench.ask(handlers.ask, bench, [bench, message], **each).failure(**unanswered)
        bench.hear(handlers.hear, bench, [bench, message], **each).failure(**unanswered)
        bench.look(handlers.look, bench, bench, **each)
        # Programs know another cancel (`harp.py`).
        bench.cancel(handlers.cancel, bench, None, api_name="give_up", **each)
        bench.vary(handlers.vary, bench, [bench, message], **latest).failure(**unanswered)
        mixed = bench.mix(handlers.mix_example, bench, [file, message], **latest)
        brought = donor.upload(handlers.mix_upload, [bench, donor], [file, message], **latest)
        for mix in (mixed, brought):
            mix.success(fn=None, js=MIXED, inputs=file)
            mix.failure(fn=None, js="() => FaderNets.bench.mixed(null)")
            mix.failure(**unanswered)
        saved = bench.save(handlers.save, bench, [file, message], **latest)
        saved.success(fn=None, js=DOWNLOAD, inputs=file)
        saved.success(fn=None, js="() => FaderNets.bench?.saved()")
        saved.failure(**unanswered)
        calls = ProgramCalls(workers, files, listeners)
        add_endpoints(calls, faders)
        add_harp(calls, faders)
    # With fewer, calls that wait for a worker would keep others from coming to theirs.
    blocks.max_threads = CALLS_UNDER_WAY + CALLS_BETWEEN
    blocks.queue(max_size=CALLS_WAITING, default_concurrency_limit=None)
    blocks._queue.sleep_when_free = QUEUE_LOOK_SECONDS
    return blocks


def scripts() -> list[str]:
    """The scripts of the page's head: those of its rolls, and its own."""
    own = [(ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return [*map(roll.script, roll.PARTS), *own]


def page_theme() -> dict[str, Any]:
    """What `mount_gradio_app` and `launch` need to know about the page's looks."""
    family = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return {
        "theme": gr.themes.Base(font=family, font_mono=["ui-monospace", "monospace"]),
        "css_paths": [roll.STYLE, ASSETS / "style.css"],
        "head": "".join(f"<script>{script}</script>" for script in scripts()),
        "footer_links": ["api"],
        "run_history": False,
        "max_file_size": LARGEST_FILE_BYTES,
        "root_path": "",  # `PublicAddress` knows it; Gradio reads it from the environment otherwise
    }
