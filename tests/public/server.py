"""The real server, as it is started, and what a stranger can send it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huggingface_hub import metadata_load

from db.database import Database
from db.migrate import upgrade
from survey.core.settings import Settings
from tests.conftest import Offline
from tests.survey.conftest import small_study

ROOT = Path(__file__).resolve().parents[2]
START = 250.0  # seconds that a server may take to start on a machine that is busy
APP_FILE = metadata_load(ROOT / "README.md")["app_file"]
WAYS = {
    "make-run": ([sys.executable, "-m", "demo"], "FADERNETS_PORT"),
    "space": (
        [os.environ.get("FADERNETS_SPACE_PYTHON", sys.executable), APP_FILE],
        "GRADIO_SERVER_PORT",
    ),
}
ALONE = "survey"  # another way: the listening test without the page
TOKEN = "a-token-of-the-admin-5d1f"


@dataclass(frozen=True)
class Answer:
    """Status, headers and text of an HTTP response."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Server:
    """A server that answers.

    Attributes
    ----------
    url : str
        With a slash at its end.
    process : Popen
    output : Path
        What it has printed.
    data : Path
        The survey's folder.
    temporary : Path
        Where its own folder of uploads lies.
    seconds : float
        From its start to its first good answer of ``/healthz``.
    health : str
        Where it says whether it is well.
    events : dict of str to int
        Numbers of the page's events, once they have been looked up.
    """

    url: str
    process: subprocess.Popen
    output: Path
    data: Path
    temporary: Path
    seconds: float = 0.0
    health: str = "healthz"
    events: dict[str, int] = field(default_factory=dict)

    def ask(
        self,
        path: str,
        body: Any = None,
        *,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Send a request: JSON unless the body is bytes."""
        data = json.dumps(body).encode() if body is not None and type(body) is not bytes else body
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, all_headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return _read(answer)
        except urllib.error.HTTPError as error:
            return _read(error)

    def config(self) -> dict:
        """Gradio's configuration of the page."""
        return self.ask("config").json()

    def event(self, name: str) -> int:
        """The number of a page's event, by what triggers it: load, upload, ask, hear, save."""
        if not self.events:
            for event in self.config()["dependencies"]:
                if event["backend_fn"]:
                    for _, trigger in event["targets"]:
                        self.events.setdefault(trigger, event["id"])
        return self.events[name]

    def run(self, event: str | int, *data: Any, session: str = "tests", **fields: Any) -> Answer:
        """Have an event answered, as the page asks for it."""
        number = self.event(event) if isinstance(event, str) else event
        body = {"data": list(data), "fn_index": number, "session_hash": session, **fields}
        return self.ask("gradio_api/run/predict", body, timeout=150)

    def open_example(self, key: str, session: str = "tests") -> dict:
        """A piece as the page gets it."""
        answer = self.run("load", key, session=session)
        assert answer.status == 200, answer.text
        return json.loads(answer.json()["data"][0]["props"]["piece"])

    def upload(
        self, name: str, content: bytes, *, query: str = "", visitor: str | None = None
    ) -> Answer:
        """Send a file; the answer is a list of paths.

        The visitor's address is one that a proxy names.
        """
        edge = uuid.uuid4().hex
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"'
        body = f"--{edge}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        if visitor is not None:
            kind["X-Forwarded-For"] = visitor
        return self.ask(f"gradio_api/upload{query}", body, headers=kind)

    def log_text(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(errors="replace")

    def workers(self) -> list[int]:
        """Numbers of the processes that compute for it, and of the one they are forked from."""
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if "demo.compute.worker" in (folder / "cmdline").read_text():
                    children.setdefault(int(parent), []).append(int(folder.name))
        numbers = [self.process.pid]
        for number in numbers:
            numbers += children.get(number, [])
        return numbers[1:]


def _read(answer: Any) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status, headers, answer.read().decode(errors="replace"))


def fill(data: Path) -> None:
    """Put an open study of few tones into the listening test's folder."""
    settings = Settings(data=data)
    settings.audio.mkdir()
    database = Database(settings.database_url)
    try:
        upgrade(database)
        sound = (ROOT / "survey" / "static" / "check-left.mp3").read_bytes()
        small_study(database, settings, [sound + bytes([number]) for number in range(20)])
    finally:
        database.close()


@contextmanager
def serving(
    way: str, folder: Path, *, study: bool = True, offline: Offline | None = None, **env: str
) -> Iterator[Server]:
    """Start a server on a free port, wait for it, and end it."""
    with starting(way, folder, study=study, offline=offline, **env) as server:
        began = time.monotonic()
        while not _is_ready(server):
            assert server.process.poll() is None, server.log_text()
            assert time.monotonic() < began + START, server.log_text()
            time.sleep(0.1)
        server.seconds = time.monotonic() - began
        yield server


@contextmanager
def starting(
    way: str, folder: Path, *, study: bool = True, offline: Offline | None = None, **env: str
) -> Iterator[Server]:
    """Start a server on a free port, and end it.

    Without a study it makes its first by itself, which takes 20 seconds of a core.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if way == ALONE:
        command, port_name = [sys.executable, "-m", "survey", "--port", str(port)], ""
    else:
        command, port_name = WAYS[way]
    data, temporary, output = folder / "data", folder / "temporary", folder / "output.txt"
    for path in (data, temporary):
        path.mkdir(exist_ok=True)
    if study and "FADERNETS_DATA" not in env:
        fill(data)
    settings = {port_name: str(port)} if port_name else {}
    settings |= {
        "FADERNETS_DATA": str(data),
        "FADERNETS_ADMIN_TOKEN": TOKEN,
        "GRADIO_TEMP_DIR": str(temporary),
    }
    base = os.environ if offline is None else offline.env
    with output.open("w") as sink:
        # `make space` tries another tree, with another environment's Python.
        root = os.environ.get("FADERNETS_SPACE_ROOT", ROOT) if APP_FILE in command else ROOT
        process = subprocess.Popen(
            command, env=base | settings | env, cwd=root, stdout=sink, stderr=sink
        )
        server = Server(f"http://127.0.0.1:{port}/", process, output, data, temporary)
        server.health = "survey/healthz" if way == ALONE else server.health
        try:
            yield server
        finally:
            process.kill()
            process.wait()


def _is_ready(server: Server) -> bool:
    try:
        return server.ask(server.health, timeout=5).status == 200
    except OSError:  # nothing listens yet
        return False
