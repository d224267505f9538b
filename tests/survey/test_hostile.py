"""Hostile requests to every route of the survey: refused in a sentence, not logged.

The routes are read from the application itself, so that a new one is tried as well.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import update

from db.database import Database
from db.models import Study
from survey.app import add_routes, close, create_app
from survey.core.http_guard import HEADERS
from survey.core.settings import Settings
from tests.postgres import KINDS
from tests.survey.client import Client
from tests.survey.conftest import ADMIN, ROOT_OF_TESTS, small_study
from tests.survey.manager import SAME, basic
from tests.survey.person import Person

MARK = "h0stile"  # in every value that is sent
DEEP = 3000
BEHIND_THE_WALL = ("Traceback", "pydantic", "sqlalchemy", "psycopg", "sqlite3", ".py", "Errno")
# What is in an address in place of each of its parts.
PARTS = (
    MARK,
    f"..%2f..%2f{MARK}",
    f"%2e%2e/{MARK}",
    f"{MARK}%00",
    f"{MARK}%ff%fe",
    f"{MARK}%ed%a0%80",
    f"{MARK}%0d%0aX-Own: 1",
    f"{MARK}'%20OR%20''='",
    f"%3Cscript%3E{MARK}",
    "9" * 5000,
    MARK * 1000,
    f"{MARK}%F0%9F%8E%B9",
    "-1",
)
QUERIES = (
    f"invite={MARK}&page={MARK}&again={MARK}",
    "invite=%00&page=%00",
    f"page={'9' * 5000}",
    f"invite={MARK}%ff&page=%ff",
    "&".join(f"{MARK}{number}=1" for number in range(3000)),
    f"invite={MARK * 2000}",
    f"{MARK}",
)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
WORDS = {
    **{"study": MARK, "consent": MARK, "trial": MARK, "submission": MARK, "direction": MARK},
    **{"rhythm": 10**400, "melody": True, "comment": f"{MARK}\ud800", "confirm": MARK},
    **{"side": MARK, "event": [MARK], "left": {MARK: MARK}, "ok": None, "age_band": MARK},
}
BODIES: tuple[tuple[str, bytes], ...] = (
    (JSON, b""),
    (JSON, json.dumps(WORDS).encode()),
    (JSON, b'{"study": "small", "consent": true, "invitation": "' + MARK.encode() + b'"}'),
    (JSON, b'{"study": "' + MARK.encode() + b'", "study": "small\\u0000", "consent": true}'),
    (JSON, b'{"trial": "' + MARK.encode() + b'\\u0000\\ud800"}'),
    (JSON, b'{"rhythm": 1e400, "seconds": ' + b"9" * 6000 + b"}"),
    (JSON, b"[" * DEEP + MARK.encode()),
    (JSON, b'{"study":' * DEEP + b"1" + b"}" * DEEP),
    (JSON, MARK.encode() + b"\xff\xfe\x00"),
    (JSON, b"\xef\xbb\xbf{}"),
    ("application/json; charset=utf-16", MARK.encode("utf-16")),
    (FORM, b"&".join(b"a%d=1" % number for number in range(2500))),
    (FORM, b"&" * 10_000),
    (FORM, b"&".join(b"%d=" % number for number in range(10_000))[:32_000]),
    (FORM, f"form={MARK}&count={MARK}&participants={MARK}&lease={MARK}&title=%00".encode()),
    (FORM, f"count={'9' * 5000}&participants=1e999&seed=-{MARK}&name={MARK}".encode()),
    (FORM, f"count=1&label={MARK}%00&title=new&participants=1&language={MARK}".encode()),
    (FORM, f"count=1&label={'x' * 5000}".encode()),
    (FORM, b"form=%ff&count=%ed%a0%80"),
    ("multipart/form-data; boundary=x", f"--x\r\n\r\n{MARK}\r\n".encode() * 100),
    ("multipart/form-data", MARK.encode()),
    ("text/plain", MARK.encode()),
    (f"{MARK}/{MARK}", MARK.encode()),
    (JSON, b"x" * 40_000),
)
ODD: tuple[dict[str, str], ...] = (
    {"X-Own": MARK * 8000},
    {f"X-{number}": MARK for number in range(500)},  # type: ignore[dict-item]
    {"Authorization": f"Basic {MARK}"},
    {"Authorization": "Basic " + base64.b64encode(b"\xff:\x00" + MARK.encode()).decode()},
    {"Authorization": f"Bearer {MARK * 500}"},
    {"Authorization": f"Digest username={MARK}"},
    {"Host": f"[{MARK}"},
    {"Host": f"{MARK}:99999999"},
    {"Host": f'"><script>{MARK}'},
    {"Range": f"bytes={MARK}"},
    {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(2000))},
    {"Range": f"bytes={'9' * 5000}-"},
    {"Content-Length": f"-{MARK}"},
    {"Content-Length": "9" * 5000},
    {"If-None-Match": MARK, "If-Modified-Since": MARK, "If-Range": MARK},
    {"X-Forwarded-Proto": MARK, "X-Forwarded-Host": MARK, "Forwarded": f"host={MARK}"},
    {"Origin": f"http://[{MARK}", "Sec-Fetch-Site": MARK, "Referer": MARK},
    {"Accept": f"text/html,{MARK}", "Accept-Language": MARK, "Accept-Encoding": MARK},
    {"Cookie": f"a={MARK}", "Transfer-Encoding": MARK, "Expect": MARK, "Upgrade": MARK},
)
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "X" * 200)


def table() -> list[tuple[str, str]]:
    """Method and path of every route there is, from the application's own account of them."""
    app = FastAPI()
    add_routes(app)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that GET and HEAD are one function
        paths = app.openapi()["paths"]
    mounted = [("get", f"{route.path}/{{file}}") for route in app.routes if is_mount(route)]
    own = [(method, path) for path, methods in paths.items() for method in methods]
    routes = {(method.upper(), path) for method, path in [*own, *mounted] if method != "head"}
    return sorted(routes)  # FastAPI gives the methods of a path in any order


