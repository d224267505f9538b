"""What the tests say of a mutant: which tests run its line, and whether one of them fails.

The current folder is a copy of the checkout, whose files may be changed.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import coverage
import pytest
from mutant_drawing import Mutant

SECONDS_OF_A_TEST = 60  # a loop without an end is ended by then
SECONDS_OF_A_MUTANT = 180
SELECTION = [
    "-m",
    "not (browser or postgres or server or training)",
    "-k",
    "not postgresql and not killed",
]
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--tb=line", *SELECTION]


class Chosen:
    """A pytest plugin: the given tests only, in their order, up to the first that fails."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called by pytest."""
        items[:] = [item for item in items if item.nodeid in self.places]
        items.sort(key=lambda item: self.places[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest; ends the process at the first failure, whatever threads still hang."""
        if report.failed:
            os._exit(1)


class Lines:
    """A pytest plugin: which test runs which lines, and how long each takes that passes."""

    def __init__(self, cover: coverage.Coverage, seconds: Path) -> None:
        self.cover, self.seconds = cover, seconds

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest."""
        with self.seconds.open("a") as sink:
            print(
                report.nodeid, report.duration if report.passed else math.inf, file=sink, sep="\t"
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        """Called by pytest."""
        self.cover.switch_context(item.nodeid)
        result = yield
        self.cover.switch_context("")
        return result


def forked(work: Callable[[], int], log: Path, limit: float) -> int | None:
    """Exit status of `work` in a process of its own, None after `limit` seconds."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with log.open("w") as sink:
                os.dup2(sink.fileno(), 1)
                os.dup2(sink.fileno(), 2)
            status = work()
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    deadline = time.monotonic() + limit
    status = None
    try:
        while status is None and time.monotonic() < deadline:
            ended, code = os.waitpid(child, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if ended else None
            time.sleep(0.0 if ended else 0.05)
    finally:  # also when this process is told to end: with all that the tests started
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    return status


def reached(
    tests: Sequence[str], modules: Sequence[str], scratch: Path
) -> tuple[dict[str, dict[int, set[str]]], dict[str, float]]:
    """One run of all tests: those that run a line, by module and line, and the seconds of each.

    Infinity is of a test that fails as it is, as a limit of time may beside a load, or is skipped.
    """
    seconds = scratch / "seconds.txt"

    def work() -> int:
        cover = coverage.Coverage(data_file=str(scratch / "lines"), include=list(modules))
        cover.start()
        arguments = [option for option in OPTIONS if option != "-x"]
        status = pytest.main([*arguments, *tests], plugins=[Lines(cover, seconds)])
        cover.stop()
        cover.save()
        return int(status)

    seconds.write_text("")
    if forked(work, scratch / "coverage.log", 3600) not in (0, 1):
        sys.exit((scratch / "coverage.log").read_text()[-3000:])
    data = coverage.CoverageData(str(scratch / "lines"))
    data.read()
    lines = {
        module: {
            line: set(contexts) - {""}
            for line, contexts in data.contexts_by_lineno(str(Path.cwd() / module)).items()
        }
        for module in modules
    }
    seconds_by_test: dict[str, float] = defaultdict(float)
    for row in seconds.read_text().splitlines():
        test, _, duration = row.rpartition("\t")
        seconds_by_test[test] += float(duration)
    return lines, seconds_by_test


def judged(
    mutant: Mutant,
    code: str,
    lines: dict[int, set[str]],
    seconds: dict[str, float],
    scratch: Path,
) -> str:
    """What the tests say of one mutant; they run in the current folder.

    Tests that run the line come first, the quickest of them before the others. Behind them come
    the others of their files: what several tests share was made in the first of them.
    """
    # Lines of a module's own level run at import only: every test that uses the module judges them.
    first = lines.get(mutant.line) or set().union(*lines.values())
    files = {test.partition("::")[0] for test in first}
    chosen = sorted(
        (test for test in seconds if test.partition("::")[0] in files and seconds[test] < math.inf),
        key=lambda test: (test not in first, seconds[test]),
    )
    if not chosen:
        return "not reached"
    path = Path(mutant.module)
    original = path.read_text()
    path.write_text(code)
    arguments = [*OPTIONS, f"--timeout={SECONDS_OF_A_TEST}", *sorted(files)]
    try:
        status = forked(
            lambda: int(pytest.main(arguments, plugins=[Chosen(chosen)])),
            scratch / "mutant.log",
            SECONDS_OF_A_MUTANT,
        )
    finally:
        path.write_text(original)
    # A loop without an end fails by the limit of a test. Beyond the limit of a mutant there are
    # tests that have not run, so it is not caught.
    return {None: "not caught in time", 0: "survived"}.get(status, "caught")
