"""Write the tables of pages on studies from results: ``python -m benchmarks.study_tables``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import (
    design_coverage,
    design_wording,
    dose_detection,
    interval_coverage,
    strength_coverage,
    study_coverage,
    study_detection,
    study_wording,
)
from survey.statistics.estimate import LEVEL
from train.report import fill, table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "statistics.md"
DESIGNS_PAGE = ROOT / "docs" / "designs.md"
ALWAYS = 0.99  # share of studies warned of
FEWEST = 0.94  # nominal 95 % intervals are to hold the truth so often


def coverage_table() -> str:
    """Coverage of agreement's interval on all items, before and now, by participants."""
    report = _read(study_coverage.RESULTS)
    rows = []
    for world, pieces, cells in _grouped(report["simulated"], "all"):
        rows.append(
            (
                world,
                f"{pieces}",
                " / ".join(_percent(cell["before"]) for cell in cells),
                " / ".join(_bold(cell["coverage"]) for cell in cells),
                " / ".join(f"{cell['width']:.2f}" for cell in cells),
                " / ".join(_percent(cell["warned"]) for cell in cells),
            )
        )
    head = ("studies", "pieces", "before, %", "now, %", "width", "warned of, %")
    people = ", ".join(map(str, study_coverage.PARTICIPANTS))
    return f"{table(rows, head)}\n\nEach cell: of {people} participants; {_runs(report)}."


def lower_table() -> str:
    """The same of the items of one direction, half as many."""
    report = _read(study_coverage.RESULTS)
    rows = [
        (
            world,
            *(
                " / ".join(_bold(cell["coverage"]) for cell in of_pieces[pieces])
                for pieces in study_coverage.PIECES
            ),
        )
        for world, of_pieces in _by_world(report["simulated"], "lower").items()
    ]
    head = ("studies", *(f"{pieces} pieces, %" for pieces in study_coverage.PIECES))
    return table(rows, head)


def unwarned_table() -> str:
    """Cells below `FEWEST` that the report does not nearly always warn of."""
    report = _read(study_coverage.RESULTS)
    below = [row for row in report["simulated"] if row["coverage"] < FEWEST]
    silent = [row for row in below if row["warned"] < ALWAYS]
    rows = [
        (
            row["world"],
            {"all": "all items", "lower": "lower items"}[row["of"]],
            f"{row['pieces']}",
            f"{row['participants']}",
            _percent(row["coverage"]),
            _percent(row["warned"]),
            _percent(silently_wrong(row)),
        )
        for row in silent
    ]
    head = (
        *("studies", "of", "pieces", "participants", "coverage, %"),
        *("warned of, %", "wrong without a warning, %"),
    )
    cells = len(report["simulated"])
    worst = max(map(silently_wrong, report["simulated"]))
    note = (
        f"{len(below)} of {cells} cells are below {100 * FEWEST:.0f} %; of the "
        f"{len(below) - len(silent)} that are not in this table the report warns in "
        f"{100 * ALWAYS:.0f} % of the studies or more. An interval is wrong and the report does "
        f"not warn in {_percent(worst)} % of any cell's studies at most; "
        f"{_percent(1 - LEVEL)} % is what it claims."
    )
    return f"{table(rows, head)}\n\n{note}"


def raters_table() -> str:
    """Coverage on real raters, before and now."""
    report = _read(study_coverage.RESULTS)
    kinds = {"changes": "from part to part", "levels": "parts against neutral"}
    rows = [
        (
            kinds[row["items"]],
            f"{row['participants']}",
            f"{row['pieces']} of {row['of_pieces']}",
            f"{100 * row['truth']:.1f}",
            _percent(row["before"]),
            _bold(row["coverage"]),
            f"{row['width']:.2f}",
        )
        for row in report["raters"]
    ]
    head = ("items", "participants", "pieces", "truth, %", "before, %", "now, %", "width")
    return f"{table(rows, head)}\n\n{_runs(report)}."


def wording_table() -> str:
    """How often each claim is made of each kind of listeners."""
    report = _read(study_wording.RESULTS)
    kinds = list(dict.fromkeys(row["listeners"] for row in report["rows"]))
    names = list(report["rows"][0]["claims"])
    rows = []
    for name in names:
        cells = []
        for kind in kinds:
            of_kind = [row for row in report["rows"] if row["listeners"] == kind]
            cells.append(" / ".join(_percent(row["claims"][name]) for row in of_kind))
        rows.append((name, *cells))
    sizes = [row for row in report["rows"] if row["listeners"] == kinds[0]]
    words = " / ".join(f"{r['participants']} × {r['pieces']} pieces" for r in sizes)
    counts = {row["listeners"]: row["studies"] for row in report["rows"]}
    of_kinds = ", ".join(f"{count} of {kind}" for kind, count in counts.items())
    note = (
        f"Percent of studies, {words}; of listeners of each kind in each size: {of_kinds}; "
        f"seed {report['seed']}."
    )
    return f"{table(rows, ('claim', *kinds))}\n\n{note}"


def detection_table() -> str:
    """Coverage of d' and c, before and now."""
    report = _read(study_detection.RESULTS)
    rows = [
        (
            row["studies"],
            f"{row['participants']}",
            f"{row['pieces']}",
            _percent(row["d_prime_before"]),
            _bold(row["d_prime"]),
            _percent(row["criterion_before"]),
            _bold(row["criterion"]),
            _percent(row["none"]),
        )
        for row in report["rows"]
    ]
    head = (
        *("studies", "participants", "pieces", "d′ before, %", "d′ now, %"),
        *("c before, %", "c now, %", "no interval, %"),
    )
    return f"{table(rows, head)}\n\n{_runs(report)}."


