"""A model and a running demo: the shipped model, unless FADERNETS_MODEL names another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fadernets.net import FaderNet

START = 60.0  # seconds that the server may take on a busy machine


@pytest.fixture(scope="session")
def net() -> FaderNet:
    return FaderNet.load(os.environ.get("FADERNETS_MODEL"))


@pytest.fixture(scope="session")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a demo runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    said = folder / "said.txt"
    env = os.environ | {"FADERNETS_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "demo", "--port", str(port)]
    with said.open("w") as sink:
        server = subprocess.Popen(command, cwd=root, env=env, stdout=sink, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + START
            while f":{port}" not in said.read_text():
                assert server.poll() is None, said.read_text()
                assert time.monotonic() < until, "the demo does not start"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=20)
    assert "Traceback" not in said.read_text(), said.read_text()
