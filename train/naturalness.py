"""Naturalness: can changed music be told from real music? ``python -m train.naturalness``.

``--midi DIR --data FILE --out FILE`` changes excerpts of the pieces below DIR that are in one split
of the prepared file, validation by default: in all ways, by models and by rules that know no music.
Two classifiers then tell them from real windows of the same densities
(`train.metrics.naturalness`). Without ``--data`` a piece's name decides its split: half of them may
be trained on, a quarter is for validation, a quarter for the test.
"""

from __future__ import annotations

import argparse
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets.music import midi
from fadernets.music.attributes import PAPER
from fadernets.music.piece import Piece
from fadernets.net import FaderNet
from train.data.dataset import Segments
from train.data.unseen import MODELS, add_options, unseen
from train.evaluate import commit
from train.evaluation import naturalness
from train.evaluation.naturalness import WAYS, ChangedExcerpt, Excerpt, Way, title
from train.evaluation.pair_scores import estimate
from train.metrics.naturalness import Windows
from train.reporting.results.naturalness import Naturalness, SeparabilityByWay, WaySeparability
from train.reporting.writing import finish

MOST_PIECES = 200
IN_PLACE = "real music, as loud and as high as before"
RULES = [(PAPER[0], side) for side in (-1, 1)]  # ways of the rules, which change onsets


def read(paths: Sequence[Path]) -> list[Piece]:
    """The pieces of files that can be read."""
    pieces = []
    for path in tqdm(paths, desc="pieces", unit="file", disable=None):
        with suppress(midi.MidiError, OSError):
            pieces.append(midi.read(path))
    return pieces


def unseen_pieces(options: argparse.Namespace, data: Segments | None) -> list[Piece]:
    """The pieces that the command line asks for; raises ValueError if there is none."""
    sources = unseen(options.midi, options.match, data, options.split)
    paths = [source.path for source in sources]
    if len(paths) > options.pieces:
        drawn = np.random.default_rng(options.seed).permutation(len(paths))[: options.pieces]
        paths = [paths[number] for number in sorted(drawn)]
    return read(paths)


@dataclass(frozen=True, eq=False)
class RealMusic:
    """Real windows of pieces, and excerpts of some of the pieces to be changed."""

    real: Windows
    excerpts: list[Excerpt]

    @property
    def sd(self) -> np.ndarray:
        """Standard deviations of the densities of real windows, float64, (2,)."""
        return self.real.densities.std(0)


def music(
    pieces: Sequence[Piece], count: int, length: int, rng: np.random.Generator, by_sound: bool
) -> RealMusic:
    """Windows of all pieces, and excerpts of `count` of them, `length` segments each."""
    real, excerpts = naturalness.sample(pieces, count, length, rng)
    windows = [naturalness.windows(parts, group, by_sound) for group, parts in enumerate(real)]
    return RealMusic(naturalness.joined(windows), excerpts)


def floor(source: RealMusic, seed: int) -> WaySeparability:
    """How well real windows of the excerpts are told from other real ones."""
    windows = naturalness.joined(
        [naturalness.windows(e.segments(), e.group) for e in source.excerpts]
    )
    return naturalness.way_separability(windows, source.real, source.sd, seed)


def by_model(net: FaderNet, source: RealMusic) -> dict[str, list[ChangedExcerpt]]:
    """The excerpts as a model changes them, by way."""
    return {
        title(way): [naturalness.changed(net, e, way, source.sd) for e in source.excerpts]
        for way in tqdm([w for w in WAYS if _can(net, w)], desc=net.name, disable=None)
    }


def by_rules(source: RealMusic) -> dict[str, list[ChangedExcerpt]]:
    """The excerpts as rules that know no music change them, by way."""
    return {title(way): [naturalness.by_rule(e, way[1]) for e in source.excerpts] for way in RULES}


def separability_by_way(
    name: str, changed: Mapping[str, Sequence[ChangedExcerpt]], source: RealMusic, seed: int
) -> SeparabilityByWay:
    """Changed excerpts told from real windows, and what became of their notes, by way."""
    ways = {}
    for way, parts in changed.items():
        windows = naturalness.joined([part.windows for part in parts])
        separability = naturalness.way_separability(windows, source.real, source.sd, seed)
        became = {
            kind: estimate([part.changes[kind] for part in parts], seed)
            for kind in parts[0].changes
        }
        changes = {kind: value for kind, value in became.items() if value}
        ways[way] = (
            separability.model_copy(update={"changes": changes}) if changes else separability
        )
    return SeparabilityByWay(name=name, ways=ways)


def in_place(
    changed: Mapping[str, Sequence[ChangedExcerpt]], source: RealMusic, seed: int
) -> SeparabilityByWay:
    """Real windows in the place of changed ones, as loud and as high as these were before."""
    ways = {}
    for way, parts in changed.items():
        windows = naturalness.joined([part.windows for part in parts])
        before = [notes for part in parts for notes in part.before]
        real = naturalness.in_place(windows, before, source.real, source.sd, seed)
        ways[way] = naturalness.way_separability(*real, source.sd, seed)
    return SeparabilityByWay(name=IN_PLACE, ways=ways)


def _can(net: FaderNet, way: Way) -> bool:
    """Whether a model has the fader or the mood of a way."""
    return bool(net.model.poles) if isinstance(way, str) else way[0] in net.faders


def measured(options: argparse.Namespace) -> Naturalness:
    """What the command line asks for.

    Raises
    ------
    ValueError
        If the data or a folder cannot be used, or the music is too little.
    """
    began = time.perf_counter()
    data = Segments.load(options.data) if options.data else None
    pieces = unseen_pieces(options, data)
    nets = [FaderNet.load(name) for name in options.model or MODELS]
    rows, by_keys = [], _music(pieces, options, by_sound=False)
    in_their_place = None
    for net in nets:
        source = _music(pieces, options, by_sound=True) if net.by_sound else by_keys
        changed = by_model(net, source)
        rows.append(separability_by_way(net.name, changed, source, options.seed))
        if not net.by_sound and in_their_place is None:
            in_their_place = in_place(changed, source, options.seed)
    rows.append(separability_by_way("rules", by_rules(by_keys), by_keys, options.seed))
    return Naturalness(
        kind="naturalness",
        music=options.music,
        split=options.split,
        pieces=len(pieces),
        windows=len(by_keys.real.features),
        floor=floor(by_keys, options.seed),
        in_place=in_their_place,
        changed=rows,
        seed=options.seed,
        commit=commit(),
        data_sha256=data.sha256 if data else None,
        seconds=round(time.perf_counter() - began, 1),
    )


def _music(pieces: Sequence[Piece], options: argparse.Namespace, by_sound: bool) -> RealMusic:
    rng = np.random.default_rng(options.seed)
    return music(pieces, options.excerpts, options.length, rng, by_sound)


def parser(command: str = "naturalness", description: str | None = __doc__) -> ArgumentParser:
    """The command line of this and of other commands that change excerpts."""
    options = ArgumentParser(prog=f"python -m train.{command}", description=description)
    options.add_argument("--midi", type=Path, required=True, help="folder of performances")
    options.add_argument("--match", default="*", help="which files, such as midi_score.mid")
    options.add_argument("--data", type=Path, help="file of train.prepare, which has the splits")
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options.add_argument("--music", default="performances", help="what to call the pieces")
    options.add_argument("--pieces", type=int, default=MOST_PIECES, help="pieces at most")
    add_options(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    return finish("naturalness", partial(measured, options), options.out)


if __name__ == "__main__":
    sys.exit(main())
