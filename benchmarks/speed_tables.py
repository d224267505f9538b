"""Write the tables of docs/speed.md from a results file: ``python -m benchmarks.speed_tables``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fadernets.compute.recurrence import PRECISIONS
from train.metrics.borders import PLACES
from train.report import fill, table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results" / "speed.json"
PIECES = RESULTS.with_name("whole_pieces.json")
BEFORE = RESULTS.with_name("arranger_before.json")
PAGE = ROOT / "docs" / "speed.md"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2g}"


def _spread(figures: dict[str, float]) -> str:
    """Median and range."""
    low, high = _number(figures["lowest"]), _number(figures["highest"])
    return f"{_number(figures['median'])} ({low} to {high})"


def _share(figures: dict) -> str:
    return f"{100 * figures['share_of_limit']:.0f} %"


def machine_lines(report: dict) -> str:
    """What each run was measured on, in a sentence or two."""
    return "\n\n".join(map(_machine_line, report["runs"]))


def _machine_line(run: dict) -> str:
    machine = run["machine"]
    commit = machine["commit"][:12] + (" with changes not committed" if machine["changed"] else "")
    load = f"{machine['load_average_before']} before, {machine['load_average_after']} after"
    return (
        f"{', '.join(run['parts']).capitalize()}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['vector_units']}; "
        f"torch {machine['torch']}, Python {machine['python']}; commit {commit}; "
        f"load average {load}; {run['repeats']} turns, {run['seconds']:.0f} s in all. "
        "Median, lowest and highest."
    )


def decoding_table(report: dict) -> str:
    """Segments a second against the plain rendering's, by batch and precision."""
    rows = []
    for result in report["decoding"]:
        size = f"{result['hidden']}{', shipped' if result['trained'] else ''}"
        for batch, figures in result["batches"].items():
            plain = _spread(figures["plain_segments_s"])
            for precision in PRECISIONS:
                if precision in figures:
                    ours = figures[precision]
                    rows.append(
                        (
                            size,
                            f"{result['threads']}",
                            batch,
                            plain,
                            precision,
                            _spread(ours["segments_s"]),
                            _spread(ours["times_plain"]),
                            f"{100 * ours['as_in_float32']:.0f} %",
                            _share(ours),
                        )
                    )
    head = ("hidden", "threads", "batch", "plain, segments/s", "ours", "segments/s", "times plain",
            "same tokens", "of the limit")  # fmt: skip
    return table(rows, head)


def training_table(report: dict) -> str:
    """Segments a second of a training step."""
    rows = []
    for result in report["training"]:
        for precision in ("float32", "bfloat16"):
            for batch, figures in result[precision].items():
                rows.append(
                    (
                        f"{result['hidden']}",
                        f"{result['threads']}",
                        precision,
                        batch,
                        _spread(figures["segments_s"]),
                        _spread(figures["times_plain_alone"]),
                        _spread(figures["times_plain_same_batch"]),
                        _share(figures),
                    )
                )
    head = ("hidden", "threads", "precision", "batch", "segments/s", "times plain alone",
            "times plain, same batch", "of the limit")  # fmt: skip
    return table(rows, head)


def preparing_table(report: dict) -> str:
    """Segments a second from MIDI to arrays."""
    rows = [
        (
            f"{result['files']}, {result['segments']}",
            _spread(result["ours_segments_s"]),
            _spread(result["music21_segments_s"]),
            _spread(result["times_music21"]),
        )
        for result in report["preparing"]
    ]
    return table(rows, ("files, segments", "ours, segments/s", "music21, segments/s", "times"))


def arranging_table(report: dict) -> str:
    """Milliseconds of the arranger and where they go."""
    parts = list(report["arranging"][0]["shares"])
    rows = [
        (
            f"{result['segments']}",
            f"{result['threads']}",
            f"{result['encode_ms']:,.0f}",
            f"{result['slide_ms']:,.0f}",
            *(f"{100 * result['shares'].get(part, 0):.0f} %" for part in parts),
        )
        for result in report["arranging"]
    ]
    return table(rows, ("segments", "threads", "codes, ms", "slide, ms", *parts))


def pieces_table(report: dict) -> str:
    """Whole performances, and their windows alone."""
    rows = [
        (
            f"{each['minutes']:.1f}",
            f"{each['segments']}",
            f"{each['notes']:,}",
            *(f"{seconds:.1f}" for seconds in each["piece_s"].values()),
            f"{each['window_ms']['median']:.0f} ({each['window_ms']['p90']:.0f})",
        )
        for each in report["pieces"]["performances"]
    ]
    head = ("minutes", "segments", "notes", "rhythm, s", "both faders, s", "a window, ms (p90)")
    return table(rows, head)


def borders_table(report: dict) -> str:
    """How neighbouring windows fit: notes that end at a place, and jumps there."""
    fit = report["pieces"]["fit"]
    jumps = list(fit["original"]["border"]["jumps"])
    rows = [
        (
            way,
            *(f"{100 * at[place]['cut']:.1f} %" for place in PLACES),
            *(" / ".join(f"{at[place]['jumps'][of]:.2f}" for place in PLACES) for of in jumps),
        )
        for way, at in fit.items()
    ]
    return table(rows, ("", *(f"cut at a {place}" for place in PLACES), *jumps))


def before_table(report: dict) -> str:
    """Milliseconds of today's arranger beside those of an older one."""
    before = report["before"]
    rows = [
        (
            f"{what} {count}",
            f"{before[name]['older_ms']:,.0f}",
            f"{before[name]['newer_ms']:,.0f}",
            _spread(before[name]["times_as_long"]),
        )
        for what, name, count in (
            ("one by one, each of", "one_by_one", before["alone"]),
            ("together, all", "together", before["segments"]),
        )
    ]
    older, newer = before["older_commit"][:8], before["machine"]["commit"][:8]
    return table(rows, ("segments", f"{older}, ms", f"{newer}, ms", "times as long"))


TABLES = {
    "machine": machine_lines,
    "decoding": decoding_table,
    "training": training_table,
    "preparing": preparing_table,
    "arranging": arranging_table,
    "before": before_table,
    "pieces": pieces_table,
    "borders": borders_table,
}


def results() -> dict:
    """All that the page reports."""
    further = {"pieces": PIECES, "before": BEFORE}
    return json.loads(RESULTS.read_text()) | {
        name: json.loads(path.read_text()) for name, path in further.items()
    }


def main() -> int:
    """Fill the page; returns the exit status."""
    report = results()
    tables: dict[str, Callable[[], str]] = {
        name: partial(make, report) for name, make in TABLES.items()
    }
    PAGE.write_text(fill(PAGE.read_text(), tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
