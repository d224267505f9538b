"""Two servers on one PostgreSQL behind a real nginx, as deploy/ has them: none is missed."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from benchmarks import several_servers
from benchmarks.several_servers import CONFIG, NAMES, proxied
from benchmarks.survey import serving, survey_study
from benchmarks.survey.crowd import AnswerBook, CrowdMember, harm
from benchmarks.survey_kills import client
from db.database import Database
from tests import nginx
from tests.postgres import EMPTY
from tests.postgres import Server as PostgresServer
from tests.survey.manager import Forms, Manager

ROOT = CONFIG.parents[1]
CLIENTS, ANSWERS, KILLS = 6, 24, 4
GATEWAY = "172.30.7.1"  # of the network of compose.yaml
TOKEN = "a-long-enough-token-of-the-admin"

pytestmark = [pytest.mark.server, pytest.mark.postgres]


class Two:
    """Two survey servers, of which one may be dead, and the address of both."""

    def __init__(self, servers: list[serving.Mortal], url: str, database: str) -> None:
        self.servers, self.url, self.database = servers, url, database


@pytest.fixture
def two(postgres: PostgresServer, tmp_path: Path) -> Iterator[Two]:
    nginx.require()
    url = postgres.create()
    env = serving.environment(tmp_path / "data", url) | {"FADERNETS_ADMIN_TOKEN": TOKEN}
    serving.study(env)
    with ExitStack() as stack:
        servers = []
        for _ in NAMES:
            server = serving.Mortal(env, serving.free_port())
            server.start()
            stack.callback(server.stop)
            servers.append(server)
        for server in servers:
            server.wait()
        folder = tmp_path / "nginx"
        folder.mkdir()
        port = stack.enter_context(proxied([server.port for server in servers], folder))
        yield Two(servers, f"http://127.0.0.1:{port}/survey", url)


async def _kill_in_turn(two: Two) -> tuple[AnswerBook, Counter[str]]:
    """People take part while one server after the other is killed and comes back."""
    book, ending, tls = AnswerBook(), asyncio.Event(), httpx.create_ssl_context()
    arguments = two.url, survey_study.NAME, book
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(client(*arguments, f"several {number}", ending, tls))
        for number in range(KILLS):
            aim = len(book.acknowledged) + ANSWERS // KILLS
            server = two.servers[number % 2]
            async with asyncio.timeout(120):
                while len(book.acknowledged) < aim:
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(server.kill)
                while len(book.acknowledged) < aim + 2:  # the other one goes on alone
                    await asyncio.sleep(0.02)
                await asyncio.to_thread(server.start)
                await asyncio.to_thread(server.wait)
        ending.set()
    return book, book.failures


def test_a_killed_server_loses_nothing_and_keeps_nobody_waiting(two: Two) -> None:
    book, _ = asyncio.run(_kill_in_turn(two))
    database = Database(two.database)
    try:
        compared = book.compared(database, survey_study.NAME)
    finally:
        database.close()
    assert harm(compared) == {}
    assert compared["answers_acknowledged"] >= ANSWERS
    assert compared["answers_unacknowledged"] == 0


def test_each_server_knows_what_the_other_was_told(two: Two) -> None:
    """Every request of one person goes to the server that did not take the one before."""
    direct = [f"http://127.0.0.1:{server.port}/survey" for server in two.servers]

    async def take_part() -> str:
        person = CrowdMember(
            two.url,
            survey_study.NAME,
            AnswerBook(),
            random.Random(0),
            0.2,
            httpx.create_ssl_context(),
        )
        try:
            state = await person.join()
            for number in range(6):
                person.url = direct[number % 2]
                assert await person.state() == state
                person.url = direct[1 - number % 2]
                await person.hear(state["trial"]["id"])
                state = await person.answer(state["trial"]["id"])
            return person.token
        finally:
            await person.leave()

    token = asyncio.run(take_part())
    for url in direct:
        answer = httpx.get(f"{url}/api/state", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["progress"]["done"] == 6 - survey_study.PRACTICE
        health = httpx.get(f"{url}/healthz")
        assert health.status_code == 200 and health.json()["database"] == "ok"


def test_an_admins_form_of_one_server_is_taken_by_the_other(two: Two) -> None:
    """As where the admin's own server has ended between page and press."""
    clients = [httpx.Client(base_url=f"http://127.0.0.1:{each.port}") for each in two.servers]
    with clients[0], clients[1]:
        first, second = (Manager(client, TOKEN, "/survey") for client in clients)
        page = f"/studies/{survey_study.NAME}"
        assert second.post(f"{page}/close", first.form(page, f"{page}/close")).status_code == 303
        assert "closed" in first.get(page).text
        assert clients[0].get(f"/survey/s/{survey_study.NAME}").text.count("takes no more answers")


