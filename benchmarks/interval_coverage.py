"""How often the 95 % intervals of the listening test hold the truth.

    python -m benchmarks.interval_coverage [--runs 2000] [--draws 1000] [--seed 0]

Studies are simulated from known people and items (`survey.statistics.simulation.Truth`); a right
interval holds the mean over all people and items that could have been drawn in 95 % of them. With
2,000 runs the standard error of a coverage of 95 % is 0.5 points.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse
from tqdm import tqdm

from survey.planning.power import StudySize, drawn
from survey.statistics import twoway
from survey.statistics.bootstrap import percentiles, totals
from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import Interval, t_interval, wilson
from survey.statistics.simulation import Truth

RESULTS = Path(__file__).parent / "results" / "interval_coverage.json"
METHODS = ("naive", "participant", "two-way", "bootstrap")
Ends = tuple[float | None, float | None]


class CrossedStudy(NamedTuple):
    """A study: participants, items, items each, its truth, and what is special about that."""

    participants: int
    items: int
    each: int
    truth: Truth = Truth()
    special: str = ""

    @property
    def words(self) -> str:
        """The design in words, for the table."""
        items_each = "" if self.each == self.items else f", {self.each} each"
        return f"{self.participants} × {self.items}{items_each}{self.special}"


EASY = Truth(agreement=0.97)
ALIKE = Truth(participant_sd=0, item_sd=0)
UNEVEN = Truth(agreement=0.99, item_sd=2.5)  # most items are easy, a few very hard
DESIGNS = (
    CrossedStudy(48, 20, 20),
    CrossedStudy(48, 10, 10),
    CrossedStudy(48, 60, 20),
    CrossedStudy(12, 10, 10),
    CrossedStudy(48, 4, 4),
    CrossedStudy(6, 6, 6),
    CrossedStudy(48, 20, 20, EASY, ", easy"),
    CrossedStudy(12, 10, 10, EASY, ", easy"),
    CrossedStudy(12, 10, 10, ALIKE, ", people and items alike"),
    CrossedStudy(48, 20, 20, UNEVEN, ", few items hard"),
    CrossedStudy(48, 10, 10, UNEVEN, ", few items hard"),
)


def covered(design: CrossedStudy, runs: int, draws: int, seed: int, bar: tqdm) -> list[dict]:
    """Coverage and median width of each method, one row for means and one for agreement."""
    truth = design.truth
    plan = StudySize(truth, design.items, design.each, pieces=design.items)
    truths = {"mean": truth.mean(), "agreement": truth.share()}
    hits: dict[tuple[str, str], list[bool]] = {}
    widths: dict[tuple[str, str], list[float]] = {}
    for run in range(runs):
        agrees, ratings = drawn(plan, design.participants, np.random.default_rng([seed, run]))
        for name, ends in (*_mean(ratings, draws, run), *_agreement(agrees, draws, run)):
            low, high = ends
            if low is None or high is None:
                hits.setdefault(name, []).append(False)
                widths.setdefault(name, []).append(np.nan)
            else:
                hits.setdefault(name, []).append(low <= truths[name[0]] <= high)
                widths.setdefault(name, []).append(high - low)
        bar.update()
    return [
        {
            "of": of,
            "design": design.words,
            "truth": truths[of],
            "coverage": {method: float(np.mean(hits[of, method])) for method in METHODS},
            "width": {method: float(np.nanmedian(widths[of, method])) for method in METHODS},
        }
        for of in truths
        if of == "agreement" or not design.special  # which is of agreement only
    ]


def table(rows: list[dict]) -> str:
    """The coverages as Markdown."""
    lines = [
        "| of | participants × items | truth | naive | by participant | two-way | bootstrap |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"{100 * row['coverage'][method]:.1f} %" for method in METHODS]
        cells[2] = f"**{cells[2]}**"
        lines.append(
            f"| {row['of']} | {row['design']} | {row['truth']:.3f} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Simulate all designs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=1000, help="resamples of each bootstrap")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tqdm(total=options.runs * len(DESIGNS), unit="study", mininterval=5) as bar:
        rows = [
            row
            for design in DESIGNS
            for row in covered(design, options.runs, options.draws, options.seed, bar)
        ]
    rows.sort(key=lambda row: row["of"], reverse=True)
    print(table(rows))
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _mean(answers: Crossed, draws: int, run: int) -> list[tuple[tuple[str, str], Ends]]:
    estimates = {
        "naive": t_interval(answers.values),
        "participant": twoway.by_participant(answers),
        "two-way": twoway.mean(answers),
    }
    return _ends("mean", answers, estimates, draws, run)


def _agreement(answers: Crossed, draws: int, run: int) -> list[tuple[tuple[str, str], Ends]]:
    estimates = {
        "naive": wilson(int(answers.values.sum()), len(answers.values)),
        "participant": twoway.share_by_participant(answers),
        "two-way": twoway.share(answers),
    }
    return _ends("agreement", answers, estimates, draws, run)


def _ends(
    of: str, answers: Crossed, estimates: Mapping[str, Interval], draws: int, run: int
) -> list[tuple[tuple[str, str], Ends]]:
    intervals = [((of, method), (e.low, e.high)) for method, e in estimates.items()]
    shape = (answers.participants, answers.items)
    sums = totals(
        {
            "sum": sparse.csr_array((answers.values, shape)),
            "n": sparse.csr_array((np.ones(len(answers.values)), shape)),
        },
        draws,
        run,
    )
    ends = percentiles(sums["sum"] / sums["n"])
    return [*intervals, ((of, "bootstrap"), (ends.low, ends.high))]


if __name__ == "__main__":
    sys.exit(main())
