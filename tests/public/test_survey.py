"""The listening test as strangers reach it: alone, and beside the page in both ways it starts."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from survey.core.http_guard import HEADERS
from survey.core.logs import FILE_BYTES
from tests.public.server import ALONE, TOKEN, Server, serving
from tests.survey.manager import SAME, Manager, basic
from tests.survey.person import Person
from tests.survey.test_hostile import (
    BEHIND_THE_WALL,
    BODIES,
    MARK,
    METHODS,
    ODD,
    PARTS,
    QUERIES,
    filled,
    table,
)

LOG = "log.txt"
SHARE = 8  # of the hostile requests of `tests.survey.test_hostile` one is sent
FAULT = "IsADirectoryError at "
NO_FAULT = "many wrong tokens are sent to the admin's pages"  # said in the log once a minute
pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=[ALONE, "space"])
def survey(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server of these tests' own: they use up its places, and close its study."""
    way: str = request.param
    folder = tmp_path_factory.mktemp(way)
    (folder / LOG).write_bytes(b"x" * (FILE_BYTES - 10))
    with serving(way, folder, FADERNETS_LOG=str(folder / LOG)) as server:
        yield server
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0, server.log_text()
    assert faults(server) == set(), server.log_text()
    log = (folder / LOG).read_text()
    assert all(line.endswith(NO_FAULT) or FAULT in line for line in log.splitlines()), log


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``python -m survey``."""
    with serving(ALONE, tmp_path_factory.mktemp("alone")) as server:
        yield server


def faults(server: Server) -> set[str]:
    """What the server has printed but where it is, and whom it believes."""
    places = re.compile(
        r".* (is|are) at http.*|\* Running on .*|\* To create a public link.*|Closing server .*|"
        r"X-Forwarded-For is believed of .*|"
    )
    return {line for line in server.log_text().splitlines() if not places.fullmatch(line)}


def hostile_requests(path: str) -> Iterator[tuple[str, dict]]:
    """Addresses and what goes with them, as `httpx` takes it; without an end of the world."""
    real = filled(path, "1", "")
    for part in PARTS:
        yield filled(path, part), {}
    for query in QUERIES:
        yield f"{real}?{query}", {}
    for kind, content in BODIES:
        yield real, {"headers": {"Content-Type": kind}, "content": content}
    for odd in ODD:
        yield real, {"headers": odd}
    for method in METHODS:
        yield real, {"method": method}


def askers(path: str, own: dict[str, str]) -> list[dict[str, str]]:
    if path.startswith("/admin") and not path.endswith("/preview"):
        return [{}, basic(TOKEN) | SAME, {"Authorization": f"Bearer {TOKEN}"}]
    return [{}, own]


def check(answer: httpx.Response, secrets: tuple[str, ...]) -> None:
    what = f"{answer.request.method} {answer.request.url} {dict(answer.request.headers)}"[:300]
    text = answer.text + repr(answer.headers)
    assert answer.status_code < 500, what
    assert not [secret for secret in secrets if secret in text], what
    assert "server" not in answer.headers, what
    for name in HEADERS:
        if "survey" in str(answer.request.url) or name != "cache-control":
            assert len(answer.headers.get_list(name)) == 1, (name, what)
    if answer.status_code >= 400:
        assert not [word for word in BEHIND_THE_WALL if word in text], (what, text[:300])


OUTSIDE = ["", "survey", "nothing", "survey2", ".env", "docs", "openapi.json", "metrics", "%00"]


@pytest.mark.parametrize("address", [*OUTSIDE, "survey/a%0d%0aX-Own:%201"])
def test_beside_the_survey_there_is_nothing(alone: Server, address: str):
    """Not even a page of the framework's: a sentence, and every answer's headers."""
    with httpx.Client(base_url=alone.url) as client:
        for method in ("GET", "POST", "HEAD", "BREW"):
            answer = client.request(method, address, headers={"Host": "evil.example"})
            check(answer, (TOKEN,))
            assert "evil" not in repr(answer.headers) and "x-own" not in answer.headers
            if answer.status_code == 307:
                assert answer.headers["location"] == "/survey/"
            elif method != "HEAD":
                assert answer.status_code in (404, 405), answer
                assert answer.json()["message"].endswith(".")


def test_no_file_but_the_surveys_own_is_given(survey: Server, tmp_path: Path):
    (tmp_path / "secret.mp3").write_text(MARK)
    paths = [
        tmp_path / "secret.mp3", "/etc/passwd", "/proc/self/environ", "/dev/zero",
        survey.data / "survey.sqlite", "../survey.sqlite", "../../survey/app.py",
    ]  # fmt: skip
    place = urlsplit(survey.url)
    for path in paths:
        for prefix in ("audio/", "static/", "static//", "admin/studies/small/export/", "preview/"):
            for form in (
                str(path),
                str(path).replace("/", "%2f"),
                str(path).replace("..", "%2e%2e"),
            ):
                head = f"Host: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}"
                request = f"GET /survey/{prefix}{form} HTTP/1.1\r\n{head}\r\n\r\n".encode()
                with socket.create_connection((place.hostname, place.port), 20) as stranger:
                    stranger.sendall(request)
                    answer = b""
                    while part := stranger.recv(65536):
                        answer += part
                        assert len(answer) < 10**6
                assert re.match(rb"HTTP/1.1 (404|307|405|422) ", answer), (request, answer[:200])
                assert not re.search(rb"h0stile|root:|SQLite|import ", answer), answer[:300]


def test_wrong_tokens_lock_nobody_out(survey: Server):
    """Neither the admin in a browser nor a script, whoever else guesses, and however."""
    for guess in [{"Authorization": "Bearer wrong"}, basic("wrong")] * 6:
        assert survey.ask("survey/admin", headers=guess).status in (401, 429)
    assert survey.ask("survey/admin", headers={"Authorization": "Bearer wrong"}).status == 429
    for right in ({"Authorization": f"Bearer {TOKEN}"}, basic(TOKEN)):
        assert survey.ask("survey/admin", headers=right).status == 200


def test_the_log_has_a_line_and_no_values_and_makes_room(survey: Server):
    """What the tests before have sent: wrong tokens."""
    log = survey.data.parent / LOG
    assert (log.with_name(f"{LOG}.1")).read_bytes() == b"x" * (FILE_BYTES - 10)
    (line,) = log.read_text().splitlines()
    assert re.fullmatch(rf"[-0-9]+ [:,0-9]+ WARNING [a-z.]+: {NO_FAULT}", line)


def test_a_fault_of_the_server_is_one_line_of_the_log(survey: Server):
    """And in an answer nothing, here not even a status: its head was sent already."""
    with httpx.Client(base_url=survey.url) as client:
        person = Person.ready(client, base="/survey")
        address = person.state()["trial"]["clips"]["first"]
        for clip in list((survey.data / "audio").iterdir()):
            clip.rename(clip.with_suffix(".kept"))
            clip.mkdir()
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(address)
        for moved in (survey.data / "audio").glob("*.kept"):
            moved.with_suffix(".mp3").rmdir()
            moved.rename(moved.with_suffix(".mp3"))
        assert client.get(address).status_code == 200
    *_, line = (survey.data.parent / LOG).read_text().splitlines()
    assert FAULT in line and "/" not in line and clip.stem not in line


def test_a_clip_that_is_gone_is_noticed_and_so_is_its_coming_back(survey: Server):
    clip = next((survey.data / "audio").iterdir())
    for name, status in (("gone", 503), (clip.name, 200)):
        clip = clip.rename(clip.with_name(name))
        until = time.monotonic() + 60
        while (answer := survey.ask("survey/healthz")).status != status:
            assert time.monotonic() < until, answer
            time.sleep(0.3)
        assert answer.json()["ok"] is (status == 200) and str(survey.data) not in answer.text


def test_whatever_is_sent_is_refused_and_nothing_given_away(survey: Server):
    """A part of what `tests.survey.test_hostile` sends, over HTTP; the log says nothing of it."""
    dice, count = random.Random(8), 0
    secrets = (TOKEN, str(survey.data), str(survey.temporary))
    with httpx.Client(base_url=f"{survey.url}survey", timeout=60) as client:
        own = Person.ready(client).headers
        for method, path in table():
            for headers in askers(path, own):
                for address, options in hostile_requests(path):
                    if dice.randrange(SHARE):
                        continue
                    request = {"method": method, **options}
                    request["headers"] = headers | options.get("headers", {})
                    with contextlib.suppress(httpx.InvalidURL, httpx.LocalProtocolError):
                        answer = client.request(url=address, **request)
                        check(answer, secrets)
                        count += 1
        assert client.get("/api/state", headers=own).status_code == 200
    assert count > 500
    assert survey.ask("survey/healthz").json()["ok"] is True


def test_a_burst_of_joins_is_told_when_to_come_again(survey: Server):
    with httpx.Client(base_url=survey.url, timeout=60) as client, contextlib.suppress(KeyError):
        # What was sent before may have closed the study; where it is open there is no such form.
        Manager(client, TOKEN, base="/survey").send("/studies/small", "/studies/small/open")
    body = {"study": "small", "consent": True}
    answers = [survey.ask("survey/api/join", body) for _ in range(150)]
    refused = [each for each in answers if each.status != 201]
    assert refused and {each.status for each in refused} <= {429, 503}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert all(each.json()["message"].endswith(".") for each in refused)


def test_it_ends_in_time_and_keeps_every_answer_that_it_has_acknowledged(tmp_path: Path):
    """With people in mid-answer, an address that is never read, and half a request."""
    with serving(ALONE, tmp_path) as server, contextlib.ExitStack() as stack:
        place = urlsplit(server.url)
        for request in (
            b"POST /survey/api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
            b"GET /survey/admin HTTP/1.1\r\n",
            b"GET /survey/static/check-left.mp3 HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            stranger = stack.enter_context(socket.create_connection((place.hostname, place.port)))
            stranger.sendall(request)
        acknowledged: list[int] = []
        is_under_way = threading.Event()

        def take_part() -> None:
            count = 0
            with (
                contextlib.suppress(httpx.HTTPError, AssertionError, TypeError),
                httpx.Client(base_url=f"{server.url}survey", timeout=20) as client,
            ):
                person = Person.ready(client)
                try:
                    while person.step()["trial"]:
                        count += 1
                        is_under_way.set()
                finally:
                    acknowledged.append(count)

        people = [threading.Thread(target=take_part) for _ in range(6)]
        for each in people:
            each.start()
        assert is_under_way.wait(60), "nobody has answered"
        time.sleep(1)
        end(server, people)
        with closing(sqlite3.connect(server.data / "survey.sqlite")) as database:
            stored = database.execute("SELECT count(*) FROM answers").fetchone()[0]
        assert stored >= sum(acknowledged) > 0
        assert [path.name for path in server.data.iterdir() if path.is_file()] == ["survey.sqlite"]


def test_it_ends_in_time_while_it_makes_a_study(tmp_path: Path):
    with serving(ALONE, tmp_path) as server:
        form = {"name": "another", "pairs": "10", "strengths": "1", "seed": "3"}
        form |= {"language": "en", "checkpoint": "arranger"}
        right = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"{server.url}survey", headers=right, timeout=60) as client:
            begun = client.post("/admin/new", data=form)
            assert begun.status_code == 303, begun.text
            until = time.monotonic() + 120
            while not re.search(r"\d+ of \d+", page := client.get("/admin/build/live").text):
                assert time.monotonic() < until, page
                time.sleep(0.1)
        builder = children(server)
        assert builder
        end(server, [])
        assert not any(Path(f"/proc/{number}").exists() for number in builder)
        with closing(sqlite3.connect(server.data / "survey.sqlite")) as database:
            names = database.execute("SELECT name FROM studies").fetchall()
        assert names == [("small",)]


def children(server: Server) -> list[int]:
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]


def end(server: Server, people: list[threading.Thread]) -> None:
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0
    print(f"ended after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 20  # 10 on an idle machine
    for each in people:
        each.join(30)
    assert faults(server) == set(), server.log_text()
    with closing(sqlite3.connect(server.data / "survey.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
