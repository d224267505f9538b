from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
import uvicorn
from gradio_client import Client, handle_file

from demo import app
from survey.core.connections import TAKEN_AT_ONCE, Connection
from tests.fadernets.command_line.commands import command_names
from tests.fadernets.music import midi_bytes as mb

pytestmark = pytest.mark.server

BESIDE = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from demo.app import create_app
beside = FastAPI()
beside.add_api_route("/door", lambda: "hello")
with TestClient(create_app(%r, {"/beside": beside})) as client:
    print(client.get("/beside/door").json(), "Music FaderNets" in client.get("/").text)
"""


def fetch(url: str) -> str:
    with urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def test_other_applications_share_the_address(root):
    command = [sys.executable, "-c", BESIDE % os.environ.get("FADERNETS_MODEL")]
    assert subprocess.check_output(command, cwd=root, text=True) == "hello True\n"


def test_named_endpoints_only(address):
    endpoints = json.loads(fetch(address + "gradio_api/info"))["named_endpoints"]
    of_harp = {"/cancel", "/controls", "/process"}
    assert {name[1:] for name in set(endpoints) - of_harp} == set(command_names())
    assert of_harp < set(endpoints)
    parameters = [p["parameter_name"] for p in endpoints["/slide"]["parameters"]]
    names = ["rhythm", "note", "seed", "first", "last", "tracks", "absolute", "lock", "strict"]
    assert parameters == ["midi", *names, "curves"]


@pytest.mark.parametrize("name", ["song.kar", "Song.MID", "song"])
def test_a_file_is_known_by_its_bytes_whatever_its_name(name, address, tmp_path):
    path = tmp_path / name
    path.write_bytes(mb.file(mb.track(*mb.music(4))))
    client = Client(address, verbose=False, download_files=str(tmp_path / "answers"))
    answer, _ = client.predict(handle_file(path), rhythm=0, api_name="/slide")
    assert Path(answer).read_bytes() == path.read_bytes()


def test_page_names_no_other_host_to_load_from(address):
    texts = [fetch(address + path) for path in ("", "theme.css", "config")]
    for word in ("fonts.googleapis", "cdn.", "cdnjs", "unpkg", "jsdelivr"):
        assert not any(word in text for text in texts), word


def test_a_taken_port_is_one_sentence(root):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", "demo", "--port", str(port)]
        process = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert process.returncode == 2
    assert process.stderr == f"demo: cannot use 127.0.0.1, port {port}: Address already in use.\n"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("FADERNETS_MODEL", "/no/model", "no model named '/no/model' and no folder with one"),
        ("FADERNETS_PORT", "65536", "argument --port: '65536' is no port, which is a number up to"),
        ("FADERNETS_HOST", "no host", "cannot use no host, port 0: there is no such host."),
        ("FADERNETS_OPEN_NOTES", "0", "FADERNETS_OPEN_NOTES must be a number from 1 up, such as 3"),
        ("FADERNETS_SYNTHESISER", "lute", "FADERNETS_SYNTHESISER must be one of midirenderer, flu"),
        ("FADERNETS_SOUNDFONT", "/no.sf2", "The sound font /no.sf2 cannot be read: "),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(name, value, sentence, root, tmp_path):
    env = {**os.environ, "FADERNETS_PORT": "0", "FADERNETS_DATA": str(tmp_path), name: value}
    command = [sys.executable, "-m", "demo"]
    process = subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 2
    assert process.stderr.startswith(f"demo: {sentence}") and process.stderr.count("\n") == 1


def test_a_start_that_is_interrupted_ends_without_a_traceback(root, tmp_path):
    """Settings that are empty are none: else it would listen at every address of the machine."""
    empty = dict.fromkeys(("FADERNETS_HOST", "FADERNETS_PORT"), "")
    env = {**os.environ, **empty, "FADERNETS_DATA": str(tmp_path)}
    # It presses Ctrl+C as soon as there is a port, long before the page is imported.
    program = """
import os, runpy, signal, socket
create = socket.create_server
def pressed(address, **options):
    print(*address, flush=True)
    listener = create((address[0], 0), **options)
    os.kill(os.getpid(), signal.SIGINT)
    return listener
socket.create_server = pressed
runpy.run_module("demo", run_name="__main__", alter_sys=True)
"""
    command = [sys.executable, "-c", program]
    process = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    assert (process.returncode, process.stdout, process.stderr) == (0, "127.0.0.1 7860\n", "")


def test_the_server_that_gradio_starts_has_our_limits_of_connections():
    config = uvicorn.Config(lambda: None, ws="auto", backlog=2048)
    app.QuietServer(config)
    config.load()
    assert config.http_protocol_class is Connection and config.ws == "none"
    assert config.backlog == TAKEN_AT_ONCE and not config.server_header
