"""How many small faults the tests notice: a drawn sample of mutants, one at a time.

    python tools/mutants.py --seed 0 --sites 12 statistics survey demo fadernets

mutmut's own runner reaches neither constants of a module nor decorated functions, so each mutant
(`mutant_drawing`) is written into a copy of the checkout here. A test takes part in judging it
(`mutant_judging`) if its file runs the changed line; those that run the line themselves go first,
the quickest before the others. Tests with a browser, PostgreSQL, servers or processes that are
killed are left out. `--again` judges the survivors of the last result anew, after tests were added.
CONTRIBUTING.md says how to read the result.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mutant_drawing import Mutant, sample
from mutant_judging import judged, reached
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "mutants.json"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.toml"
# Imported once, before the mutants' processes fork: most of a short test run is imports. None of
# the project's own modules is among them, each process reads its mutant from the disk.
LIBRARIES = (
    "alembic.command gradio fastapi.testclient hypothesis jinja2 matplotlib.figure numpy pandas"
    " pretty_midi pydantic scipy.signal scipy.stats sklearn.linear_model soundfile sqlalchemy.orm"
    " torch uvicorn"
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
            "survey/participant/joining.py",
            "survey/participant/participation.py",
            "survey/participant/assignment.py",
            "survey/journal/replay.py",
            "survey/journal/state.py",
        ),
        (
            "tests/survey/designs/test_journal.py",
            "tests/survey/journal/test_[brsw]*.py",
            "tests/survey/participant/test_*.py",
        ),
    ),
    "demo": Group(
        (
            "demo/editing/piece_session.py",
            "demo/editing/segmented_piece.py",
            "fadernets/score/playing.py",
            "demo/editing/requests.py",
            "demo/failure.py",
            "demo/handlers.py",
            "demo/page_event.py",
            "demo/program_calls.py",
        ),
        (
            "tests/demo/editing/test_*.py",
            "tests/demo/test_failure.py",
            "tests/demo/test_handlers*.py",
            "tests/demo/test_program_calls.py",
        ),
    ),
    "guard": Group(
        ("demo/guard/*.py",),
        ("tests/demo/guard/test_*.py", "tests/demo/test_health.py"),
    ),
    "analysis": Group(
        ("survey/analysis/*.py",),
        (
            "tests/survey/analysis/test_*.py",
            "tests/survey/admin/test_study.py",
            "tests/survey/test_analyze.py",
        ),
    ),
    "fadernets": Group(
        (
            "fadernets/*.py",
            "fadernets/[!ap]*/**/*.py",
            "fadernets/arranger/*.py",
            "fadernets/p*k/*.py",
        ),
        ("tests/fadernets/**/test_*.py",),
    ),
}


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
