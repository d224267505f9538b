"""A yardstick for any system: scores of MIDI files before and after a change.

``python -m train.score --before DIR --after DIR [--asked FILE] [--real DIR] [--out FILE]`` scores
pairs of one name in both folders, whole pieces or clips: control, identity, naturalness, borders,
and what a composer would ask.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from fadernets.music import midi
from fadernets.music.piece import Piece
from train.data import density_requests
from train.data import pairs as pair_files
from train.data.pairs import Clock
from train.evaluate import commit
from train.evaluation import pair_scores
from train.evaluation.asked_reached import reached
from train.evaluation.pair_naturalness import naturalness
from train.evaluation.pair_scores import Compared
from train.reporting.results.score import Natural, Score
from train.reporting.score_table import text
from train.reporting.writing import text_of, write


def scored(options: argparse.Namespace) -> Score:
    """What the command line asks for.

    Raises
    ------
    ValueError
        If a folder or a file cannot be used.
    """
    began = time.perf_counter()
    seed = options.seed
    requests = density_requests.read(options.asked) if options.asked else []
    folder_pairs = pair_files.read(options.before, options.after, options.clock, options.by_sound)
    other, unreadable = other_music(options.real, options.by_sound)
    pairs = [Compared.of(pair) for pair in tqdm(folder_pairs.pairs, desc="comparing", disable=None)]
    answers, left_out = reached(requests, pairs, seed) if requests else (None, [])
    natural, reason = _naturalness(pairs, other, seed)
    before, after = pair_scores.borders(pairs, seed)
    return Score(
        kind="score",
        pairs=len(pairs),
        segments=sum(len(pair.heard) for pair in pairs),
        changed_segments=sum(len(pair.changed) for pair in pairs),
        by="sound" if options.by_sound else "keys",
        clock=options.clock,
        only_before=folder_pairs.only_before,
        only_after=folder_pairs.only_after,
        unreadable=folder_pairs.unreadable + unreadable,
        empty=folder_pairs.empty,
        other_tempo=folder_pairs.other_tempo,
        densities=pair_scores.moved(pairs, seed),
        asked=answers,
        asked_left_out=left_out,
        identity=pair_scores.identity(pairs, seed),
        naturalness=natural,
        naturalness_left_out=reason,
        borders_before=before,
        borders_after=after,
        music=pair_scores.music(pairs, seed),
        seed=seed,
        commit=commit(),
        data_sha256=folder_pairs.sha256,
        seconds=round(time.perf_counter() - began, 1),
    )


def other_music(folder: Path | None, by_sound: bool) -> tuple[dict[str, Piece] | None, list[str]]:
    """Real music of a folder by name, None without one, and sentences on what cannot be read.

    Raises
    ------
    ValueError
        If it is no folder or no file of it can be read.
    """
    if folder is None:
        return None, []
    pieces, unreadable = {}, []
    paths = pair_files.files(folder)
    for name, path in tqdm(paths.items(), desc="real music", unit="file", disable=None):
        try:
            piece = midi.read(path)
        except (midi.MidiError, OSError) as error:
            unreadable.append(f"{name}: {error}")
            continue
        pieces[name] = pair_files.heard(piece) if by_sound else piece
    if not pieces:
        raise ValueError(f"no file of {folder} can be read: {unreadable[0]}")
    return pieces, unreadable


def _naturalness(
    pairs: Sequence[Compared], other: Mapping[str, Piece] | None, seed: int
) -> tuple[Natural | None, str | None]:
    """Naturalness, or why there is none."""
    try:
        return naturalness(pairs, other, seed), None
    except ValueError as error:
        return None, str(error)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.score", description=__doc__)
    options.add_argument("--before", type=Path, required=True, help="folder of MIDI files")
    options.add_argument("--after", type=Path, required=True, help="the same names, changed")
    options.add_argument("--asked", type=Path, help="JSON or CSV file of densities asked for")
    options.add_argument("--real", type=Path, help="folder of real music to be told from")
    options.add_argument("--out", type=Path, help="JSON file to write")
    options.add_argument("--by-sound", action="store_true", help="notes lengthened by the pedal")
    options.add_argument(
        "--clock",
        choices=get_args(Clock),
        default="beats",
        help="what tells which notes of two files come at one time; beats by default",
    )
    options.add_argument("--seed", type=int, default=0)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        score = scored(options)
        if options.out:
            write(options.out, text_of(score))
    except (OSError, ValueError) as error:
        print(f"train.score: {error}", file=sys.stderr)
        return 2
    print(text(score), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
