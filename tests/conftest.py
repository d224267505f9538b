"""What tests of all packages share: their order, folders, PostgreSQL, a browser, no network."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tools.space import SPACE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.postgres import Server as PostgresServer
    from tests.public.server import Server

# Before PyTorch is loaded: several test processes and servers share the machine's cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What tests import stays: while it comes, collecting garbage would only look through it again and
# again, and afterwards (`pytest_collection_finish`) it need not be looked at.
gc.disable()
GARBAGE_THRESHOLDS = (10_000, 10, 10)  # rarer than Python's: it took a twelfth of the time of tests

# Examples of a property. Without a deadline: a busy machine is slow. `make check` takes `quick`.
for profile, examples in {"quick": 10, "usual": 25, "thorough": 300}.items():
    settings.register_profile(profile, deadline=None, max_examples=examples)
settings.load_profile("usual")

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ROOT / "tests" / "train"  # most of its tests train, and share the trained models
CHILDREN = ROOT / "tests" / "children"  # what Python processes that tests start do first
if str(CHILDREN) not in (inherited := os.environ.get("PYTHONPATH", "")):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHILDREN), inherited]))
BROWSERS = (  # the first is the same without windows and menus, and a fifth less work
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome-stable", "google-chrome"),
)
BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --mute-audio --process-per-site"
).split()
BROWSER_PATIENCE = 100_000  # milliseconds that a page may take on a busy machine
LONG = ("slow", "training", "postgres", "server", "browser")  # markers; quick tests come first
SHARED = ("make_run", "space", "short_lived")  # servers, each started once for all its tests
OTHER_WAYS = {  # in which Gradio would serve, too
    "GRADIO_SSR_MODE": "True",
    "GRADIO_MCP_SERVER": "True",
    "GRADIO_ALLOWED_PATHS": "/etc",
}
SERVER = "server "  # begins the name of a group that shares one
PLACE = pytest.StashKey[int]()  # of a test in the order of all


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two more than there are cores: many tests wait for a page, a sound or a server's clock.

    None, which is one for each core, where those tests are not among the ones that are run.
    """
    waits = not str(config.option.markexpr).startswith("not")
    return (os.cpu_count() or 1) + 2 if waits else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put quick tests first, and a file's tests into one process, where they share fixtures."""
    for item in items:
        if item.path.is_relative_to(TRAINING):
            item.add_marker(pytest.mark.training)
        kinds = [name for name in LONG if item.get_closest_marker(name)]
        if item.get_closest_marker("xdist_group") is None:
            server = next((name for name in SHARED if name in item.fixturenames), None)
            group = server_group(server) if server else " ".join([item.location[0], *kinds])
            item.add_marker(pytest.mark.xdist_group(group))
        # The largest groups begin before others, so that none is left alone at the end.
        is_shared = item.get_closest_marker("xdist_group").args[0].startswith(SERVER)
        item.stash[PLACE] = (2 - is_shared) * bool(kinds)
    items.sort(key=lambda item: item.stash[PLACE])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Where FADERNETS_REQUIRE_ALL is set, as in continuous integration, a skipped test fails."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and "FADERNETS_REQUIRE_ALL" in os.environ:
        report.outcome = "failed"
    return report


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but none of what was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


def server_group(name: str) -> str:
    """The group of the tests that share a server, so that one process has them all."""
    return SERVER + name


@dataclass(frozen=True)
class Offline:
    """A process's environment that keeps it on this machine.

    Attributes
    ----------
    env : dict
        For a child process: a new, empty home, and `tests/children` watching its sockets.
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
    return kept_offline(tmp_path)


def kept_offline(folder: Path) -> Offline:
    """What the fixture `offline` gives, with its files in this folder."""
    record, home = folder / "outside.txt", folder / "home"
    home.mkdir()
    caches = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "HF_HOME")
    env = {key: value for key, value in os.environ.items() if key not in caches}
    env |= {"HOME": str(home), "PYTHONPATH": str(CHILDREN), "FADERNETS_OUTSIDE": str(record)}
    env |= {"FADERNETS_DATA": str(folder / "data")}
    return Offline(env, record)


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo as `make run` starts it, for all tests that leave it as it was."""
    yield from _shared_server("make-run", tmp_path_factory.mktemp("make-run"))


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo as a Space starts it, for all tests that leave it as it was."""
    yield from _shared_server("space", tmp_path_factory.mktemp("space"), **SPACE)


@pytest.fixture(scope="session")
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`make run` on a Space, letting go of unused pieces after 8 s and of files after 10 s."""
    env = {"FADERNETS_KEEP_FILES": "10", "FADERNETS_KEEP_PIECES": "8"}
    folder = tmp_path_factory.mktemp("short-lived")
    yield from _shared_server("make-run", folder, **SPACE, **env, **OTHER_WAYS)


BOTH_WAYS = [
    pytest.param(name, marks=[pytest.mark.server, pytest.mark.xdist_group(server_group(name))])
    for name in ("make_run", "space")
]
# For what happens behind the page, which does not know how it was started.
ONE_WAY = pytest.mark.parametrize("server", BOTH_WAYS[:1], indirect=True)


@pytest.fixture(scope="session", params=BOTH_WAYS)
def server(request: pytest.FixtureRequest) -> Server:
    """The demo in both ways it is started."""
    server: Server = request.getfixturevalue(request.param)
    return server


def _shared_server(way: str, folder: Path, **env: str) -> Iterator[Server]:
    from tests.public.server import serving  # loads what most tests do not need

    offline = kept_offline(folder)
    with serving(way, folder, offline=offline, **env) as server:
        yield server
        assert server.process.poll() is None, server.log_text()
        server.process.send_signal(signal.SIGINT)  # Ctrl+C ends it quietly
        assert server.process.wait(30) == 0, server.log_text()
    assert "Traceback" not in server.log_text(), server.log_text()
    assert offline.refused() == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, if its programs are installed."""
    from tests.postgres import running  # loads what most tests do not need

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium.

    Without one a browser test is skipped.
    """
    from playwright.sync_api import expect

    expect.set_options(timeout=BROWSER_PATIENCE)
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium without sound, which asks nothing of the outside by itself."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS) as launched,
    ):
        yield patient(launched)


def patient(browser: Browser) -> Browser:
    """The browser, each page of which waits as long as a busy machine may take."""

    def with_patience(make: Callable[..., Any]) -> Callable[..., Any]:
        def call(**options: object) -> Any:
            page_or_context = make(**options)
            page_or_context.set_default_timeout(BROWSER_PATIENCE)
            return page_or_context

        return call

    for name in ("new_page", "new_context"):  # a browser itself has no such setting
        setattr(browser, name, with_patience(getattr(browser, name)))
    return browser


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Folder for what a person may want to look at after a run: screenshots, sounds."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder
