"""How many small faults the tests notice: a drawn sample of mutants, one at a time.

    python tools/mutants.py --seed 0 --sites 12 statistics survey demo fadernets

mutmut says what a mutant is: its operators change one number, text, comparison, argument or
assignment. Its own runner reaches neither constants of a module nor decorated functions, so each
mutant is written into a copy of the checkout here. A test takes part in judging a mutant if its
file runs the changed line; those that run the line themselves go first, the quickest before the
others. Tests with a browser, PostgreSQL, servers or processes that are killed are left out.
`--again` judges the survivors of the last result anew, after tests were added. CONTRIBUTING.md
says how to read the result.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import coverage
import libcst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "mutants.json"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.toml"
SECONDS_OF_A_TEST = 60  # a loop without an end is ended by then
SECONDS_OF_A_MUTANT = 180
SELECTION = [
    "-m",
    "not (browser or postgres or server or training)",
    "-k",
    "not postgresql and not killed",
]
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--tb=line", *SELECTION]
# Imported once, before the mutants' processes fork: most of a short test run is imports. None of
# the project's own modules is among them, each process reads its mutant from the disk.
LIBRARIES = (
    "alembic.command gradio fastapi.testclient hypothesis jinja2 matplotlib.figure numpy pandas"
    " pretty_midi pydantic scipy.signal scipy.stats sklearn.linear_model soundfile sqlalchemy.orm"
    " symusic torch uvicorn"
).split()


@dataclass(frozen=True)
class Group:
    """Modules to mutate, and the tests that may judge their mutants (globs in the checkout)."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "statistics": Group(
        ("survey/statistics/*.py",),
        ("tests/survey/statistics/test_*.py",),
    ),
    "survey": Group(
        (
            "survey/participant/participation.py",
            "survey/participant/assignment.py",
            "survey/journal/replay.py",
        ),
        (
            "tests/survey/participant/test_a*.py",
            "tests/survey/participant/test_participation.py",
            "tests/survey/participant/test_unused_places.py",
            "tests/survey/journal/test_[brw]*.py",
        ),
    ),
    "demo": Group(
        ("demo/editing/piece_session.py", "demo/editing/requests.py", "demo/handlers.py"),
        (
            "tests/demo/editing/test_*.py",
            "tests/demo/test_handlers.py",
        ),
    ),
    "fadernets": Group(
        (
            "fadernets/*.py",
            "fadernets/[!ap]*/*.py",
            "fadernets/arranger/*.py",
            "fadernets/p*k/*.py",
        ),
        ("tests/fadernets/**/test_*.py",),
    ),
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module, and what came of it: caught, survived or why it was not."""

    module: str
    line: int
    before: str
    after: str
    outcome: str = ""


class Sites(libcst.CSTVisitor):
    """Every place that an operator can change, but for what is no behaviour: sentences, say."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[tuple[int, libcst.CSTNode, list[libcst.CSTNode]]] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Note the node's changes, and go into its children."""
        skipped = (libcst.Annotation, libcst.Decorator, libcst.Import, libcst.ImportFrom)
        if isinstance(node, skipped) or _is_no_behaviour(node):
            return False
        changes = [
            change
            for kind, operator in mutation_operators
            if isinstance(node, kind)
            for change in operator(node)
        ]
        position = self.get_metadata(PositionProvider, node, None)
        if changes and position is not None:
            self.sites.append((position.start.line, node, changes))
        return True


def _is_no_behaviour(node: libcst.CSTNode) -> bool:
    """Whether a node is a sentence, a line of the log, or the list of a module's public names."""
    match node:
        case libcst.SimpleString(value=text) if " " in text[1:-1].strip():
            return True
        case libcst.Call(func=libcst.Attribute(value=libcst.Name(value="log" | "logger"))):
            return True
        case libcst.Assign(targets=[libcst.AssignTarget(target=libcst.Name(value="__all__"))]):
            return True
    return False


def sample(path: Path, module: str, sites: int, seed: int) -> list[tuple[Mutant, str]]:
    """Mutants of one module with their whole text: `sites` places at random, one change at each."""
    text = path.read_text()
    wrapper = MetadataWrapper(libcst.parse_module(text))
    visitor = Sites()
    wrapper.visit(visitor)
    draw = random.Random(f"{seed} {module}")
    draw.shuffle(visitor.sites)
    mutants: dict[str, Mutant] = {}
    for line, node, changes in visitor.sites:
        if len(mutants) == sites:
            break
        changed = wrapper.module.deep_replace(node, draw.choice(changes)).code
        try:
            compile(changed, module, "exec")
        except SyntaxError:
            continue
        differences = list(difflib.ndiff(text.splitlines(), changed.splitlines()))
        before, after = (
            " / ".join(row[2:].strip() for row in differences if row.startswith(sign))
            for sign in ("- ", "+ ")
        )
        if changed != text:
            mutants[changed] = Mutant(module, line, before, after)
    return sorted(((m, code) for code, m in mutants.items()), key=lambda pair: pair[0].line)


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


