"""Pressing buttons behind a real nginx, which takes the path away or hands it on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from survey.__main__ import MOUNT, alone
from survey.core.public_path import PublicPath
from survey.core.settings import Settings
from survey.request_turns import Turns
from tests import nginx
from tests.survey.browser.served import served
from tests.survey.browser.visitor import TRIALS, Visitor
from tests.survey.conftest import ADMIN

BLOCKS = {"stripped": 0, "kept": 1}  # of docs/hosting.md
PATH = "/music"


@pytest.fixture(params=BLOCKS)
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, socket.socket]]:
    """The proxy's port, and where it expects the server."""
    nginx.require()
    listener = socket.create_server(("127.0.0.1", 0))
    block = nginx.documented()[BLOCKS[request.param]]
    with ExitStack() as stack:
        stack.callback(listener.close)
        to = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (tmp_path / "nginx").mkdir()
        (port,) = stack.enter_context(nginx.proxying([block], to, tmp_path / "nginx"))
        yield port, listener


@pytest.fixture
def settings(settings: Settings, front: tuple[int, socket.socket]) -> Settings:
    """With the proxy's address."""
    return replace(settings, public_url=f"https://127.0.0.1:{front[0]}{PATH}")


@pytest.fixture
def address(app: FastAPI, settings: Settings, front: tuple[int, socket.socket]) -> Iterator[str]:
    """Where the world finds the survey, which is served as `python -m survey` does."""
    with served(PublicPath(Turns(alone(app)), settings.public_url), front[1]):
        yield f"{settings.public_url}{MOUNT}"


def test_from_an_invitation_to_the_payment(visit: Callable[..., Visitor]) -> None:
    signed_in = {"username": "Ada", "password": ADMIN}
    admin = visit(http_credentials=signed_in, ignore_https_errors=True)
    desk = admin.page
    desk.goto(f"{admin.address}/admin")
    desk.get_by_role("link", name="A small study").click()
    assert desk.locator("#share").input_value() == f"{admin.address}/s/small"
    desk.get_by_role("link", name="Invitations").click()
    desk.get_by_label("How many").fill("1")
    desk.get_by_role("button", name="Make links").click()
    link = desk.get_by_label("Links, one a line").input_value().strip()
    assert link.startswith(f"{admin.address}/s/small?invite=")

    guest = visit(ignore_https_errors=True)
    page = guest.page
    page.goto(link)
    page.locator("#agree").check()
    page.locator("#consent [type=submit]").click()
    page.wait_for_url(f"{admin.address}/p/*")
    guest.pass_questions()
    guest.check_sound()
    page.locator("#stage button[type=submit]").click()
    guest.start_practice()
    for _ in range(TRIALS):
        guest.step()
    guest.stage("finished")
    code = page.locator("#code").input_value()

    desk.get_by_role("link", name="Payments").click()
    desk.get_by_label("Codes that people have sent").fill(code)
    desk.get_by_role("button", name="Check").click()
    desk.get_by_role("button", name="Note that this one was paid").first.click()
    expect(desk.locator("#list-title")).to_have_text("1 finished, 0 not yet paid")
    desk.get_by_role("button", name="Close", exact=True).click()
    expect(desk.get_by_role("button", name="Open", exact=True)).to_be_visible()
    desk.get_by_role("link", name="Export").click()
    with desk.expect_download() as waiting:
        desk.locator("a[download]").first.click()
    assert Path(waiting.value.path()).read_text("utf-8-sig").count("\n") > TRIALS - 2
    assert desk.url.startswith(f"{admin.address}/admin/studies/small")
