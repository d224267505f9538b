"""What a Space gets is what was committed; what goes up is that, and nothing else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, _upload_pipeline

from tools import space


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("space") / "tree"
    space.write_tree(folder)
    return folder


@pytest.mark.slow
def test_the_tree_is_what_was_committed(tree: Path) -> None:
    command = ["git", "-C", str(space.ROOT), "ls-tree", "-r", "--name-only", "-z", "HEAD"]
    names = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    assert {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()} == {
        name
        for name in names
        if name and name != ".gitattributes"  # a Space has its own
    }


@pytest.mark.slow
def test_the_front_matter_names_what_is_there(tree: Path) -> None:
    card = space.card(tree)
    assert (tree / card["app_file"]).is_file()
    assert card["suggested_hardware"] == "cpu-basic"
    assert card["sdk"] == "gradio" and card["python_version"] in ("3.11", "3.12")
    locked = (tree / "requirements.lock").read_text().splitlines()
    assert f"gradio=={card['sdk_version']}" in locked  # what the tests ran with


APP = """
import http.server, os, sys
asked = []
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(200 if len(asked) > 2 and os.environ["SPACE_ID"] else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Page).serve_forever()
"""


def space_of(folder: Path, program: str) -> Path:
    (folder / "README.md").write_text("---\napp_file: app.py\n---\n")
    (folder / "app.py").write_text(program)
    return folder


@pytest.mark.server
def test_the_first_answer_is_the_first_good_one(tmp_path: Path) -> None:
    assert space.seconds_to_answer(Path(sys.executable), space_of(tmp_path, APP)) >= 0.1


@pytest.mark.server
def test_what_an_app_that_ends_has_printed_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no module of that name"):
        space.seconds_to_answer(
            Path(sys.executable), space_of(tmp_path, "raise SystemExit('no module of that name')")
        )


class Hub(HfApi):
    """A Hub with a file or two, up to where the network begins; which files go is the library's."""

    def __init__(self) -> None:
        super().__init__(token="hf_not_a_real_token")
        self.calls: list[dict[str, Any]] = []
        self.checked = ""

    def create_repo(self, repo_id: str, **options: Any) -> str:  # type: ignore[override]
        self.calls.append({"repo_id": repo_id, **options})
        return f"https://huggingface.co/spaces/{repo_id}"

    def _validate_yaml(self, content: str, **options: Any) -> None:
        self.checked = content

    def list_repo_files(self, *args: Any, **options: Any) -> list[str]:  # type: ignore[override]
        return ["gone.py", "README.md"]


def test_an_upload_sends_the_tree_and_takes_away_what_is_no_more(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload: dict[str, Any] = {}
    monkeypatch.setattr(
        _upload_pipeline, "pipelined_upload", lambda hub, **arguments: upload.update(arguments)
    )
    hub, before = Hub(), (tree / "README.md").read_text()
    models, datasets = ["ada/arranger", "ada/gmvae"], ["ada/performances"]
    assert (
        space.upload(hub, "ada/faders", tree, models, datasets)
        == "https://huggingface.co/spaces/ada/faders"
    )
    assert hub.calls == [
        {"repo_id": "ada/faders", "repo_type": "space", "space_sdk": "gradio", "exist_ok": True}
    ]
    assert (upload["repo_id"], upload["repo_type"]) == ("ada/faders", "space")
    assert "sdk: gradio" in hub.checked  # the Hub says what it does not understand
    card = space.card(tree)
    assert (card["models"], card["datasets"]) == (models, datasets)
    picture = card["thumbnail"].removeprefix("https://huggingface.co/spaces/ada/faders/")
    assert (tree / picture.removeprefix("resolve/main/")).read_bytes().startswith(b"\x89PNG")
    assert card["python_version"] in ("3.11", "3.12")  # texts still, not numbers
    assert (tree / "README.md").read_text().partition("\n---\n")[2] == (
        before.partition("\n---\n")[2]
    )
    paths = {str(path.relative_to(tree)): path for path in tree.rglob("*") if path.is_file()}
    added = {one.path_in_repo: one for one in upload["add_operations"]}
    assert added.keys() == paths.keys()
    assert (
        Path(added["demo/app.py"].path_or_fileobj).read_bytes() == paths["demo/app.py"].read_bytes()
    )
    assert [one.path_in_repo for one in upload["delete_operations"]] == ["gone.py"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "token", "sentence"),
    [
        ("faders", "hf_a", "space: argument --upload: 'faders' is no name such as OWNER/NAME"),
        ("ada/faders", "", "space: set HF_TOKEN, or log in: "),
        ("ada/faders", "hf_a", "space: ada/faders was not sent: "),
    ],
)
def test_an_upload_that_cannot_be_is_one_sentence(
    name: str, token: str, sentence: str, tmp_path: Path
) -> None:
    """No Hub listens where this one is said to be."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    env = os.environ | {"HF_HOME": str(tmp_path), "HF_TOKEN": token, "HF_ENDPOINT": nowhere}
    program = """
import sys
from pathlib import Path
from tools import space
space.HERE = Path(sys.argv.pop())
sys.exit(space.main())
"""
    command = [sys.executable, "-c", program, "--upload", name, tmp_path / "here"]
    ended = subprocess.run(command, cwd=space.ROOT, env=env, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith(sentence) and ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_page_and_survey_are_tried_in_a_browser_too() -> None:
    command = [sys.executable, "-m", "pytest", *space.TESTS, "--collect-only", "-q"]
    report = subprocess.run(command, cwd=space.ROOT, stdout=subprocess.PIPE, text=True).stdout
    for name in (
        "tests/demo/test_browser_space.py::test_the_console_of_a_space_stays_empty",
        "tests/test_proxy.py::test_a_visitor_comes_by_the_proxy[space-kept]",
        "tests/public/test_survey.py::",
    ):
        assert name in report
