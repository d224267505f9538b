"""A stranger's first minute: the demo starts soon and without a network; imports stay apart."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from huggingface_hub import metadata_load

ROOT = Path(__file__).resolve().parents[1]
GOAL = 15.0  # seconds from start to a usable page, on an idle machine with two cores
LIMIT = 250.0  # seconds, on a machine that is busy with other things
MIDI_LIBRARIES = {"symusic", "pretty_midi", "music21", "mido", "miditoolkit"}
MAKE_RUN = [sys.executable, "-m", "demo"]
SPACE = [sys.executable, metadata_load(ROOT / "README.md")["app_file"]]


@dataclass(frozen=True)
class Running:
    """A demo that answers: its address, seconds from start to page, the process and its output."""

    url: str
    seconds: float
    process: subprocess.Popen
    output: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url: str) -> str | None:
    """The body of a page, or None while nothing answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code != 503:  # it has not tried its locks yet
            raise
        return None
    except OSError:  # nothing listens yet
        return None


@contextmanager
def running(
    command: list[str], port_name: str, env: dict[str, str], folder: Path
) -> Iterator[Running]:
    """Start a demo on a free port, wait for its page, and end it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    env = env | {port_name: str(port)}
    output = folder / "output.txt"
    with output.open("w") as sink:
        began = time.monotonic()
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=sink, stderr=sink)
        try:
            while fetch(url) is None:
                assert process.poll() is None, f"the demo ended:\n{output.read_text()}"
                waited = time.monotonic() - began
                assert waited < LIMIT, f"no page after {waited:.0f} s:\n{output.read_text()}"
                time.sleep(0.1)
            yield Running(url, time.monotonic() - began, process, output)
        finally:
            process.kill()
            process.wait()


def check(demo: Running) -> None:
    """The page is there, the address is printed, and Ctrl+C ends it quietly."""
    config = json.loads(fetch(f"{demo.url}config"))
    assert config["title"] == "Music FaderNets"
    assert config["components"], "the page is empty"
    assert f":{urlsplit(demo.url).port}" in demo.output.read_text(), "no address is printed"
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(timeout=20)
    assert "Traceback" not in demo.output.read_text()


@pytest.mark.server
def test_a_space_starts_without_a_network(offline, tmp_path, record_property):
    with running(SPACE, "GRADIO_SERVER_PORT", offline.env, tmp_path) as demo:
        record_property("seconds_to_page", round(demo.seconds, 1))
        print(f"usable after {demo.seconds:.1f} s (goal: {GOAL:.0f} s)")
        check(demo)
    assert offline.refused() == []


@pytest.mark.server
def test_the_first_run_offers_a_listening_test_without_a_network(offline, tmp_path):
    """Nobody has to make a study to try the survey: one is there soon, and can be taken part in."""
    with running(MAKE_RUN, "FADERNETS_PORT", offline.env, tmp_path) as demo:
        survey, until = f"{demo.url}survey/", time.monotonic() + LIMIT
        ask = {"study": "demo", "consent": True}
        while not (joined := post(f"{survey}api/join", ask)):
            assert time.monotonic() < until, demo.output.read_text()
            time.sleep(0.5)
        head = {"Authorization": f"Bearer {joined['token']}"}
        request = urllib.request.Request(f"{survey}api/state", headers=head)
        with urllib.request.urlopen(request) as answer:
            state = json.load(answer)
        assert state["stage"] == "questions" and state["progress"]["total"] >= 20
        check(demo)
    assert offline.refused() == []


def post(url: str, body: dict) -> dict | None:
    """The answer to some JSON, None if it was refused."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        assert error.code in (403, 404), error.read()
        return None


@pytest.mark.parametrize(
    "code",
    [
        "socket.getaddrinfo('example.invalid', 443)",
        "socket.gethostbyname('example.invalid')",
        "socket.create_connection(('example.invalid', 443))",
        "socket.socket().connect(('example.invalid', 443))",
        "urllib.request.urlopen('https://example.invalid')",
        "subprocess.run([sys.executable, '-c', 'import socket; socket.getfqdn(\"192.0.2.1\")'])",
    ],
)
def test_a_look_outside_is_noticed(code, offline):
    """The watch that the tests above rely on sees every way out, from a child process too."""
    lines = ["import socket, subprocess, sys, urllib.request", f"try: {code}", "except OSError: 0"]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], env=offline.env, check=True)
    assert len(offline.refused()) == 1


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a new interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    return set(subprocess.check_output(command, cwd=ROOT, text=True).split())


@pytest.mark.slow
def test_training_starts_without_midi_libraries():
    assert loaded_by("import train.fit").isdisjoint(MIDI_LIBRARIES)


@pytest.mark.slow
def test_inference_loads_no_training_code():
    names = loaded_by("import fadernets, fadernets.net, fadernets.__main__")
    assert names.isdisjoint({"train", "demo", "survey", "db"})
