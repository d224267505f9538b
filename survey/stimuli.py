"""Phrases of MIDI files, changed by models: a folder that `survey.build --stimuli` takes.

    python -m survey.stimuli OUT --midi DIR --ways calm tense --checkpoint arranger gmvae
    python -m survey.build --stimuli OUT/stimuli.csv --design ab

Models, strengths and moods meet in one study that way, whatever its design.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fadernets.command_line import arguments
from survey.bars import Bars
from survey.build import sentence
from survey.building import corpus
from survey.building.create import FILES_PER_PAIR, REFUSALS
from survey.building.study_spec import BuildError
from survey.phrases import choice, folder
from survey.phrases.system import systems
from survey.phrases.way import WAYS, ways

LEAST_SECONDS, MOST_SECONDS = 1.0, 100.0  # that a phrase may be asked to last


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
    asked, (shortest, longest) = ways(args.ways), args.seconds
    if not LEAST_SECONDS <= shortest <= longest <= MOST_SECONDS:
        raise BuildError(
            f"Phrases last {LEAST_SECONDS:g} to {MOST_SECONDS:g} s, the shortest first."
        )
    if args.phrases < 1:
        raise BuildError("There is nothing to rate without phrases.")
    if args.out.exists():
        raise FileExistsError(17, "it is there already", str(args.out))
    moods = {mood for way in asked for mood in way.moods}
    compared = systems(args.checkpoint, args.strengths, moods)
    rng = np.random.default_rng(args.seed)
    each = args.phrases + args.practice
    left_out: dict[str, str] = {}
    if args.midi is None:
        music = corpus.from_corpus(bars)
    else:
        most = FILES_PER_PAIR * each * len(asked)
        music, left_out = corpus.from_folder(args.midi, most, rng, bars)
    found = choice.candidates(music, compared, (shortest, longest), bars)
    takes = choice.choose(music, found, compared, asked, each, rng, bars)
    table = folder.write(args.out, takes, compared, args.practice)
    for work, why in left_out.items():
        print(f"left out: {work}: {why}", file=sys.stderr)
    lengths = [take.phrase.seconds for take in takes]
    pieces = len({take.phrase.work for take in takes})
    lines = [
        f"{table}: {len(takes)} phrases of {pieces} pieces, {min(lengths):.1f} to "
        f"{max(lengths):.1f} s, drawn from {len(found)} (seed {args.seed})."
    ]
    for system in compared:
        changed = sum(take.changed[system.name] for take in takes)
        parts = sum(len(take.phrase.segments) for take in takes)
        lines.append(f"{system.name} could change {changed} of their {parts} segments.")
    return [*lines, f"Next: python -m survey.build --stimuli {table} --design ... --check"]


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