def test_a_preview_stays_with_the_server_that_knows_it(two: Two) -> None:
    """Each of its requests, though nginx leads those of participants to both in turn."""
    with httpx.Client() as client:
        manager = Manager(client, TOKEN, two.url)
        page = f"/studies/{survey_study.NAME}"
        path = urlsplit(two.url).path
        forms = dict(Forms(manager.get(page).text).forms)
        answer = manager.post(f"{page}/preview", forms[f"{path}/admin{page}/preview"])
        assert answer.status_code == 303
        begins = f"{two.url.removesuffix(path)}{answer.headers['location']}"
        assert "/survey/preview/" in begins
        pages = [client.get(begins, follow_redirects=True) for _ in range(6)]
    assert [page.status_code for page in pages] == [200] * 6


@pytest.mark.parametrize(("page", "field"), [("sounds", "sounds"), ("phrases", "music")])
def test_what_a_study_is_made_of_comes_through_the_proxy(two: Two, page: str, field: str) -> None:
    """More than what visitors may send."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    files = {field: ("sounds.zip", bytes(22 * 1024**2), "application/zip")}
    with httpx.Client(headers=headers) as client:
        answer = client.post(f"{two.url}/admin/new/{page}", files=files, data={"name": "new"})
        assert answer.status_code == 422 and "no ZIP file that can be read" in answer.text
        elsewhere = client.post(f"{two.url}/admin/new", files=files)
        assert elsewhere.status_code == 413


def test_the_benchmark_compares_what_was_acknowledged(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nginx.require()
    few = "--participants 2 --pace 1 --minutes .02 --visitors 2 --seconds 1 --arrival 1"
    out = tmp_path / "report.json"
    options = ["--database", postgres.create(EMPTY), *few.split(), "--out", str(out)]
    assert several_servers.main(options) == 0
    report = json.loads(out.read_text())
    assert report["participants"]["joins_acknowledged"] == 2
    assert report["participants"]["requests"]["answer"]["n"] > 0
    assert report["visitors"]["moves"] == 2 and report["visitors"]["n"] > 0
    assert len(report["shares_of_work"]) == 2


def test_an_image_gets_what_a_server_needs_and_no_answers_or_secrets() -> None:
    """What lies in the folder beside it, an environment, answers, stays out: none is named."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    everything, *exceptions, caches = [line for line in lines if not line.startswith("#")]
    assert (everything, caches) == ("*", "**/__pycache__")
    allowed = {name.removeprefix("!") for name in exceptions}
    assert all(name.startswith("!") and (ROOT / name[1:]).exists() for name in exceptions)
    assert {"demo", "survey", "db", "fadernets"} <= allowed
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert allowed.isdisjoint(line.strip("/") for line in ignored if not line.startswith("#"))
    dockerfile = (CONFIG.parent / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY --chown=\S+ (.+) \S+$", dockerfile, re.MULTILINE)
    assert {name for names in copied for name in names.split()} - {"."} <= allowed


class Echo(BaseHTTPRequestHandler):
    """Answers which of the servers it is, and whom the proxy says that it asks for."""

    def do_GET(self) -> None:
        content = f"{self.server.server_address[1]} {self.headers['x-forwarded-for']}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def test_visitors_whom_another_proxy_speaks_for_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS ends before this proxy, on the same machine, whose address is then the gateway's."""
    nginx.require()
    text = CONFIG.read_text(encoding="utf-8")
    (tmp_path / "here.conf").write_text(text.replace(GATEWAY, "127.0.0.1"))
    monkeypatch.setattr(several_servers, "CONFIG", tmp_path / "here.conf")
    visitors = [f"203.0.113.{number}" for number in range(1, 9)]
    with ExitStack() as stack:
        servers = [stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Echo)) for _ in NAMES]
        for server in servers:
            Thread(target=server.serve_forever).start()
            stack.callback(server.shutdown)
        port = stack.enter_context(proxied([s.server_address[1] for s in servers], tmp_path))
        address = f"http://127.0.0.1:{port}/"
        answers = [httpx.get(address, headers={"x-forwarded-for": v}).text for v in visitors]
    ports, addresses = zip(*(answer.split() for answer in answers), strict=True)
    assert list(addresses) == visitors
    assert len(set(ports)) == len(NAMES)


def test_compose_starts_what_nginx_is_told_of() -> None:
    compose = yaml.safe_load((CONFIG.parent / "compose.yaml").read_text(encoding="utf-8"))
    (network,) = compose["networks"]["inside"]["ipam"]["config"]
    assert network["gateway"] == GATEWAY
    assert f"set_real_ip_from {GATEWAY};" in CONFIG.read_text(encoding="utf-8")
    services = compose["services"]
    assert set(services) == {*NAMES, "database", "proxy"}
    assert {line.split(":")[0] for line in services["proxy"]["volumes"]} == {f"./{CONFIG.name}"}
    servers = set(re.findall(r"server (\w+):7860;", CONFIG.read_text(encoding="utf-8")))
    assert servers == set(NAMES)
    for name in NAMES:
        build = services[name]["build"]
        assert (CONFIG.parent / build["context"] / build["dockerfile"]).is_file()
        known = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
        assert all(f"`{variable}`" in known for variable in services[name]["environment"])
        volumes = {volume.split(":")[0] for volume in services[name]["volumes"]}
        assert volumes <= set(compose["volumes"])
