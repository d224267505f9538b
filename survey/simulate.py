"""Simulated answers as a file: to teach with, and to try an analysis before there are answers.

    python -m survey.simulate --participants 48 --out FILE.csv
    python -m survey.simulate --design ab --systems 3 --out FILE.csv
    python -m survey.analyze --csv FILE.csv

`survey.statistics.simulation` says how its participants answer, `survey.planning.listeners` how
they do in other designs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from db.models import TRANSFER
from survey.designs import registry
from survey.planning import simulated_table
from survey.planning.design_plan import study_of
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
        if options.design == TRANSFER:
            of_others = options.systems, options.difference, options.trials, options.each
            if any(value is not None for value in of_others):
                raise ValueError(
                    "--systems, --difference, --trials and --each are of designs that compare "
                    "systems"
                )
            table = simulate(people, options.items, options.seed, pieces=pieces)
        else:
            systems = 2 if options.systems is None else options.systems
            design = registry.find(options.design)
            size = options.items, pieces, options.trials, options.each
            study = study_of(design, systems, options.difference, {}, *size)
            table = simulated_table.simulate(study, people, options.seed)
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
    parser.add_argument(
        "--design", choices=registry.DESIGNS, default=TRANSFER, help="default %(default)s"
    )
    parser.add_argument(
        "--systems", metavar="N", type=int, help="to be compared (all but transfer; 2)"
    )
    parser.add_argument(
        "--difference",
        metavar="X",
        type=float,
        help="between the first and the last, in points (a tenth of the scale); of abx the right "
        "answers above one half (0.1)",
    )
    of_one = parser.add_mutually_exclusive_group()
    of_one.add_argument(
        "--trials", metavar="N", type=int, help="of one participant (all but transfer; all)"
    )
    of_one.add_argument(
        "--each", metavar="N", type=int, help="the same: as many as there are of N items"
    )
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
