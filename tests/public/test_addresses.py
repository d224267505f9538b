"""Only what the page needs is there, and every answer tells the browser how to treat it."""

from __future__ import annotations

import json
import re
import socket
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import gradio.routes
import pytest

from fadernets.music import examples, midi
from tests.conftest import ONE_WAY
from tests.public.server import TOKEN, Server
from tests.public.test_files import PUBLIC, WITHOUT_FILES

CLOSED = [
    "monitoring", "monitoring/summary", "gradio_api/dev/reload", "gradio_api/deep_link",
    "gradio_api/deep_link?session_hash=tests", "gradio_api/openapi.json", "openapi.json", "docs",
    "redoc", "gradio_api/runs", "gradio_api/token", "gradio_api/user", "login", "logout",
    "gradio_api/queue/status", "gradio_api/vibe-code/", "gradio_api/profiling/summary",
    "gradio_api/custom_component/a/client/b/c", "svelte/x.js", "pwa_icon", "gradio_api/proxy=x",
    "gradio_api/file=http://127.0.0.1:1/", "assets/../../../etc/hostname", "assets/%2e%2e/x",
    "static//etc/hostname", "gradio_api/stream/a/b/1/playlist.m3u8", "nowhere", ".env",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_what_the_page_does_not_need_is_closed(server: Server, address: str):
    for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
        body = None if method in ("GET", "HEAD") else {}
        answer = server.ask(address, body, method=method)
        assert answer.status in (403, 404, 405), (method, answer)


def test_no_address_of_gradios_own_is_open_unless_it_is_listed(server: Server):
    """A newer Gradio may have addresses that nobody here has heard of."""
    text = Path(gradio.routes.__file__).read_text()
    routes = set(re.findall(r'@(router|app)\.(get|post|head)\(\s*"([^"]+)"', text))
    assert len(routes) > 40
    opened = set()
    for holder, method, path in routes:
        path = re.sub(r"\{[^}]*\}", "a1", path).lstrip("/")
        address = f"gradio_api/{path}" if holder == "router" else path
        if "heartbeat" in address or "queue/data" in address:
            continue
        body = {} if method == "post" else None
        if server.ask(address, body, method=method.upper()).status not in (404, 405):
            opened.add(address.rstrip("/"))
    assert opened <= {
        "", "config", "theme.css", "favicon.ico", "robots.txt", "manifest.json",
        "gradio_api/theme.css", "gradio_api/info", "gradio_api/app_id", "gradio_api/startup-events",
        "gradio_api/upload", "gradio_api/queue/join",
    }  # fmt: skip


@pytest.mark.parametrize("address", ["", "config", "theme.css", "healthz", "nowhere", "survey/"])
def test_every_answer_tells_the_browser_how_to_treat_it(server: Server, address: str):
    headers = server.ask(address).headers
    policy = headers["content-security-policy"]
    assert "object-src 'none'" in policy or "default-src 'none'" in policy
    assert "frame-ancestors 'self' https://huggingface.co" in policy
    assert "http:" not in policy and "*;" not in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert "server" not in headers and "uvicorn" not in str(headers)
    if address == "survey/":
        assert "unsafe" not in policy


def test_what_is_made_once_names_each_visitors_own_address_and_number(server: Server):
    """Whoever asked before, by another name, and whatever they asked with."""
    numbers = set()
    for name in ("one.example", "two.example:81"):
        headers = {"X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
        config = server.ask("config?a=b", headers=headers).json()
        assert config["root"] == f"https://{name}"
        page = server.ask("?page=nowhere", headers=headers)
        assert page.status == 200 and f"https://{name}" in page.text
        assert "one.example" in name or "one.example" not in page.text
        nonces = set(re.findall(r'<script nonce="([^"]+)"', page.text))
        assert len(nonces) == 1 and f"'nonce-{nonces.copy().pop()}'" in str(page.headers)
        numbers |= nonces
    assert len(numbers) == 2
    assert server.config()["root"] == server.url.rstrip("/")
    assert ".invalid" not in server.ask("").text + server.ask("gradio_api/info").text
    head = server.ask("", method="HEAD")
    assert head.status == 200 and head.text == "" and int(head.headers["content-length"]) > 9_999


def test_what_is_no_http_learns_nothing_of_the_server_either(server: Server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as stranger:
        stranger.sendall(b"HELLO\r\n\r\n")
        answer = stranger.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 400") and b"uvicorn" not in answer.lower()


@pytest.mark.parametrize("path", ["gradio_api/run/predict", "survey/api/join", "gradio_api/upload"])
def test_two_lengths_of_a_body_end_the_connection(server: Server, path: str):
    """What a proxy that believes the other one takes for a body is no request of the sender's."""
    address, rest = urlsplit(server.url), b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(rest) + 5}\r\n".encode()
    request = head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + rest
    with socket.create_connection((address.hostname, address.port), timeout=10) as stranger:
        stranger.sendall(request)
        answer = b""
        while piece := stranger.recv(65536):  # until the server hangs up
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1
    assert b"content-security-policy" in answer


POSTED = ["gradio_api/run/predict", "survey/api/join", "gradio_api/upload", "nowhere"]
CHUNKED = "Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("path", POSTED)
@ONE_WAY
def test_a_body_in_very_many_chunks_is_not_read_to_its_end(server: Server, path: str):
    """To read 1 MB in chunks of one byte takes a second in which nobody else is answered."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as stranger:
        stranger.sendall(f"POST /{path} HTTP/1.1\r\n{CHUNKED}".encode())
        with suppress(ConnectionError):  # the server has hung up
            for _ in range(100):
                stranger.sendall(b"1\r\n[\r\n" * 500)
        stranger.settimeout(20)
        with suppress(ConnectionError):
            while stranger.recv(65536):  # a server that has read all of it waits for more
                pass


@ONE_WAY
def test_a_body_in_chunks_of_some_size_is_read(server: Server):
    place = urlsplit(server.url)
    event = {"data": ["mazurka"], "fn_index": server.event("load"), "session_hash": "chunks"}
    body = json.dumps(event).ljust(60_000).encode()
    pieces = [body[at : at + 64] for at in range(0, len(body), 64)]
    pieces += [b" "] * 900
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=60)) as connection:
        kind = {"Content-Type": "application/json"}
        path = "/gradio_api/run/predict"
        connection.request("POST", path, iter(pieces), kind, encode_chunked=True)
        assert connection.getresponse().status == 200


@pytest.mark.parametrize("path", POSTED)
@ONE_WAY
def test_what_breaks_after_its_answer_is_no_fault_of_the_server(server: Server, path: str):
    address, log = urlsplit(server.url), server.log_text()
    with socket.create_connection((address.hostname, address.port), timeout=10) as stranger:
        stranger.sendall(f"POST /{path} HTTP/1.1\r\n{CHUNKED}".encode())
        stranger.sendall(b"30d40\r\n" + b"a" * 200_000 + b"\r\n")
        assert stranger.recv(65536).startswith(b"HTTP/1.1 4")
        stranger.sendall(b"no length\r\n")
        with suppress(ConnectionError):
            while stranger.recv(65536):  # until the server hangs up
                pass
    assert server.ask("healthz").status == 200
    assert server.log_text() == log


def test_events_are_called_as_the_page_does_and_in_no_other_way(server: Server):
    config = server.config()
    public = {
        event["id"]: event["api_name"]
        for event in config["dependencies"]
        if event["api_visibility"] == "public"
    }
    assert sorted(public.values()) == sorted((*PUBLIC, *WITHOUT_FILES))
    piece = server.open_example("mazurka")
    join = {"data": ["{}"], "session_hash": "h"}
    for event in config["dependencies"]:
        number = event["id"]
        queued = server.ask("gradio_api/queue/join", {**join, "fn_index": number})
        assert (queued.status == 200) == (number in public), event
        if number in public:
            assert server.run(number, *[None] * len(event["inputs"])).status == 422
    for number in (-1, 999, 1e9, "2", None, True, 2.5):
        body = {"data": ["{}"], "fn_index": number}
        assert server.ask("gradio_api/run/predict", body).status == 422, number
    for name in ("ask", "open_example", "open_upload", "save", "js_fn", "0", "nothing"):
        assert server.ask(f"gradio_api/call/{name}", {"data": ["{}"]}).status == 404
        assert server.ask(f"gradio_api/run/{name}", {"data": ["{}"]}).status == 404
    assert piece["name"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"data": ' + b"[" * 30_000,
        b'{"data": {}}', b'{"data": [], "fn_index": 1e999}',
        b'{"data": ["\\ud800"], "fn_index": 3}',
        b'{"data": [' + b"1," * 40 + b'1], "fn_index": 3}', b'{"fn_index": 3}',
        b'{"data": [], "fn_index": 3, "session_hash": "../x"}',
        b'{"data": [], "fn_index": 3, "session_hash": 5}',
        b'{"data": ["' + b"x" * 70_000 + b'"], "fn_index": 3}',
    ],
)  # fmt: skip
@ONE_WAY
def test_what_is_no_event_gets_a_sentence(server: Server, body: bytes):
    for address in ("run/predict", "queue/join", "call/slide", "call/v2/slide"):
        answer = server.ask(f"gradio_api/{address}", body)
        assert answer.status in (413, 422) or address.startswith("call"), (address, answer)
        assert answer.status < 500 or "Traceback" not in answer.text
        if answer.status in (413, 422):
            assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "value",
    [
        None, 5, [], {}, "", "null", "[]", "{", '{"piece": 1}', '{"piece": null}', '{"piece": "x"}',
        "[" * 20_000, '{"piece": "PIECE"}', '{"piece": "PIECE", "first": 0}',
        '{"piece": "PIECE", "first": 1e999, "last": 2}',
        '{"piece": "PIECE", "first": 0, "last": 10000000000}',
        '{"piece": "PIECE", "first": 0, "last": -1}', '{"piece": "PIECE", "first": "0", "last": 1}',
        '{"piece": "PIECE", "first": 0, "last": 1, "rhythm": 1e308}',
        '{"piece": "PIECE", "first": 0, "last": 1, "rhythm": NaN}',
        '{"piece": "PIECE", "first": 0, "last": 1, "rhythm": {"a": [1]}}',
        '{"piece": "PIECE", "first": 0, "last": 1, "seed": 9999999999999999999999999}',
        '{"piece": "PIECE", "first": 0, "last": 1, "rhythm": ' + "9" * 500 + "}",
        '{"piece": "PIECE", "first": 0, "last": 1, "kind": "exe", "scope": "/etc"}',
    ],
)  # fmt: skip
@ONE_WAY
def test_values_that_make_no_sense_get_a_sentence(server: Server, value: object):
    """An error's or the page's; nothing repeated of what was sent, nothing in the log."""
    piece = server.open_example("mazurka")["id"]
    if isinstance(value, str):
        value = value.replace("PIECE", piece)
    for event in ("ask", "hear", "save") if "kind" not in str(value) else ("save",):
        answer = server.run(event, value)
        assert answer.status in (200, 422), answer
        content = answer.json()
        sentence = content["error"] if answer.status != 200 else content["data"][1]
        assert sentence and sentence[0].isupper() and sentence.endswith("."), sentence
        assert str(server.temporary) not in sentence and "Error" not in sentence


@ONE_WAY
def test_the_log_has_nothing_of_what_is_sent(server: Server):
    log, mark = server.log_text(), "h0stile"
    for body in (
        {"data": [mark], "fn_index": server.event("ask"), "session_hash": mark},
        {"data": [f'{{"piece": "{mark}", "first": "{mark}"}}'], "fn_index": server.event("save")},
        {"data": [{"path": f"/{mark}", "meta": {}}], "fn_index": server.event("upload")},
        {mark: mark},
    ):
        for address in ("run/predict", "queue/join", "call/slide", f"call/{mark}"):
            answer = server.ask(f"gradio_api/{address}?{mark}={mark}", body, headers={"X-A": mark})
            if "event_id" in answer.text:
                server.ask(f"gradio_api/{address}/{answer.json()['event_id']}")
    server.upload(f"{mark}.mid", mark.encode())
    assert server.log_text() == log


FALLS = "comes before the one ahead of it, at 4."


@ONE_WAY
@pytest.mark.parametrize(
    ("endpoint", "place", "value", "sentence"),
    [
        ("slide", 1, 2, "Rhythm 2 is outside -1 to 1."),
        ("slide", 2, "<b>", "Note is not a number or a curve."),
        ("slide", 2, [[4, 0.5], [2, 0.5]], f"Note: breakpoint 2 of the curve, at 2, {FALLS}"),
        ("slide", 4, -1, "First -1 is outside 0 to 71."),
        ("transfer", 1, "up", "Arousal 'up' is not one of low, high."),
        ("transfer", 1, None, "A transfer needs arousal, valence or a preset."),
        ("transfer", 0, "a.mid", "Midi 'a.mid' is not a file that was uploaded."),
    ],
)
def test_programs_are_told_which_value_does_not_suit(
    server: Server, endpoint: str, place: int, value: object, sentence: str
):
    (path,) = server.upload("mine.mid", midi.dump(examples.load("mazurka"))).json()
    values = [{"path": path, "meta": {"_type": "gradio.FileData"}}, *[None] * 8]
    values = values[: 8 if endpoint == "slide" else 9]
    values[place] = value
    event_id = server.ask(f"gradio_api/call/{endpoint}", {"data": values}).json()["event_id"]
    answer = server.ask(f"gradio_api/call/{endpoint}/{event_id}").text
    assert "event: error" in answer and json.dumps(sentence) in answer, answer


@ONE_WAY
@pytest.mark.parametrize(
    ("boundary", "body"),
    [
        ("x", b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nabc\r\n--x--\r\n'),
        ("x" * 5000, b"abc"),
        ("x", b"--x\r\nContent"),
        ("x", b"--SECRET\r\n"),
        ("x", b"--x\r\nA\x01: b\r\n\r\n"),
    ],
)
def test_an_upload_that_is_none_is_no_fault_of_the_server(
    server: Server, boundary: str, body: bytes
):
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    log = server.log_text()
    answer = server.ask("gradio_api/upload", body, headers=kind)
    assert server.log_text() == log  # neither a warning nor bytes of the request
    assert answer.status in (400, 413) or (answer.status == 200 and answer.json() == []), answer


def test_health_says_whether_page_and_listening_test_can_work(server: Server):
    answer = server.ask("healthz")
    assert answer.status == 200
    assert {"model", "files", "survey"} <= set(answer.json())
    assert str(server.data) not in answer.text and TOKEN not in answer.text
    assert server.ask("healthz", method="HEAD").text == ""
    assert server.ask("survey/healthz").status == 200


def test_the_page_keeps_a_connection_by_which_its_closing_is_noticed(server: Server):
    assert server.config()["connect_heartbeat"] is True
