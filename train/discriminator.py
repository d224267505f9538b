"""The arranger's discriminator: ``python -m train.discriminator collect`` and ``fit``.

``collect --midi DIR --data FILE --out FILE`` arranges excerpts of training pieces in all ways, and
writes what is to be seen of every candidate and of real segments. ``fit --from FILE --from FILE
--model DIR --out FILE`` trains the discriminator on several such files, writes it beside the
arranger's other files in DIR, and how well it tells pieces that were held out.
"""

from __future__ import annotations

import argparse
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from fadernets import checkpoint
from fadernets.discriminator.discriminator import Candidates, Discriminator
from fadernets.music.attributes import PAPER, measure
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from train.data.arrangements import Arrangements, split_pieces
from train.data.dataset import TRAIN, Segments
from train.data.unseen import of_split
from train.evaluate import commit
from train.evaluation import discriminating
from train.evaluation.discriminating import auc_of, drawn, least_told
from train.evaluation.naturalness import WAYS, changed, title
from train.naturalness import music, read
from train.reporting.results.discriminator import CorpusTold, Discriminating
from train.reporting.writing import finish

PLAN_NOISE = 4.0  # of candidates to learn from
HELD_OUT = 0.2  # of the training pieces, to tell how well others are told


@dataclass(eq=False)
class Recorder:
    """A discriminator without an opinion, which notes what it is asked about."""

    piece: int = 0
    tables: list[np.ndarray] = field(default_factory=list)
    densities: list[np.ndarray] = field(default_factory=list)
    pieces: list[np.ndarray] = field(default_factory=list)

    def log_odds(self, candidates: Candidates) -> Tensor:
        """As likely as not."""
        if candidates.begins.any():
            self.tables.append(candidates.table().astype(np.float32))
            self.densities.append(_densities(candidates))
            self.pieces.append(np.full(len(candidates.notes), self.piece))
        return torch.zeros(len(candidates.notes))


def _densities(candidates: Candidates) -> np.ndarray:
    each = zip(candidates.notes, candidates.steps, strict=True)
    return np.array(
        [list(measure(notes, PAPER, steps=s).values()) for notes, s in each], np.float32
    )


def collected(options: argparse.Namespace) -> Arrangements:
    """What `collect` is asked for.

    Raises
    ------
    ValueError
        If the data or the folder cannot be used, or the model arranges no notes.
    """
    data = Segments.load(options.data) if options.data else None
    paths = [source.path for source in of_split(options.midi, options.match, data, TRAIN)]
    rng = np.random.default_rng(options.seed)
    chosen = np.sort(rng.permutation(len(paths))[: options.pieces])
    source = music(
        read([paths[n] for n in chosen]), options.excerpts, options.length, rng, by_sound=False
    )
    net, recorder = FaderNet.load(options.model), Recorder()
    if not isinstance(net.realiser, Arranger):
        raise ValueError(f"{options.model} arranges no notes")
    weights = replace(net.realiser.weights, plan_noise=PLAN_NOISE)
    net.realiser = replace(net.realiser, weights=weights, discriminator=recorder)
    for way in WAYS:
        for excerpt in tqdm(source.excerpts, desc=title(way), disable=None):
            recorder.piece = excerpt.group
            changed(net, excerpt, way, source.sd)
    if not recorder.tables:
        raise ValueError(f"no piece has {options.length} segments with notes in them")
    cuts = source.real.cuts
    real = Candidates([c.notes for c in cuts], [c.steps for c in cuts], np.zeros((len(cuts), 0)))
    candidates = net.realiser.candidates
    table = np.concatenate(recorder.tables)
    return Arrangements(
        options.music,
        table.reshape(-1, candidates, table.shape[1]),
        np.concatenate(recorder.densities).reshape(-1, candidates, len(PAPER)),
        np.concatenate(recorder.pieces)[::candidates],
        real.table().astype(np.float32),
        source.real.densities.astype(np.float32),
        source.real.group,
        source.sd,
        data.sha256 if data else "",
    )


def fitted(options: argparse.Namespace) -> Discriminating:
    """What `fit` is asked for; the discriminator is written beside the model's other files.

    Raises
    ------
    ValueError
        If a file cannot be used, or the pieces are too few.
    """
    began = time.perf_counter()
    checkpoint.verify(options.model)
    collections = [Arrangements.load(path) for path in options.sources]
    held_out = split_pieces(collections, HELD_OUT, options.seed)
    others = [np.setdiff1d(c.piece, h) for c, h in zip(collections, held_out, strict=True)]
    trained, count = discriminating.train(collections, others, options.epochs, options.seed)
    corpora = [
        _told(trained, *each, options.seed) for each in zip(collections, held_out, strict=True)
    ]
    checkpoint.save_discriminator(trained, options.model)
    return Discriminating(
        kind="discriminator",
        corpora=corpora,
        pairs=count,
        epochs=options.epochs,
        parameters=sum(p.numel() for p in trained.parameters()),
        device="cpu",
        seed=options.seed,
        commit=commit(),
        data_sha256={c.music: c.data_sha256 for c in collections},
        seconds=round(time.perf_counter() - began, 1),
    )


def _told(trained: Discriminator, of: Arrangements, held_out: np.ndarray, seed: int) -> CorpusTold:
    random = drawn(of, np.random.default_rng(seed))
    aucs = [
        round(auc_of(trained, of, held_out, chosen, seed), 3)
        for chosen in (random, least_told(trained, of))
    ]
    return CorpusTold(
        music=of.music,
        pieces=len(np.unique(of.piece)),
        held_out_pieces=len(np.intersect1d(of.piece, held_out)),
        windows=len(of.table),
        auc_of_any=aucs[0],
        auc_of_chosen=aucs[1],
    )


def parser() -> ArgumentParser:
    """The command line."""
    options = ArgumentParser(prog="python -m train.discriminator", description=__doc__)
    stages = options.add_subparsers(dest="stage", required=True)
    collect = stages.add_parser("collect", help="arrange training pieces")
    collect.add_argument("--midi", type=Path, required=True, help="folder of training pieces")
    collect.add_argument("--match", default="*", help="which files, such as midi_score.mid")
    collect.add_argument("--data", type=Path, help="file of train.prepare, which has the splits")
    collect.add_argument("--music", default="performances", help="what to call the pieces")
    collect.add_argument("--model", default=checkpoint.DEFAULT, help="name or folder")
    collect.add_argument("--pieces", type=int, default=250, help="pieces at most")
    collect.add_argument("--excerpts", type=int, default=120, help="pieces to change parts of")
    collect.add_argument("--length", type=int, default=14, help="segments of each part")
    fit = stages.add_parser("fit", help="train on what was collected")
    fit.add_argument(
        "--from", dest="sources", type=Path, action="append", required=True, help="of collect"
    )
    fit.add_argument("--model", type=Path, required=True, help="folder of the arranger")
    fit.add_argument("--epochs", type=int, default=30)
    for stage in (collect, fit):
        stage.add_argument("--out", type=Path, required=True, help="file to write")
        stage.add_argument("--seed", type=int, default=5)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    if options.stage == "fit":
        return finish("discriminator", lambda: fitted(options), options.out)
    try:
        collected(options).save(options.out)
    except (OSError, ValueError) as error:
        print(f"train.discriminator: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
