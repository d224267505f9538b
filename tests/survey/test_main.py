"""The survey as a real process, with requests that HTTP libraries refuse to send."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from db.database import Database
from db.models import Study
from survey.__main__ import main
from survey.core import logs, texts
from survey.core.http_guard import BODY_BYTES
from survey.core.settings import Settings
from survey.request_turns import MOST_UNDER_WAY
from tests.postgres import ONE
from tests.stopwatch import seconds_to_end
from tests.survey.conftest import small_study
from tests.survey.person import Person

START = 250.0  # seconds that the server may take on a busy machine
STOP = 10.0  # seconds in which it promises to end, those without a core for it left out
PATIENCE = 120.0  # seconds, those included
BUSY = "the database is busy, so its log was not cut\n"

pytestmark = pytest.mark.server


@contextlib.contextmanager
def serving(data: Path, root: Path, **variables: str) -> Iterator[str]:
    """Where a survey runs; stopped as a host would stop it, it has said nothing of anybody.

    What it leaves is one file, whole: the log of an SQLite database goes with the last who has it
    open, unless a test keeps it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    env |= {"FADERNETS_DATA": str(data), **variables}
    log = data.parent / "said.txt"
    command = [sys.executable, "-m", "survey", "--port", str(port)]
    with log.open("w") as sink:
        process = subprocess.Popen(
            command, cwd=root, env=env, stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            until = time.monotonic() + START
            while not answers(port):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, "the survey does not start"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/survey"
        finally:
            process.send_signal(signal.SIGTERM)
            assert seconds_to_end(process, PATIENCE) < STOP and process.returncode == 0
    names = [path.name for path in data.iterdir() if path.is_file()]
    log_text = log.read_text()
    assert names == ["survey.sqlite"] or BUSY in log_text
    log_text = re.sub(f".*{BUSY}", "", log_text)
    here = f"http://127.0.0.1:{port}"
    public = variables.get("FADERNETS_PUBLIC_URL")
    expected = f"{public}/survey/, served at {here}." if public else f"{here}/survey/"
    assert log_text == f"The survey is at {expected}\n"


@pytest.fixture(scope="module")
def server(
    migrated: Path, mp3s: list[bytes], root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where a survey runs that is stopped after all tests, with participants on their way."""
    settings = Settings(data=tmp_path_factory.mktemp("survey") / "data")
    settings.audio.mkdir(parents=True)
    shutil.copy(migrated, settings.data / "survey.sqlite")
    database = Database(settings.database_url)
    small_study(database, settings, mp3s)
    database.close()
    with serving(settings.data, root) as url:
        yield url
        with httpx.Client(base_url=url) as client:
            Person.ready(client).step()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def raw(server: str, request: bytes) -> bytes:
    """What comes back for the bytes of a request, until the server closes."""
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # closed before all was read
            connection.sendall(request)
            while piece := connection.recv(65536):
                answer += piece
    return answer


def test_below_a_path(stored_study: Settings, root: Path, tmp_path: Path) -> None:
    """Whether the proxy takes the path away or hands it on, all addresses begin with it."""
    data = tmp_path / "data"
    shutil.copytree(stored_study.data, data)
    with (
        serving(data, root, FADERNETS_PUBLIC_URL="https://example.org/music") as url,
        httpx.Client(base_url=url.removesuffix("/survey")) as client,
    ):
        for base in ("/survey", "/music/survey"):
            page = client.get(f"{base}/s/small").text
            addresses = re.findall(r'(?:href|src|data-base)="([^"]*)"', page)
            assert addresses and all(address.startswith("/music/survey") for address in addresses)
            assert client.get(f"{base}/").headers["location"] == "/music/survey/s/small"
            script = client.get(f"{base}/static/consent.js")
            assert script.status_code == 200 and "javascript" in script.headers["content-type"]
            joined = client.post(f"{base}/api/join", json={"study": "small", "consent": True})
            assert joined.json()["url"].startswith("/music/survey/p/")


def test_a_whole_way(server: str) -> None:
    with httpx.Client(base_url=server.removesuffix("/survey")) as client:
        person = Person.ready(client, base="/survey")
        clip = client.get(person.state()["trial"]["clips"]["first"])
        assert clip.status_code == 200 and clip.headers["content-type"] == "audio/mpeg"
        assert "server" not in clip.headers
        assert person.finish(comment="not for the log")["stage"] == "finished"
        assert client.get("/").headers["location"] == "/survey/"
        assert person.post("withdraw", confirm=True).json() == {"withdrawn": True}


def test_a_script_behind_the_proxy_is_one_visitor_of_many(
    stored_study: Settings, root: Path, tmp_path: Path
) -> None:
    """Whom a trusted proxy names counts: a person beside the script is let in."""
    data = tmp_path / "data"
    shutil.copytree(stored_study.data, data)
    ask = {"study": "small", "consent": True}
    script, person = ({"x-forwarded-for": name} for name in ("203.0.113.7", "198.51.100.9"))
    with serving(data, root) as url, httpx.Client(base_url=url) as client:
        statuses = [
            client.post("/api/join", json=ask, headers=script).status_code for _ in range(100)
        ]
        assert statuses[0] == 201 and set(statuses) == {201, 429}  # now and then one more is let in
        assert client.post("/api/join", json=ask, headers=person).status_code == 201


@ONE
def test_stopping_waits_for_nobody(
    settings: Settings, study: Study, database: Database, root: Path
) -> None:
    """Somebody has the database to himself, others wait for it, and one sends half a request.

    Who waits, for the database or for a turn, is told so, and that it is no fault.
    """
    database.close()
    heard: list[httpx.Response] = []
    with contextlib.ExitStack() as afterwards, serving(settings.data, root) as server:
        locking = sqlite3.connect(settings.data / "survey.sqlite", isolation_level=None)
        afterwards.callback(locking.close)
        locking.execute("BEGIN EXCLUSIVE")
        address = urlsplit(server)
        half = socket.create_connection((address.hostname, address.port))
        afterwards.callback(half.close)
        half.sendall(b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")

        def join() -> None:
            ask, language = {"study": "small", "consent": True}, {"Accept-Language": "de"}
            heard.append(
                httpx.post(f"{server}/api/join", json=ask, headers=language, timeout=PATIENCE)
            )

        waiting = [threading.Thread(target=join, daemon=True) for _ in range(2 * MOST_UNDER_WAY)]
        for one in waiting:
            one.start()
        time.sleep(0.5)
    for one in waiting:
        one.join(PATIENCE)
    assert [answer.status_code for answer in heard] == [503] * len(waiting)
    assert all(int(answer.headers["retry-after"]) > 0 for answer in heard)
    ending, busy = (texts.load("de")(f"refused.{key}") for key in ("ending", "busy"))
    messages = Counter(answer.json()["message"] for answer in heard)
    assert messages.keys() <= {ending, busy} and messages[ending] >= MOST_UNDER_WAY


GARBAGE = (
    b"h0stile\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01h0stile\r\n\r\n",
    b"GET /survey/h0stile HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /survey/s/h0stile\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /survey/s/h0stile\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /survey/s/x HTTP/1.1\r\nHost: x\r\nX-Own: " + b"h0stile" * 20_000 + b"\r\n\r\n",
    b"GET /survey/" + b"h0stile" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Length: h0stile\r\n\r\n",
    b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Content-Length: 6\r\n\r\nh0stile",
    b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\nh0stile\r\n",
    b"BREW /survey/h0stile HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
)


def test_what_is_no_request(server: str) -> None:
    """Refused, repeated nowhere, and not worth a line in the log, which the fixture reads."""
    for content in GARBAGE:
        answer = raw(server, content)
        assert re.match(rb"HTTP/1.1 4\d\d |$", answer), (content[:60], answer[:200])
        assert b"h0stile" not in answer and b"Traceback" not in answer
    cut = urlsplit(server)  # and one that leaves in the middle
    with socket.create_connection((cut.hostname, cut.port)) as connection:
        connection.sendall(
            b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
        )
    with httpx.Client(base_url=server) as client:
        assert client.get("/healthz").json()["ok"]


def test_two_lengths_of_a_body_end_the_connection(server: str) -> None:
    """A proxy may believe the other one, and the rest would be somebody else's request."""
    first, rest = (
        f"{kind} /survey/{place} HTTP/1.1\r\nHost: x\r\n".encode()
        for kind, place in (("POST", "api/join"), ("GET", "healthz"))
    )
    body = b"0\r\n\r\n" + rest + b"\r\n"
    length, chunked = b"Content-Length: %d\r\n" % len(body), b"Transfer-Encoding: chunked\r\n"
    for header in (length + chunked, chunked + length, b"Content-Length: 0\r\n" + chunked):
        answer = raw(server, first + header + b"\r\n" + body)
        assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1
    for header in (b"Content-Length: 5\r\n", chunked):  # one alone is no reason to hang up
        part = body[:5] + rest + b"Connection: close\r\n\r\n"
        assert raw(server, first + header + b"\r\n" + part).count(b"HTTP/1.1 ") == 2


OUTWARDS = (
    "/survey/audio/../../../../etc/passwd",
    "/survey/audio/%2e%2e/%2e%2e/survey.sqlite",
    "/survey/audio/..%2f..%2fsurvey.sqlite",
    "/survey/audio//etc/passwd",
    "/survey/audio/%00",
    "/survey/static/../app.py",
    "/survey/static/%2e%2e/app.py",
    "/survey/static//etc/passwd",
    "/survey/../survey/app.py",
)


def test_no_path_leads_out(server: str) -> None:
    for path in OUTWARDS:
        answer = raw(
            server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        assert answer.startswith(b"HTTP/1.1 404 "), path
        assert b"root:" not in answer and b"SQLite" not in answer and b"import" not in answer


def test_a_body_without_an_announced_length_has_an_end(server: str) -> None:
    head = (
        b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    answer = raw(server, head + chunk * (BODY_BYTES // 4096 + 1) + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


@ONE
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("FADERNETS_ADMIN_TOKEN", "short", "at least 16 are needed"),
        ("DATABASE_URL", "mysql://host/name", "not sqlite or postgresql"),
        ("FADERNETS_PROXIES", "somebody", "FADERNETS_PROXIES must be addresses or networks"),
    ],
)
def test_settings_that_cannot_be(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    reason: str,
) -> None:
    monkeypatch.setenv("FADERNETS_DATA", str(settings.data))
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "set_up", lambda: None)  # it would take the test's own log away
    assert main(["--port", "0"]) == 2
    sentence = capsys.readouterr().err
    assert (
        sentence.startswith("survey: ") and reason in sentence and len(sentence.splitlines()) == 1
    )


def test_a_port_that_is_taken_is_a_sentence_and_no_address(root: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "survey", "--port", str(port)]
        env = os.environ | {"FADERNETS_DATA": str(tmp_path)}
        ended = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    sentence = f"survey: cannot use 127.0.0.1, port {port}: Address already in use.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", sentence)
