"""Write the figures of docs/security.md from results: ``python -m benchmarks.public_tables``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from train.report import fill, table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "security.md"
WAYS = {"make-run": "`python -m demo`", "space": "`python demo/app.py`"}


def _results(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"public_{name}.json").read_text())


def _measured_on(report: dict[str, Any]) -> str:
    machine = report["machine"]
    commit = machine["commit"][:12] + (" with changes not committed" if machine["changed"] else "")
    return (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; "
        f"commit {commit}."
    )


def attack_table() -> str:
    """The attack that read any file, before and after."""
    report = _results("fuzz")
    before = report["attack_before"]
    rows = [("earlier version", f"{before['events_tried']}", f"{before['files_given_away']}")]
    for way, name in WAYS.items():
        after = report["ways"][way]["attack"]
        rows.append((name, f"{after['events_tried']}", f"{after['files_given_away']}"))
    return table(rows, ("server", "events tried", "files given away"))


def latency_table() -> str:
    """How long an answer takes alone, beside whole pieces and in a crowd."""
    report = _results("load")
    alone, beside = (report["alone_and_beside"][part] for part in ("alone", "beside"))
    crowd = report["crowd"]
    rows = []
    for name, timing in (
        ("one visitor alone", alone),
        (f"beside {beside['others']} whole pieces of {beside['minutes']} minutes", beside),
        (f"{crowd['visitors']} visitors, a move a second each", crowd),
    ):  # fmt: skip
        milliseconds = (timing["median_ms"], timing["p95_ms"], timing["max_ms"])
        counts = (timing["moves"], timing["n"], timing["errors"])
        rows.append((name, *(f"{f:,.0f}" for f in milliseconds), *(f"{c:,}" for c in counts)))
    head = ("", "median, ms", "p95, ms", "longest, ms", "moves", "answered", "errors")
    note = "Moves that were not answered were overtaken by a newer one of the same visitor."
    return f"{table(rows, head)}\n\n{note} {_measured_on(report)}"


def prices_table() -> str:
    """The piece on which each kind of work takes longest for its price, before and now."""
    report = json.loads((RESULTS / "prices.json").read_text())
    with_ratio = [row for row in report["rows"] if "ratio" in row]
    rows = []
    for kind in dict.fromkeys(row["kind"] for row in with_ratio):
        own = [row for row in with_ratio if row["kind"] == kind]
        worst = max(own, key=lambda row: row["ratio"])
        before = max((row["ratio_before"] for row in own if "ratio_before" in row), default=None)
        rows.append(
            (
                kind,
                f"{len(own)}",
                worst["piece"],
                f"{worst['price_s']:.2f}",
                f"{worst['ratio']:.2f}",
                "–" if before is None else f"{before:.2f}",
            )
        )
    rows.sort(key=lambda row: -float(row[4]))
    head = (
        "work", "pieces", "the dearest for its price", "price, s",
        "times its price", "the most before",
    )  # fmt: skip
    note = (
        "Seconds of a processor, of several runs, by the pace of an ordinary piece that is planned "
        "shortly before; "
        f"work that is priced above {report['most_s']:g} s was left out."
    )
    return f"{table(rows, head)}\n\n{note} {_measured_on(report)}"


def memory_table() -> str:
    """Memory while visitors come and go."""
    figures = _results("load")["memory"]
    curve, after = figures["curve_mb"], figures["afterwards"]
    step = max(1, len(curve) // 8)
    rows = [
        tuple(f"{point[k]:,.0f}" for k in ("moves", "server", "workers", "pieces", "sessions"))
        for point in curve[::step]
    ]
    end = tuple(f"{after[k]:,.0f}" for k in ("server", "workers", "pieces", "sessions"))
    rows.append((f"{after['settled_s']:.0f} s after the last has left", *end))
    head = ("moves so far", "server, MB", "workers, MB", "pieces open", "sessions")
    note = (
        f"{figures['visitors']} visitors at once, {figures['visits']} visits; "
        f"{figures['median_mb']:,.0f} MB in all, "
        f"{figures['largest_deviation_percent']:.1f} % off that at most."
    )
    return f"{table(rows, head)}\n\n{note}"


def fuzz_table() -> str:
    """What a bounded fuzz run found."""
    report = _results("fuzz")
    names = ("requests", "tracebacks", "hangs", "files_given_away", "worker_restarts")
    rows = []
    for way, name in WAYS.items():
        figures = report["ways"][way]
        others = sum(figures["other_findings"].values())
        rows.append((name, *(f"{figures[key]:,}" for key in names), f"{others}"))
    head = ("server", "requests", "tracebacks", "hangs", "files given away", "restarts", "other")
    return f"{table(rows, head)}\n\n{_measured_on(report)}"


def bombs_table() -> str:
    """MIDI files of at most 20 MB that cost the most, before and after bounds."""
    rows = json.loads((RESULTS / "midi_bombs.json").read_text())["rows"]
    known = [row for row in rows if "before" in row]  # later kinds were not tried before the bounds
    worst = sorted(known, key=lambda row: -max(row["before"]["cpu_s"] * 100, row["before"]["mb"]))
    table_rows = [
        (
            row["kind"],
            *(
                f"{row[version][cost]:,.1f}"
                for version in ("before", "after")
                for cost in ("cpu_s", "mb")
            ),
            "opened" if row["after"]["said"] == "opened" else "refused",
        )
        for row in worst[:10]
    ]
    head = ("kind", "before, s", "before, MB", "now, s", "now, MB", "now")
    largest = [max(row["after"][cost] for row in rows) for cost in ("cpu_s", "mb")]
    note = (
        f"{len(rows)} kinds; none costs more than {largest[0]:.1f} s and {largest[1]:.0f} MB now."
    )
    return f"{table(table_rows, head)}\n\n{note}"


TABLES = {
    "attack": attack_table,
    "latency": latency_table,
    "prices": prices_table,
    "memory": memory_table,
    "fuzz": fuzz_table,
    "bombs": bombs_table,
}


def main() -> int:
    """Fill the page; returns the exit status."""
    argparse.ArgumentParser(prog="public_tables", description=__doc__).parse_args()
    PAGE.write_text(fill(PAGE.read_text(), TABLES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
