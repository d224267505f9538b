"""Demo and listening test behind a real nginx: at the root of a host and below a path."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from fadernets.music import midi
from tests import nginx
from tests.conftest import patient, server_group
from tests.fadernets import tiny
from tests.proxied import BELOW, HOST, Running, Site, Through
from tests.public.server import TOKEN, fill
from tests.survey.manager import Forms, basic

FEW = 20  # connections of an address
FOREIGN = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "ftp",
    "X-Forwarded-Prefix": "/evil",
    "X-Gradio-Server": "https://evil.example",
    "Forwarded": "host=evil.example;proto=ftp",
    "Origin": "https://evil.example",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the listening test, with an open study of few tones."""
    folder = tmp_path_factory.mktemp("data")
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def running(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    nginx.require()
    instance = Running(data, tmp_path_factory)
    yield instance
    instance.close()


SITES = [
    pytest.param(
        (way, proxy),
        marks=[
            pytest.mark.server,
            pytest.mark.xdist_group(
                server_group("make_run") if proxy == "root" else f"proxy {way}"
            ),
        ],
        id=f"{way}-{proxy}",
    )
    # Each way of starting; tests/public has a Space at a root, without a proxy.
    for way, proxy in (("make-run", "stripped"), ("space", "kept"), ("make-run", "root"))
]


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest, running: Running) -> Iterator[Site]:
    """nginx takes the path away, hands it on, or there is none."""
    way, proxy = request.param
    path = "" if proxy == "root" else BELOW
    shared = request.getfixturevalue("make_run") if proxy == "root" else None
    server, ports = running.get(way, shared)
    with httpx.Client(transport=Through(ports[proxy]), timeout=60) as client:
        yield Site(f"{HOST}{path}/", client, ports[proxy], server)


def test_page_and_what_it_names(site):
    page = site.follow("")
    assert json.loads(site.get("config").text)["root"] == site.base.rstrip("/")
    assert f'"root":"{site.base.rstrip("/")}"' in page.text.replace(" ", "")
    assert urlsplit(site.server.url).netloc not in page.text
    loaded = site.load("", deep=False)
    kinds = {urlsplit(url).path.rpartition(".")[2] for url in loaded}
    assert {"js", "css"} <= kinds, loaded
    assert 'href=\\"survey/\\"' in page.text  # relative; the browser test follows it
    assert site.get("healthz").json()["model"] is True
    assert page.headers["cache-control"] == "private, no-cache"


def test_own_names_without_a_slash_lead_on(site):
    assert site.target(site.get("survey?a=b")) == f"{site.base}survey/?a=b"
    assert site.target(site.get("survey/")) == f"{site.base}survey/s/small"
    assert site.get("survey/nothing").status_code == 404
    if site.base != f"{HOST}/":
        assert site.target(site.get(site.base.rstrip("/"))) == site.base
        assert site.get(f"{HOST}/").status_code == 404  # nginx's own page


def test_a_file_goes_up_and_comes_down(site, tmp_path):
    piece = json.loads(site.run("load", "prelude")[0]["props"]["piece"])
    assert piece["name"]

    midi.write(tiny.piece(tiny.bars(3)), tmp_path / "own.mid")
    content = (tmp_path / "own.mid").read_bytes()
    upload = site.post("gradio_api/upload", files={"files": ("own.mid", content)})
    assert upload.status_code == 200, upload.text
    file_value = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
    piece = json.loads(site.run("upload", file_value)[0]["props"]["piece"])

    edit = {"piece": piece["id"], "first": 0, "last": 0, "rhythm": 0.9}
    bench, _ = site.run("ask", json.dumps(edit | {"number": 1}))
    assert json.loads(bench["props"]["answer"])["rolls"]
    file = site.run("save", json.dumps(edit | {"kind": "midi", "scope": "piece"}))[0]
    assert file["url"].startswith(f"{site.base}gradio_api/file="), file["url"]
    assert site.get(file["url"]).content.startswith(b"MThd")


def test_a_file_too_large_is_refused_by_the_demo_not_by_the_proxy(site):
    upload = site.post("gradio_api/upload", files={"files": ("big.mid", bytes(20_500_000))})
    assert upload.status_code == 413
    assert "20 MB" in upload.json()["error"]


