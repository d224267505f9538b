"""The component's folder, taken alone."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from demo.page import page_theme, scripts
from demo.pianoroll import assets

FOLDER = assets.FOLDER
SEEN = """
import json, runpy, sys
app = runpy.run_path("app.py", run_name="taken")["app"]
names = [block["props"].get("component_class_name") for block in app.config["components"]]
ours = sorted({name.split(".")[0] for name in sys.modules} & {"demo", "fadernets", "survey", "db"})
print(json.dumps([names.count("PianoRoll"), ours]))
"""


def alone(folder: Path) -> Path:
    """A folder with nothing but the component and the app of its page."""
    shutil.copytree(
        FOLDER, folder / "pianoroll", ignore=shutil.ignore_patterns("__pycache__", "*.pyi")
    )
    [code] = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    (folder / "app.py").write_text(code)
    return folder


@pytest.fixture(scope="module")
def component(tmp_path_factory: pytest.TempPathFactory) -> type[gr.HTML]:
    """The class, from a folder of its own: Gradio writes a stub beside the file."""
    folder = alone(tmp_path_factory.mktemp("alone"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return importlib.import_module("pianoroll").PianoRoll


def in_a_fresh_process(folder: Path, env: dict[str, str]) -> list:
    command = [sys.executable, "-c", SEEN]
    env = env | {"GRADIO_ANALYTICS_ENABLED": "False"}  # which would ask another host
    process = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_its_own_example_runs_with_nothing_else_of_ours(tmp_path: Path, offline):
    assert in_a_fresh_process(alone(tmp_path), offline.env) == [1, []]
    assert offline.refused() == []


@pytest.mark.slow
def test_it_installs_with_all_that_a_browser_gets(tmp_path: Path, offline):
    source = alone(tmp_path) / "pianoroll"
    target = tmp_path / "installed"
    ways = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    command = [sys.executable, "-m", "pip", "install", "-q", *ways, str(source)]
    env = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr
    shutil.rmtree(source)
    paths = os.pathsep.join([str(target), offline.env["PYTHONPATH"]])
    assert in_a_fresh_process(tmp_path, offline.env | {"PYTHONPATH": paths}) == [1, []]


def test_the_page_has_these_very_files():
    for name in assets.PARTS:
        assert scripts().count((FOLDER / f"{name}.js").read_text()) == 1
    assert page_theme()["css_paths"][0] == FOLDER / "piano_roll.css"
    elsewhere = [path.name for path in (FOLDER.parent / "assets").iterdir()]
    assert not {path.name for path in FOLDER.iterdir()} & set(elsewhere)


def test_its_licence_is_that_of_the_repository(root: Path):
    assert (FOLDER / "LICENSE").read_text() == (root / "LICENSE").read_text()


def test_nothing_of_a_value_is_in_its_html_or_its_script(component):
    one, other = (component([(0, 1, pitch, 80)], label=str(pitch)) for pitch in (60, 61))
    assert one.html_template == other.html_template
    assert one.js_on_load == other.js_on_load
    assert not re.search(r"\$\{|\{\{|@children", one.html_template)


def test_a_recording_becomes_a_file_and_comes_back_as_a_path(component):
    roll = component()
    answer = roll.postprocess({"notes": [(0, 1, 60, 80)], "audio": "a.wav"})
    assert answer["audio"]["path"] == "a.wav"
    assert answer["audio"]["meta"] == {"_type": "gradio.FileData"}
    assert roll.postprocess(roll.preprocess(answer)) == answer


@pytest.mark.parametrize(
    "payload",
    [
        {"notes": ["<b>"]},
        {"html": "<b>"},
        "<b>",
        {"audio": {"path": 7}},
        # Gradio looks at none of these; a function that returns them would hand out the file
        {"audio": "app.py"},
        {"audio": {"path": "app.py"}},
    ],
)
def test_what_a_client_sends_is_checked_too(component, payload):
    with pytest.raises(gr.Error) as refusal:
        component().preprocess(payload)
    assert refusal.value.print_exception is False


@pytest.mark.parametrize("pixels", [79, 2001])
def test_a_height_that_no_screen_has_is_refused(component, pixels: int):
    with pytest.raises(ValueError, match="80 to 2000 pixels"):
        component(roll_height=pixels)
