"""Write the tables of docs/speed.md from a results file: ``python -m benchmarks.speed_tables``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from train.report import fill, table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results" / "speed.json"
PAGE = ROOT / "docs" / "speed.md"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2g}"


def _spread(found: dict[str, float]) -> str:
    """Median and range."""
    low, high = _number(found["lowest"]), _number(found["highest"])
    return f"{_number(found['median'])} ({low} to {high})"


def _share(found: dict) -> str:
    return f"{100 * found['share_of_limit']:.0f} %"


def machine_line(report: dict) -> str:
    """What it was measured on, in a sentence or two."""
    on = report["machine"]
    commit = on["commit"][:12] + (" with changes not committed" if on["changed"] else "")
    load = f"{on['load_average_before']} before, {on['load_average_after']} after"
    return (
        f"{on['processor']}, {on['cores']} cores, {on['vector_units']}; torch {on['torch']}, "
        f"Python {on['python']}; commit {commit}; load average {load}; {report['repeats']} turns, "
        f"{report['seconds']:.0f} s in all. Median, lowest and highest."
    )


def decoding_table(report: dict) -> str:
    """Segments a second against the plain rendering."""
    rows = []
    for found in report["decoding"]:
        size = f"{found['hidden']}{', shipped' if found['trained'] else ''}"
        first = (size, f"{found['threads']}", _spread(found["plain_segments_s"]))
        for batch, one in found["batches"].items():
            rate, times = _spread(one["segments_s"]), _spread(one["times_plain"])
            rows.append((*first, batch, rate, times, _share(one)))
    head = ("hidden", "threads", "plain, segments/s", "batch", "ours, segments/s", "times plain",
            "of the limit")  # fmt: skip
    return table(rows, head)


def training_table(report: dict) -> str:
    """Segments a second of a training step."""
    rows = []
    for found in report["training"]:
        for precision in ("float32", "bfloat16"):
            for batch, one in found[precision].items():
                rows.append(
                    (
                        f"{found['hidden']}",
                        f"{found['threads']}",
                        precision,
                        batch,
                        _spread(one["segments_s"]),
                        _spread(one["times_plain_alone"]),
                        _spread(one["times_plain_same_batch"]),
                        _share(one),
                    )
                )
    head = ("hidden", "threads", "precision", "batch", "segments/s", "times plain alone",
            "times plain, same batch", "of the limit")  # fmt: skip
    return table(rows, head)


def preparing_table(report: dict) -> str:
    """Segments a second from MIDI to arrays."""
    rows = [
        (
            f"{found['files']}, {found['segments']}",
            _spread(found["ours_segments_s"]),
            _spread(found["music21_segments_s"]),
            _spread(found["times_music21"]),
        )
        for found in report["preparing"]
    ]
    return table(rows, ("files, segments", "ours, segments/s", "music21, segments/s", "times"))


def arranging_table(report: dict) -> str:
    """Milliseconds of the arranger and where they go."""
    parts = list(report["arranging"][0]["shares"])
    rows = [
        (
            f"{found['segments']}",
            f"{found['threads']}",
            f"{found['encode_ms']:,.0f}",
            f"{found['slide_ms']:,.0f}",
            *(f"{100 * found['shares'].get(part, 0):.0f} %" for part in parts),
        )
        for found in report["arranging"]
    ]
    return table(rows, ("segments", "threads", "codes, ms", "slide, ms", *parts))


TABLES = {
    "machine": machine_line,
    "decoding": decoding_table,
    "training": training_table,
    "preparing": preparing_table,
    "arranging": arranging_table,
}


def main() -> int:
    """Fill the page; returns the exit status."""
    report = json.loads(RESULTS.read_text())
    tables: dict[str, Callable[[], str]] = {
        name: partial(make, report) for name, make in TABLES.items()
    }
    PAGE.write_text(fill(PAGE.read_text(), tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