def test_streams_are_not_held_back(site):
    began = time.monotonic()
    with site.client.stream("GET", f"{site.base}gradio_api/heartbeat/tests") as beat:
        assert next(beat.iter_text()) == "data: ALIVE\n\n"
        assert time.monotonic() - began < 10  # the next comes after 15 s

    content = midi.dump(tiny.piece(tiny.bars(3)))
    path = site.post("gradio_api/upload", files={"files": ("own.mid", content)}).json()[0]
    file_value = {"path": path, "meta": {"_type": "gradio.FileData"}}
    values = [file_value, 0.9, None, 1, None, None]
    event = site.post("gradio_api/call/slide", json={"data": values}).json()
    stream = site.get(f"gradio_api/call/slide/{event['event_id']}").text
    file, figures = json.loads(stream.partition("event: complete\ndata: ")[2].splitlines()[0])
    assert figures["after"]
    assert site.get(file["url"]).content.startswith(b"MThd")


def test_taking_part(site):
    consent = site.follow("survey/")
    assert str(site.browser_url(consent)) == f"{site.base}survey/s/small"
    assert len(site.load("survey/", deep=True)) > 5

    joined = site.post("survey/api/join", json={"study": "small", "consent": True})
    assert joined.status_code == 201, joined.text
    own = urljoin(site.base, joined.json()["url"])
    assert own.startswith(f"{site.base}survey/p/")
    assert len(site.load(own, deep=True)) > 10

    head = {"Authorization": f"Bearer {joined.json()['token']}"}
    assert site.get("survey/api/state", headers=head).json()["stage"] == "questions"
    site.post("survey/api/questions", headers=head, json={})
    sound = {"left": "left", "right": "right", "ok": True}
    state = site.post("survey/api/sound", headers=head, json=sound).json()
    clips = re.findall(r'"(/[^"]*/audio/[^"]+)"', json.dumps(state))
    assert clips, state
    for clip in clips:
        answer = site.get(urljoin(site.base, clip), headers={"Range": "bytes=0-99"})
        assert answer.status_code == 206
        assert answer.headers["content-type"] == "audio/mpeg"
        assert urljoin(site.base, clip).startswith(site.base)


def test_admin_invites(site):
    assert site.get("survey/admin").status_code == 401
    site.client.headers.update(basic(TOKEN))
    try:
        assert len(site.load("survey/admin", deep=True)) > 2
        page = site.follow("survey/admin/studies/small/invitations")
        action, values = next(form for form in Forms(page.text).forms if "count" in form[1])
        action = urljoin(str(site.browser_url(page)), action)
        assert action.startswith(site.base)
        values |= {"count": "1", "label": "behind a proxy"}
        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert site.post(action, data=values, headers=foreign).status_code == 403
        # Browsers that send no Sec-Fetch-Site: our own origin will do, and only that.
        foreign = {"Origin": "https://evil.example"}
        assert site.post(action, data=values, headers=foreign).status_code == 403
        invitations = site.post(action, data=values, headers={"Sec-Fetch-Site": "same-origin"})
        assert invitations.status_code == 200, invitations.text
        links = re.findall(r"https?://[^\s<]+invite=[^\s<]+", invitations.text)
        settings = site.follow("survey/admin/studies/small")
        assert f"{site.base}survey/s/small" in settings.text
        action, values = next(
            form for form in Forms(invitations.text).forms if "/revoke" in form[0]
        )
        revoked = site.post(urljoin(site.base, action), data=values, headers={"Origin": "null"})
        assert site.target(revoked) == f"{site.base}survey/admin/studies/small/invitations"
        action, values = next(
            form for form in Forms(invitations.text).forms if "/preview" in form[0]
        )
        preview_redirect = site.post(
            urljoin(site.base, action), data=values, headers={"Origin": HOST}
        )
        preview = site.target(preview_redirect)
        assert len(site.load(preview, deep=True)) > 5
    finally:
        del site.client.headers["authorization"]
    (link,) = links
    assert link.startswith(f"{site.base}survey/s/small?invite="), link
    assert "data-invitation" in site.follow(link).text


def test_headers_of_strangers(site):
    """What a client claims to be the address is not heeded, and nobody else may read answers."""
    for address in ("", "config", "survey/s/small", "gradio_api/info"):
        answer = site.get(address, headers=FOREIGN)
        assert answer.status_code == 200
        assert "evil" not in answer.text
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert site.target(site.get("survey", headers=FOREIGN)) == f"{site.base}survey/"
    admin = site.get("survey/admin", headers=FOREIGN | basic(TOKEN))
    assert admin.status_code == 200
    assert not [name for name in admin.headers if name.startswith("access-control-")]


