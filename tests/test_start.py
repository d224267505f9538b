"""A stranger's first minute: the demo starts soon and without a network; imports stay apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.public.server import Server

ROOT = Path(__file__).resolve().parents[1]
GOAL = 15.0  # seconds from start to a usable page, on an idle machine with two cores
MIDI_LIBRARIES = {"symusic", "pretty_midi", "music21", "mido", "miditoolkit"}


def test_a_server_starts_without_a_network(server: Server, record_property):
    """What it has asked of other machines is looked at when all tests are done with it."""
    record_property("seconds_to_page", round(server.seconds, 1))
    print(f"usable after {server.seconds:.1f} s (goal: {GOAL:.0f} s)")
    config = server.config()
    assert config["title"] == "Music FaderNets"
    assert config["components"], "the page is empty"
    assert f":{urlsplit(server.url).port}" in server.log_text(), "no address is printed"


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
    """Names of the modules that a new interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    command = [sys.executable, "-c", code]
    return set(subprocess.check_output(command, cwd=ROOT, text=True).split())


@pytest.mark.slow
@pytest.mark.parametrize("module", ["train.prepare", "fadernets.__main__"])
def test_what_needs_no_model_starts_without_pytorch(module):
    """So do the processes in which pieces are prepared, and `fadernets --help`."""
    assert loaded_by(f"import {module}").isdisjoint({"torch", "sklearn", "pandas"})


@pytest.mark.slow
def test_the_servers_page_is_there_before_what_only_answers_need():
    """Each takes from a quarter of a second to two of a start."""
    later = {"torch", "music21", "matplotlib", "sklearn", "scipy.stats", "alembic", "mcp"}
    assert loaded_by("import demo.app, demo.survey_mount").isdisjoint(later)


@pytest.mark.slow
def test_workers_load_neither_the_page_nor_tables():
    """What sound needs of SciPy they load before they are forked, statistics among it."""
    statement = "from demo.compute.worker import load_tasks; load_tasks(None)"
    assert loaded_by(statement).isdisjoint({"pandas", "gradio"})


@pytest.mark.slow
def test_studies_of_sounds_are_made_without_pytorch():
    """It is half of the time in which an admin's process gets to work."""
    assert loaded_by("import survey.building.create").isdisjoint({"torch", "music21"})


@pytest.mark.slow
def test_training_starts_without_midi_libraries():
    assert loaded_by("import train.fit").isdisjoint(MIDI_LIBRARIES)


@pytest.mark.slow
def test_inference_loads_no_training_code():
    names = loaded_by("import fadernets, fadernets.net, fadernets.__main__")
    assert names.isdisjoint({"train", "demo", "survey", "db"})
