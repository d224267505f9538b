"""Sessions that strangers make up cost the server no memory, in both ways it is started."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

from tests.public.server import Server

MANY = 400  # Gradio kept 60 to 110 kB of each
MOST_MEGABYTES = 10.0


def megabytes(server: Server) -> float:
    """Of memory that the server itself has."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def make_up(server: Server, count: int, name: str) -> None:
    """Send an event for each of so many sessions; none has a piece."""
    host, number = urlsplit(server.url), server.event("ask")
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
    for session in range(count):
        event = {"data": ['{"piece": "x"}'], "fn_index": number, "session_hash": f"{name}{session}"}
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/gradio_api/run/predict", json.dumps(event), headers)
        assert connection.getresponse().read()
    connection.close()


def test_nothing_is_kept_of_sessions_that_are_made_up(server: Server):
    make_up(server, 50, "first")
    before = megabytes(server)
    make_up(server, MANY, "more")
    assert megabytes(server) - before < MOST_MEGABYTES
