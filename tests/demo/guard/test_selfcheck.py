"""A server that would give files away does not start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.server

# In a process of its own: Gradio leaves an event loop unclosed when Blocks are made.
SELFCHECK = """
import os, sys
from demo.guard.files import Files
files = Files(sys.argv[1])
os.environ["GRADIO_TEMP_DIR"] = str(files.folder)
import demo.gradio_start
import gradio as gr
from fastapi import FastAPI
from demo.guard.blocks import GuardedBlocks
from demo.guard.selfcheck import OpenError, require_closed

for owns, is_enforced in ((files.owns, True), (files.owns, False), (lambda path: True, False)):
    with GuardedBlocks(owns=owns) as blocks:
        upload = gr.UploadButton()
        upload.upload(lambda path: None, upload, None, queue=False)
    app = gr.mount_gradio_app(FastAPI(), blocks, path="")
    if is_enforced:
        blocks.enforce()
    try:
        require_closed(app, blocks, files)
        print("closed")
    except OpenError as error:
        print(error)
print("matplotlib" in sys.modules)
files.close()
"""


def test_an_open_lock_is_noticed(root, tmp_path):
    command = [sys.executable, "-c", SELFCHECK, str(tmp_path)]
    lines = subprocess.check_output(command, cwd=root, text=True).splitlines()
    closed, mounted, before, has_matplotlib = lines
    assert closed == "closed"
    assert "its own check of files, which is off" in mounted  # as `mount_gradio_app` leaves it
    assert "by an event" in before  # as the server was before: neither check
    assert has_matplotlib == "False"  # Gradio would load it with the first event


@pytest.mark.parametrize(
    ("command", "module", "fault", "sentence"),
    [
        (
            ["-m", "demo"],
            "gradio.processing_utils",
            "module._check_allowed = lambda *a, **k: None",
            "gives away files of this machine",
        ),
        (
            ["demo/app.py"],
            "demo.guard.sessions",
            "module.NoSessions = module.StateHolder",
            "keeps something of every session",
        ),
    ],
)
def test_a_start_that_finds_a_lock_open_serves_nothing(
    command, module, fault, sentence, root, tmp_path
):
    """With a Gradio whose check of file inputs does nothing, or that keeps sessions."""
    patch = tmp_path / "sitecustomize.py"
    patch.write_text(
        "import sys, importlib.abc, importlib.util\n"
        "class Finder(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name != {module!r}: return None\n"
        "        sys.meta_path.remove(self)\n"
        "        spec = importlib.util.find_spec(name)\n"
        "        run = spec.loader.exec_module\n"
        "        def exec_module(module):\n"
        "            run(module)\n"
        f"            {fault}\n"
        "        spec.loader.exec_module = exec_module\n"
        "        return spec\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    env = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "FADERNETS_DATA": str(tmp_path / "data"),
        "FADERNETS_PORT": "0",
        "GRADIO_TEMP_DIR": str(tmp_path / "temporary"),
    }
    process = subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 2, process.stderr
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr
