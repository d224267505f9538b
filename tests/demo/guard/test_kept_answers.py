"""What all visitors get alike is made once, with each one's address and number in it."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from demo.guard.headers import NONCE
from demo.guard.kept_answers import KeptAnswers
from demo.guard.public_address import SERVER_HEADER


class Page:
    """An application that repeats its address and number, as Gradio's page does."""

    def __init__(self) -> None:
        self.count, self.status = 0, 200

    async def __call__(self, scope, receive, send):
        self.count += 1
        root = dict(scope["headers"])[SERVER_HEADER]
        body = b"%s nonce=%s %s" % (root, scope[NONCE].encode(), scope["query_string"])
        length = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": self.status, "headers": length})
        await send({"type": "http.response.body", "body": body[:9], "more_body": True})
        await send({"type": "http.response.body", "body": body[9:]})


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def answers(page) -> KeptAnswers:
    return KeptAnswers(page)


def ask(answers, path="/", *, origin="http://a.example", below="", number="n", method="GET"):
    """Status, headers and body."""
    scope = {
        "type": "http", "method": method, "path": below + path, "root_path": below,
        "query_string": b"x=1", NONCE: number,
        "headers": [(b"host", b"evil"), (SERVER_HEADER, f"{origin}{quote(below)}".encode())],
    }  # fmt: skip
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(answers(scope, None, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], dict(messages[0]["headers"]), body


def test_an_answer_is_made_once_and_each_gets_own_address_and_number(answers, page):
    for origin, number in (("http://a.example", "n1"), ("https://b.example:81", "n2")):
        status, headers, body = ask(answers, origin=origin, number=number)
        assert (status, body) == (200, f"{origin} nonce={number} ".encode())
        assert headers[b"content-type"] == b"text/html"
        assert headers[b"content-length"] == b"%d" % len(body)
    assert page.count == 1
    ask(answers, "/config")
    ask(answers, "/config/")
    assert page.count == 2


def test_a_path_that_all_is_below_stays_where_it_is(answers, page):
    for origin in ("https://b.example", "http://c.example"):
        assert ask(answers, origin=origin, below="/a b")[2].startswith(f"{origin}/a%20b ".encode())
    assert page.count == 1


def test_who_asks_for_the_head_gets_no_body(answers):
    _, headers, body = ask(answers, method="HEAD")
    assert body == b"" and int(headers[b"content-length"]) > 20
    assert ask(answers)[2] != b""


def test_a_fault_is_not_kept(answers, page):
    page.status = 500
    assert ask(answers)[0] == 500
    page.status = 200
    assert ask(answers)[0] == 200 and page.count == 2
