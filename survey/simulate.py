"""Simulated answers as a file: to teach with, and to try an analysis before there are answers.

    python -m survey.simulate --participants 48 --out FILE.csv
    python -m survey.analyze --csv FILE.csv

`survey.statistics.simulation` says how its participants answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from survey.ratings.csv_file import write_csv
from survey.statistics.pieces import FEW_PIECES
from survey.statistics.simulation import PEOPLE, simulate


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a file of simulated answers; 0, or 2 after one sentence on why not."""
    options = _parser().parse_args(arguments)
    people = {PEOPLE[0]: options.participants}
    people |= {kind: getattr(options, kind) for kind in PEOPLE[1:]}
    try:
        if min(options.seed, *people.values()) < 0:
            raise ValueError("no number can be below 0")
        if options.items < 1 or not any(people.values()):
            raise ValueError("it takes at least one participant and one item")
        pieces = min(FEW_PIECES, options.items) if options.pieces is None else options.pieces
        table = simulate(people, options.items, options.seed, pieces=pieces)
        write_csv(table, options.out)
    except (ValueError, OSError) as error:
        print(f"survey.simulate: {error}", file=sys.stderr)
        return 2
    print(f"{options.out}: {len(table)} answers, analysed by survey.analyze --csv {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.simulate", description="Simulate the answers of a listening test."
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="CSV")
    parser.add_argument("--participants", metavar="N", type=int, default=48, help="realistic (48)")
    for kind in PEOPLE[1:]:
        parser.add_argument(f"--{kind}", metavar="N", type=int, default=0, help="of these, too (0)")
    parser.add_argument("--items", metavar="N", type=int, default=20, help="transfers (20)")
    parser.add_argument(
        "--pieces",
        metavar="N",
        type=int,
        help=f"of which the items are segments in turn ({FEW_PIECES}, or as many as items)",
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