def doses_table() -> str:
    """How often each way finds, or wrongly claims, that more is heard of a stronger transfer."""
    report = _read(dose_detection.RESULTS)
    rows = []
    for hears in (dose_detection.ALL, dose_detection.DRAWN):
        for growth in dose_detection.GROWTHS:
            cells = [
                row for row in report["rows"] if (row["hears"], row["growth"]) == (hears, growth)
            ]
            ways = (dose_detection.SLOPE, dose_detection.CORRELATION, dose_detection.COMPARED)
            rows.append(
                (
                    hears,
                    f"{growth:g}",
                    *(" / ".join(_percent(cell[way]) for cell in cells) for way in ways),
                )
            )
    sizes = " / ".join(
        f"{people} × {pieces * each} of {pieces}" for people, pieces, each in dose_detection.SIZES
    )
    head = (
        *("of a segment one person hears", "grows by, logits", "slope, %"),
        *("correlation, %", "strengths compared, %"),
    )
    note = f"Each cell: {sizes} pieces (participants × segments); {_runs(report)}."
    return f"{table(rows, head)}\n\n{note}"


def silently_wrong(row: dict[str, Any]) -> float:
    """Share of studies whose interval does not hold the truth, and whose report does not warn."""
    covered = row["coverage_without_warning"]
    return 0.0 if covered is None else float((1 - row["warned"]) * (1 - covered))


def intervals_table() -> str:
    """Coverage of all kinds of intervals, items being pieces of their own."""
    return interval_coverage.table(json.loads(interval_coverage.RESULTS.read_text("utf-8")))


def strengths_table() -> str:
    """Coverage where one segment comes at several strengths, by what is counted."""
    read = json.loads(strength_coverage.RESULTS.read_text("utf-8"))
    rows = [
        (
            f"{row['strengths']}",
            *(f"{_percent(row[unit]['coverage'])} %" for unit in ("item", "segment")),
        )
        for row in read
    ]
    return table(
        rows, ("strengths", "items counted each by itself", "by segment, as the analysis does")
    )


def designs_table() -> str:
    """Coverage of the designs' intervals, naive ones in brackets, by participants."""
    report = _read(design_coverage.RESULTS)
    rows = []
    for measure in dict.fromkeys(row["measure"] for row in report["rows"]):
        for pieces in design_coverage.PIECES:
            cells = [
                row
                for row in report["rows"]
                if (row["measure"], row["pieces"]) == (measure, pieces)
            ]
            naive = [_percent(cell["naive"]) for cell in cells if cell["naive"] is not None]
            rows.append(
                (
                    measure,
                    f"{pieces}",
                    " / ".join(_bold(cell["coverage"]) for cell in cells),
                    " / ".join(naive) or "–",
                    " / ".join(f"{cell['width']:.2f}" for cell in cells),
                    " / ".join(
                        _percent(cell["warned"]) for cell in cells if cell["warned"] is not None
                    )
                    or "–",
                )
            )
    head = ("of", "pieces", "holds the truth, %", "naive, %", "width", "warned of, %")
    people = ", ".join(map(str, design_coverage.PARTICIPANTS))
    return f"{table(rows, head)}\n\nEach cell: of {people} participants; {_runs(report)}."


def designs_wording_table() -> str:
    """How often reports of designs make each claim, by kind of listeners."""
    report = _read(design_wording.RESULTS)
    kinds = design_wording.LISTENERS["ab"]
    rows = []
    for design in design_wording.LISTENERS:
        of_design = [row for row in report["rows"] if row["design"] == design]
        for name in of_design[0]["claims"]:
            cells = [
                " / ".join(
                    _percent(row["claims"][name]) for row in of_design if row["listeners"] == kind
                )
                for kind in kinds
            ]
            rows.append((design, name, *(cell or "–" for cell in cells)))
    sizes = " / ".join(f"{people} × {pieces} pieces" for people, pieces in design_wording.SIZES)
    note = f"Percent of studies, {sizes}; {report['studies']} of each kind, seed {report['seed']}."
    return f"{table(rows, ('design', 'claim', *kinds))}\n\n{note}"


TABLES = {
    "coverage": coverage_table,
    "lower": lower_table,
    "unwarned": unwarned_table,
    "raters": raters_table,
    "detection": detection_table,
    "wording": wording_table,
    "doses": doses_table,
    "intervals": intervals_table,
    "strengths": strengths_table,
}


DESIGN_TABLES = {"designs": designs_table, "designs_wording": designs_wording_table}


def _read(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def _by_world(rows: list[dict[str, Any]], of: str) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """The rows of one kind by world and pieces, each list by participants."""
    worlds: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for row in sorted(rows, key=lambda row: row["participants"]):
        if row["of"] == of:
            worlds.setdefault(row["world"], {}).setdefault(row["pieces"], []).append(row)
    return worlds


def _grouped(rows: list[dict[str, Any]], of: str) -> list[tuple[str, int, list[dict[str, Any]]]]:
    return [
        (world, pieces, cells)
        for world, of_pieces in _by_world(rows, of).items()
        for pieces, cells in sorted(of_pieces.items())
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _bold(share: float) -> str:
    return f"**{_percent(share)}**" if share >= FEWEST else _percent(share)


def _runs(report: dict[str, Any]) -> str:
    return f"{report['runs']} studies, seed {report['seed']}"


def main() -> int:
    """Fill the pages; returns the exit status."""
    argparse.ArgumentParser(prog="study_tables", description=__doc__).parse_args()
    for page, tables in ((PAGE, TABLES), (DESIGNS_PAGE, DESIGN_TABLES)):
        page.write_text(fill(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