def test_nobody_takes_turns_for_visitors_they_make_up(site):
    """All that come from one address count as one, who may have 15 calls waiting, not 30."""
    content = midi.dump(tiny.piece(tiny.bars(12)))
    path = site.post("gradio_api/upload", files={"files": ("own.mid", content)}).json()[0]
    values = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 0.9, *[None] * 7]
    calls = [
        site.post(
            "gradio_api/call/slide",
            json={"data": values},
            headers={"X-Forwarded-For": f"1.2.3.{number}"},
        ).json()["event_id"]
        for number in range(24)
    ]
    with ThreadPoolExecutor(len(calls)) as pool:  # who does not ask for 30 s gets no answer
        futures = [pool.submit(site.get, f"gradio_api/call/slide/{call}") for call in calls]
    answers = [each.result().text for each in futures]
    assert any("try again in a minute" in answer for answer in answers)
    assert sum("event: complete" in answer for answer in answers) > 10


@pytest.mark.server
@pytest.mark.xdist_group(server_group("make_run"))
def test_an_address_has_as_many_connections_as_it_may_and_others_get_in(make_run, tmp_path):
    """What `docs/hosting.md` says to write into nginx, with fewer."""
    nginx.require()
    beside, within = nginx.limits()
    block = nginx.documented()[-1] + within.replace("200", str(FEW))
    with (
        nginx.proxying([block], make_run.url, tmp_path, beside) as (port,),
        ExitStack() as stack,
    ):

        def status(address: str) -> bytes:
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), 60, source_address=(address, 0))
            )
            tls = ssl._create_unverified_context()
            own = stack.enter_context(tls.wrap_socket(connection, server_hostname="music.example"))
            own.sendall(b"GET /gradio_api/heartbeat/many HTTP/1.1\r\nHost: music.example\r\n\r\n")
            return own.recv(100).split()[1]

        assert [status("127.1.0.1") for _ in range(3 * FEW)] == FEW * [b"200"] + 2 * FEW * [b"503"]
        assert [status(f"127.2.0.{number}") for number in range(1, 6)] == 5 * [b"200"]


@pytest.mark.browser
def test_a_visitor_comes_by_the_proxy(site, chromium):
    """The page with all its scripts, a fader, its answer, and the way to the listening test."""
    complaints = []
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        f"--host-resolver-rules=MAP {urlsplit(HOST).hostname} 127.0.0.1:{site.port}",
    ]

    def watch(request) -> None:
        if not request.url.startswith((site.base, "data:", "blob:")):
            complaints.append(f"asked {request.url}")

    def check_response(response) -> None:
        if response.status >= 400:
            complaints.append(f"{response.status} at {response.url}")

    from playwright.sync_api import TimeoutError, sync_playwright  # takes a second

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as browser,
        patient(browser).new_context(ignore_https_errors=True) as context,
    ):
        page = context.new_page()
        page.on("request", watch)
        page.on("response", check_response)
        page.on("pageerror", lambda error: complaints.append(f"error {error}"))
        page.on(
            "console",
            lambda line: (
                complaints.append(line.text) if line.type in ("error", "warning") else None
            ),
        )
        is_heard = (
            "least => { const bench = window.FaderNets && FaderNets.bench;"
            " return bench && bench.requestNumber > least"
            " && bench.element.dataset.heard == bench.requestNumber; }"
        )

        def wait_until_heard(moves_before: int) -> None:
            try:
                page.wait_for_function(is_heard, arg=moves_before)
            except TimeoutError:
                alerts = page.get_by_role("alert").all_inner_texts()
                pytest.fail(f"nothing is heard; the page says {alerts}; complaints: {complaints}")

        page.goto(site.base)
        wait_until_heard(0)
        moves_sent = page.evaluate("FaderNets.bench.requestNumber")
        page.get_by_role("slider", name="Rhythm density").press("End")
        wait_until_heard(moves_sent)
        page.get_by_role("link", name="Take part in the listening test").click()
        page.get_by_role("heading", name="A small study").wait_for()
        page.wait_for_load_state("networkidle")  # a form without its script yet goes nowhere
        assert page.url == f"{site.base}survey/s/small"
        page.get_by_role("checkbox").check()
        page.locator("#consent button.strong[type=submit]").click()
        page.wait_for_url(f"{site.base}survey/p/*")
        page.get_by_role("button").first.wait_for()
    assert complaints == []
