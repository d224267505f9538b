"""Densities counted anew from half a step later: ``python -m train.half_step``.

``--midi DIR --data FILE --out FILE`` moves the faders of models over excerpts of the pieces that
`train.naturalness` takes, to eight densities each. The paper counts in which of sixteen steps notes
begin; results are counted so, and in windows that begin half a step later. Beside them stands what
real windows of exactly these densities have half a step later: nobody asked anything of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial

import numpy as np
from tqdm import tqdm

from fadernets.music.segments import Segment
from fadernets.net import FaderNet
from train.data.dataset import Segments
from train.data.unseen import MODELS
from train.evaluate import commit
from train.evaluation.half_step import POSITIONS, by_position, joined, moved, of_densities, of_real
from train.evaluation.naturalness import Excerpt, sample
from train.naturalness import parser, unseen_pieces
from train.reporting.results.half_step import BothCountsByFader, HalfStep
from train.reporting.writing import finish

REAL = "real music of these densities"


def by_model(
    net: FaderNet, real: Sequence[Sequence[Segment]], excerpts: Sequence[Excerpt]
) -> BothCountsByFader:
    """Excerpts with every fader of a model at every position, in sds of real segments."""
    every = [segment for parts in real for segment in parts]
    faders = {}
    for name in net.faders:
        counts = [
            joined([moved(net, excerpt, name, position) for excerpt in excerpts])
            for position in tqdm(POSITIONS, desc=f"{net.name}, {name}", disable=None)
        ]
        sd = float(net.densities(every, [name])[name].std())
        faders[name] = by_position(net.density(name, POSITIONS).tolist(), counts, name, sd)
    return BothCountsByFader(name=str(net.name), faders=faders)


def measured(options: argparse.Namespace) -> HalfStep:
    """What the command line asks for.

    Raises
    ------
    ValueError
        If the data or a folder cannot be used, or the music is too little.
    """
    began = time.perf_counter()
    data = Segments.load(options.data) if options.data else None
    pieces = unseen_pieces(options, data)
    rng = np.random.default_rng(options.seed)
    real, excerpts = sample(pieces, options.excerpts, options.length, rng)
    if not excerpts:
        raise ValueError(f"no piece has {options.length} segments with notes in them")
    nets = [FaderNet.load(name) for name in options.model or MODELS]
    by_keys = next((net for net in nets if not net.by_sound), None) or FaderNet.load()
    counts = of_real(real, by_keys.faders)
    sd = {name: float(values.std()) for name, values in counts.own.items()}
    return HalfStep(
        kind="half_step",
        music=options.music,
        split=options.split,
        pieces=len(pieces),
        excerpts=len(excerpts),
        positions=[round(float(position), 4) for position in POSITIONS],
        sd={name: round(value, 5) for name, value in sd.items()},
        real=BothCountsByFader(
            name=REAL,
            faders={
                name: of_densities(by_keys.density(name, POSITIONS).tolist(), counts, name, unit)
                for name, unit in sd.items()
            },
        ),
        changed=[by_model(net, real, excerpts) for net in nets],
        seed=options.seed,
        commit=commit(),
        data_sha256=data.sha256 if data else None,
        seconds=round(time.perf_counter() - began, 1),
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser("half_step", __doc__).parse_args(arguments)
    return finish("half_step", partial(measured, options), options.out)


if __name__ == "__main__":
    sys.exit(main())
