"""A running survey with a small study, and people who visit it in headless Chromium."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext
from starlette.applications import Starlette
from starlette.routing import Mount

from db.database import Database
from tests.survey.browser.served import served
from tests.survey.browser.visitor import LAPTOP, Visitor
from tests.survey.person import Person

MOUNT = "/survey"
CUT = ("net::ERR_", "the server responded with a status of")  # what Chromium says of a cut network


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database: what a browser gets does not depend on the kind."""
    path = tmp_path / "data" / "survey.sqlite"
    path.parent.mkdir(exist_ok=True)
    shutil.copy(migrated, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the survey is, mounted as the demo's server mounts it."""
    listener = socket.create_server(("127.0.0.1", 0))
    with served(Starlette(routes=[Mount(MOUNT, app)]), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{MOUNT}"


@pytest.fixture
def person(address: str) -> Iterator[Callable[[], Person]]:
    """Makes participants who have come as far as the first practice trial, without a browser."""
    with httpx.Client(base_url=address) as client:
        yield lambda: Person.ready(client)


@pytest.fixture
def rated_person(address: str) -> Iterator[Callable[[], Person]]:
    """Those of a study whose design asks questions, as far as its first trial."""
    with httpx.Client(base_url=address) as client:
        yield lambda: Person.ready(client, "rated")


class Profiles:
    """A browser's profiles by their options, each for one visitor at a time.

    What a page stores belongs to its address, and every test has an address of its own. One page
    stays open in each profile, and with it the process of all pages of this machine.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.all: dict[str, list[BrowserContext]] = {}
        self.in_use: list[BrowserContext] = []

    def take(self, address: str, **options: object) -> BrowserContext:
        """One that nobody has in this test."""
        profiles = self.all.setdefault(repr(sorted(options.items())), [])
        profile = next((one for one in profiles if one not in self.in_use), None)
        if profile is None:
            profile = self.browser.new_context(**options)
            profile.new_page().goto(f"{address}/healthz")
            profiles.append(profile)
        self.in_use.append(profile)
        return profile

    def give_back(self) -> None:
        """All of a test, as they were."""
        for profile in self.in_use:
            for page in profile.pages[1:]:
                page.close()
            profile.set_offline(False)
            profile.clear_cookies()
            profile.clear_permissions()
        self.in_use.clear()


@pytest.fixture(scope="module")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture
def visit(profiles: Profiles, address: str) -> Iterator[Callable[..., Visitor]]:
    """Make visitors. Their pages may ask no other host, and their console stays empty.

    ``elsewhere`` is the host of a panel that they may go back to.

    ``cut=True`` for those whose network will be cut: Chromium complains of that itself. Pages do
    not move unless ``reduced_motion="no-preference"``: without a graphics card each frame is work.
    """
    complaints: list[str] = []
    home = urlsplit(address).netloc

    def enter(
        size: dict = LAPTOP,
        scheme: str = "light",
        context: BrowserContext | None = None,
        cut: bool = False,
        elsewhere: str | None = None,
        **options: object,
    ) -> Visitor:
        if context is None:
            options = {"reduced_motion": "reduce", **options}
            context = profiles.take(address, viewport=size, color_scheme=scheme, **options)
        page = context.new_page()

        def listen(line) -> None:
            if line.type in ("error", "warning") and not (cut and any(c in line.text for c in CUT)):
                complaints.append(line.text)

        def watch(request) -> None:
            allowed = (home, elsewhere)
            if not request.url.startswith("blob:") and urlsplit(request.url).netloc not in allowed:
                complaints.append(f"asked {request.url}")

        page.on("console", listen)
        page.on("request", watch)
        page.on("pageerror", lambda error: complaints.append(f"error {error}"))
        return Visitor(page, address)

    yield enter
    profiles.give_back()
    assert complaints == []
