"""Phrases of MIDI files, changed by models: a folder that `survey.build --stimuli` takes.

    python -m survey.stimuli OUT --midi DIR --ways calm tense --checkpoint arranger gmvae
    python -m survey.build --stimuli OUT/stimuli.csv --design ab

Models, strengths and moods meet in one study that way, whatever its design.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from fadernets.command_line import arguments
from survey.bars import Bars
from survey.build import sentence
from survey.building.create import REFUSALS
from survey.phrases.making import make
from survey.phrases.plan import PhrasesPlan
from survey.phrases.way import WAYS


def main(argv: Sequence[str] | None = None) -> int:
    """Write a folder of phrases; 0 when it is there, 2 after saying in one sentence why not."""
    args = _parser().parse_args(argv)
    bars = Bars()
    try:
        lines = _made(args, bars)
    except KeyboardInterrupt:
        return 130
    except (*REFUSALS, OSError) as error:
        bars.close()
        print(f"survey.stimuli: {sentence(error)}", file=sys.stderr)
        return 2
    finally:
        bars.close()
    print("\n".join(lines))
    return 0


def _made(args: argparse.Namespace, bars: Bars) -> list[str]:
    """Make the folder; what is better known of it."""
    plan = PhrasesPlan(
        midi=args.midi,
        ways=tuple(args.ways),
        checkpoints=tuple(args.checkpoint),
        strengths=tuple(args.strengths),
        phrases=args.phrases,
        practice=args.practice,
        seconds=tuple(args.seconds),
        seed=args.seed,
    )
    outcome = make(plan, args.out, bars)
    bars.close()
    for work, why in outcome.left_out.items():
        print(f"left out: {work}: {why.rstrip('.')}.", file=sys.stderr)
    table = shlex.quote(str(outcome.table))
    return [
        f"{outcome.table}: {outcome.sentences[0]}",
        *outcome.sentences[1:],
        f"Next: python -m survey.build --stimuli {table} --design ... --check",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = arguments.Parser(
        prog="survey.stimuli",
        description="Phrases of MIDI files, changed by models, for a listening test.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to make")
    parser.add_argument(
        "--midi", type=Path, metavar="DIR", help="MIDI files; not given, scores of music21"
    )
    parser.add_argument(
        "--ways",
        nargs="+",
        default=["low", "high"],
        metavar="WAY",
        help=f"where moods go, of {', '.join(WAYS)} (low high)",
    )
    parser.add_argument(
        "--checkpoint",
        nargs="+",
        default=[os.environ.get("FADERNETS_MODEL")],
        metavar="C",
        help="shipped models or checkpoints' folders",
    )
    parser.add_argument(
        "--strength",
        type=arguments.strength,
        nargs="+",
        default=[1.0],
        dest="strengths",
        metavar="X",
        help="of the transfers (1); every model at each",
    )
    parser.add_argument(
        "--phrases", type=arguments.seed, default=6, metavar="N", help="of each way (6)"
    )
    parser.add_argument(
        "--practice", type=arguments.seed, default=1, metavar="N", help="more of each way (1)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        nargs=2,
        default=[8.0, 20.0],
        metavar=("LEAST", "MOST"),
        help="that a phrase lasts (8 20)",
    )
    parser.add_argument("--seed", type=arguments.seed, default=1, metavar="K", help="(1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