def copied(folder: Path) -> None:
    """The checkout without what git ignores; its modules are compiled once, known by their text."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    # By the time of a change, as is usual, two mutants of one second would be taken for one.
    compiling = ["compileall", "-q", "--invalidation-mode", "checked-hash", "."]
    subprocess.run([sys.executable, "-m", *compiling], cwd=folder, check=True)


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


def equivalent() -> set[tuple[str, str, str]]:
    """Mutants that no test can tell from the code, each argued for in a file."""
    entries = tomllib.loads(EQUIVALENT.read_text())["mutant"] if EQUIVALENT.exists() else []
    return {(entry["module"], entry["before"], entry["after"]) for entry in entries}


def summary(mutants: Sequence[Mutant]) -> dict:
    """Counts, the share caught of those that are not equivalent, and its 95 % Wilson interval."""
    alike = equivalent()
    survivors = [m for m in mutants if m.outcome != "caught"]
    equivalent_count = sum((m.module, m.before, m.after) in alike for m in survivors)
    total = len(mutants) - equivalent_count
    caught = len(mutants) - len(survivors)
    interval = binomtest(caught, total).proportion_ci(method="wilson")
    return {
        "mutants": len(mutants),
        "equivalent": equivalent_count,
        "caught": caught,
        "share": round(caught / total, 3),
        "interval": [round(float(interval.low), 3), round(float(interval.high), 3)],
    }


def main() -> None:
    """Draw, judge, print a line a mutant, write the result after each group."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; all without")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--sites", type=int, default=12, help="mutants a module")
    parser.add_argument("--again", action="store_true", help="only what survived the last time")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result = json.loads(options.out.read_text()) if options.out.exists() else {}
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    sys.path = [p for p in sys.path if Path(p).resolve() not in (ROOT, ROOT / "tools")]
    out = options.out.resolve()
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    with tempfile.TemporaryDirectory() as temporary:
        scratch, folder = Path(temporary), Path(temporary, "checkout")
        copied(folder)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        for name in options.groups or GROUPS:
            group = GROUPS[name]
            caught_before = {
                (m["module"], m["before"], m["after"]): m["outcome"]
                for m in result.get(name, {}).get("all", [])
                if options.again and m["outcome"] == "caught"
            }
            modules, tests = (
                sorted({str(path) for glob in globs for path in Path().glob(glob)})
                for globs in (group.modules, group.tests)
            )
            drawn = [
                pair
                for module in modules
                for pair in sample(Path(module), module, options.sites, options.seed)
            ]
            print(f"{name}: {len(drawn)} mutants of {len(modules)} modules", flush=True)
            lines, seconds = reached(tests, modules, scratch)
            failed = [test for test, duration in seconds.items() if duration == math.inf]
            print(*(f"judges nothing, skipped or failing: {test}" for test in failed), sep="\n")
            mutants = []
            for mutant, code in drawn:
                key = (mutant.module, mutant.before, mutant.after)
                outcome = caught_before.get(key) or judged(
                    mutant, code, lines[mutant.module], seconds, scratch
                )
                mutants.append(Mutant(**{**asdict(mutant), "outcome": outcome}))
                print(f"{outcome:11} {mutant.module}:{mutant.line}", flush=True)
                if outcome != "caught":
                    print(f"    - {mutant.before}\n    + {mutant.after}", flush=True)
            by_module = defaultdict(list)
            for mutant in mutants:
                by_module[mutant.module].append(mutant)
            result[name] = {
                "commit": commit,
                "seed": options.seed,
                **summary(mutants),
                "modules": {
                    module: f"{sum(m.outcome == 'caught' for m in group)}/{len(group)}"
                    for module, group in by_module.items()
                },
                "all": [asdict(m) for m in mutants],
            }
            out.write_text(json.dumps(result, indent=1) + "\n")
            print({k: v for k, v in result[name].items() if k != "all"}, flush=True)


if __name__ == "__main__":
    main()