def is_mount(route: object) -> bool:
    return type(route).__name__ == "Mount"


@dataclass
class Site:
    """A survey in which somebody takes part, and who asks it."""

    client: TestClient
    person: Person
    secrets: tuple[str, ...]

    def askers(self, path: str) -> list[dict[str, str]]:
        """Headers of a stranger, and of those who are at home at an address."""
        if path.endswith("/preview"):
            return [{}, basic(ADMIN) | SAME]  # a script would start one each time
        if path.startswith("/admin"):
            return [{}, basic(ADMIN) | SAME, {"Authorization": f"Bearer {ADMIN}"}]
        return [{}, self.person.headers]


@pytest.fixture(scope="module", params=KINDS)
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    migrated: Path,
    mp3s: list[bytes],
) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("hostile")
    (data / "audio").mkdir()
    if request.param == "sqlite":
        shutil.copy(migrated, data / "survey.sqlite")
        url = f"sqlite:///{data / 'survey.sqlite'}"
    else:
        url = request.getfixturevalue("postgres").create()
    settings = Settings(data=data, database_url=url, admin_token=ADMIN)
    database = Database(url)
    small_study(database, settings, mp3s)
    database.close()
    app = create_app(settings)
    with Client(app, follow_redirects=False) as client:
        yield Site(client, Person.ready(client), (str(data), str(ROOT_OF_TESTS), ADMIN))
    close(app)


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing of what is sent may come into the log, nor that it was a failure."""
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the tests' own client
    yield
    for record in caplog.records:
        message = record.getMessage()
        assert record.levelno < logging.ERROR and record.exc_info is None, message
        assert MARK not in message and ADMIN not in message
    assert "Traceback" not in caplog.text


def filled(path: str, part: str, only: str | None = None) -> str:
    """A route's path with its parts in braces replaced; with `only` all others are real names."""
    real = {"name": "small", "file": "ratings.csv"}
    return re.sub(
        r"\{(\w+)(:path)?\}",
        lambda match: part if only in (None, match[1]) else real.get(match[1], "1"),
        path,
    )


def check(response: Response, site: Site, gives_back: bool = False) -> None:
    """A response holds no secret and no internals; a refusal is one sentence.

    With `gives_back` it may show what the admin had filled into a form.
    """
    request = (
        response.request.method,
        response.request.url.path[:80],
        dict(response.request.headers),
    )
    assert response.status_code < 500, request
    text = response.text + repr(response.headers)
    assert gives_back or MARK not in text, request
    for secret in site.secrets:
        assert secret not in text, request
    for name in HEADERS:
        assert len(response.headers.get_list(name)) == 1, request
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    for word in BEHIND_THE_WALL:
        assert word not in text, (request, response.text[:300])
    if response.headers.get("content-type", "").startswith(JSON):
        body = response.json()
        assert set(body) <= {"error", "message", "state"}, request
        message = body["message"]
        assert message.endswith(".") and "\n" not in message and len(message) < 200, message


ROUTES = pytest.mark.parametrize(("method", "path"), table(), ids=lambda text: text)

# Where the kind of database makes no difference.
ONE = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


def test_the_table_has_all_there_is() -> None:
    routes = set(table())
    assert {("POST", "/api/answers"), ("GET", "/audio/{token}"), ("GET", "/healthz")} <= routes
    assert {("POST", "/admin/studies/{name}/open"), ("GET", "/static/{file}")} <= routes
    assert len(routes) > 40


@pytest.mark.slow
@ROUTES
def test_addresses(site: Site, quiet: None, method: str, path: str) -> None:
    names = [None, *re.findall(r"\{(\w+)", path)] if "{" in path else []
    for headers in site.askers(path):
        for name in names:
            for part in PARTS:
                address = filled(path, part, name)
                check(site.client.request(method, address, headers=headers), site)
        for query in QUERIES:
            address = f"{filled(path, '1', '')}?{query}"
            check(site.client.request(method, address, headers=headers), site)


@pytest.mark.slow
@ROUTES
def test_bodies(site: Site, quiet: None, method: str, path: str) -> None:
    """Sent to every route, and to the real study's where there is one."""
    for headers in site.askers(path):
        for kind, content in BODIES:
            response = site.client.request(
                method,
                filled(path, "1", ""),
                headers=headers | {"Content-Type": kind},
                content=content,
            )
            check(response, site, gives_back=path == "/admin/new")


@pytest.mark.slow
@ONE
@ROUTES
def test_headers(site: Site, quiet: None, method: str, path: str) -> None:
    for headers in site.askers(path):
        for odd in ODD:
            response = site.client.request(method, filled(path, "1", ""), headers=headers | odd)
            check(response, site)


@ONE
@ROUTES
def test_methods(site: Site, quiet: None, method: str, path: str) -> None:
    for headers in site.askers(path):
        for other_method in METHODS:
            response = site.client.request(other_method, filled(path, "1", ""), headers=headers)
            check(response, site)


@pytest.mark.slow
def test_the_survey_goes_on(site: Site) -> None:
    """After all that."""
    with site.client.app.state.database.write() as session:  # an admin's script has closed it
        session.execute(update(Study).values(state="open", invited_only=False))
    assert site.person.finish()["stage"] == "finished"
