"""What tests of all packages share: their order, folders, PostgreSQL, a browser, no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.postgres import Server

# Before PyTorch is loaded: several test processes and servers share the machine's cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ROOT / "tests" / "train"  # most of its tests train, and share the trained models
OFFLINE = ROOT / "tests" / "offline"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --mute-audio"
).split()
BROWSER_PATIENCE = 60_000  # milliseconds that a page may take on a busy machine
LONG = ("slow", "training", "postgres", "server", "browser")  # markers; quick tests come first
IS_LONG = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put quick tests first, and a file's tests into one process, where they share fixtures."""
    for item in items:
        if item.path.is_relative_to(TRAINING):
            item.add_marker(pytest.mark.training)
        kinds = [name for name in LONG if item.get_closest_marker(name)]
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(" ".join([item.location[0], *kinds])))
        item.stash[IS_LONG] = bool(kinds)
    items.sort(key=lambda item: item.stash[IS_LONG])


@dataclass(frozen=True)
class Offline:
    """A process's environment that keeps it on this machine.

    Attributes
    ----------
    env : dict
        For a child process: a new, empty home, and `tests/offline` watching its sockets.
    record : Path
        Where the refused look-ups and connections are written.
    """

    env: dict[str, str]
    record: Path

    def refused(self) -> list[str]:
        """The refused look-ups and connections so far, one a line."""
        return self.record.read_text().splitlines() if self.record.exists() else []


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture
def offline(tmp_path: Path) -> Offline:
    """An environment in which a Python process can reach nothing outside this machine."""
    record = tmp_path / "outside.txt"
    home = tmp_path / "home"
    home.mkdir()
    caches = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "HF_HOME")
    env = {key: value for key, value in os.environ.items() if key not in caches}
    env |= {"HOME": str(home), "PYTHONPATH": str(OFFLINE), "FADERNETS_OUTSIDE": str(record)}
    env |= {"FADERNETS_DATA": str(tmp_path / "data")}
    return Offline(env, record)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, if its programs are installed."""
    from tests.postgres import running  # loads what most tests do not need

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium.

    Without one a browser test is skipped, or fails where FADERNETS_REQUIRE_BROWSER is set, as it
    is in continuous integration.
    """
    from playwright.sync_api import expect

    expect.set_options(timeout=BROWSER_PATIENCE)
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    message = f"no browser: none of {', '.join(BROWSERS)} is installed"
    if os.environ.get("FADERNETS_REQUIRE_BROWSER"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium without sound, which asks nothing of the outside by itself."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS) as launched,
    ):
        yield launched


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Folder for what a person may want to look at after a run: screenshots, sounds."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder
