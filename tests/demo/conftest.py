"""A model and a running demo: the shipped model, unless FADERNETS_MODEL names another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import demo.gradio_start  # noqa: F401 - before Gradio: imported so, it takes half the time
from demo.compute.open_pieces import OpenPieces
from demo.editing.piece_session import PieceSession
from demo.handlers import Handlers
from fadernets.net import FaderNet
from tests.demo.fakes import FakeFiles, FakeWorkers
from tests.demo.page_events import PRICE, session
from tests.fadernets.music import midi_bytes as mb

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.public.server import Server


@pytest.fixture(scope="session")
def net() -> FaderNet:
    return FaderNet.load(os.environ.get("FADERNETS_MODEL"))


@pytest.fixture
def hands(tmp_path: Path) -> Path:
    """A file of two hands, each on a track."""
    tracks = [
        mb.track((0, mb.meta(3, name)), *mb.music(16, channel=k, base=40 + 13 * k))
        for k, name in enumerate((b"Low hand", b"High hand"))
    ]
    path = tmp_path / "hands.mid"
    path.write_bytes(mb.file(*tracks))
    return path


@pytest.fixture
def pieces() -> OpenPieces:
    return OpenPieces()


@pytest.fixture
def own_session(pieces: OpenPieces) -> PieceSession:
    opened = session()
    pieces.add(opened, "mine")
    return opened


@pytest.fixture
def handlers(pieces: OpenPieces, tmp_path: Path):
    def make(is_full: bool = False, **results: Any) -> Handlers:
        prices = dict.fromkeys(("price_opening", "price_choice", "price_mix"), PRICE)
        return Handlers(FakeWorkers(**prices | results), pieces, FakeFiles(tmp_path, is_full))

    return make


@pytest.fixture(scope="session")
def address(make_run: Server) -> str:
    """Where a demo runs."""
    return make_run.url


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[dict[tuple[int, str], BrowserContext]]:
    """Of visitors, by width and colour scheme: a new tab begins anew, whatever others have left.

    In one that has been there before, Gradio's scripts need not be fetched again; nor compiled, for
    one page stays open and with it the process of all pages of the site.
    """
    contexts: dict[tuple[int, str], BrowserContext] = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def visit(
    browser: Browser, contexts: dict[tuple[int, str], BrowserContext], address: str
) -> Iterator[Callable[..., Page]]:
    """Open the page; it may ask no other host, and its console stays empty."""
    from tests.demo.page import WIDE, open_page  # Playwright takes a second

    pages: list[Page] = []
    complaints: list[str] = []

    def enter(size: dict = WIDE, scheme: str = "light") -> Page:
        key = size["width"], scheme
        if key not in contexts:
            contexts[key] = browser.new_context(viewport=size, color_scheme=scheme)
            contexts[key].new_page().goto(f"{address}healthz")
        page = contexts[key].new_page()
        pages.append(page)
        return open_page(page, address, complaints)

    yield enter
    for page in pages:
        page.close()
    for context in contexts.values():
        assert context.storage_state() == {"cookies": [], "origins": []}
    assert complaints == []


@pytest.fixture(scope="module")
def studios(browser: Browser) -> Iterator[BrowserContext]:
    """A browser with MIDI devices to be plugged in."""
    from tests.demo.midi_devices import STUDIO
    from tests.demo.page import WIDE

    context = browser.new_context(viewport=WIDE)
    context.add_init_script(STUDIO)
    yield context
    context.close()


@pytest.fixture
def studio(studios: BrowserContext, address: str) -> Iterator[Page]:
    """The page in a browser with MIDI devices; its console stays empty."""
    from tests.demo.page import open_page

    complaints: list[str] = []
    page = studios.new_page()
    yield open_page(page, address, complaints)
    page.evaluate("localStorage.clear()")
    page.close()
    assert complaints == []
