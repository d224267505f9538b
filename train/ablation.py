"""Measure the control, identity and time of the arranger's variants: ``python -m train.ablation``.

All rows use the same unseen segments, and faders that ask for densities. The segments are encoded
once, so a row's time is the time of playing.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train import metrics
from train.data import corpora
from train.data.dataset import Segments
from train.evaluate import chosen, commit, notes_of
from train.evaluation.ablation_variants import VARIANTS, Variant
from train.evaluation.identity import identity
from train.evaluation.sweep import VALUES, measured_names, recorded, spread
from train.evaluation.table1 import scores
from train.reporting.ablation_table import UNMOVED
from train.reporting.results.ablation import (
    Ablation,
    VariantControl,
    VariantIdentity,
    VariantRow,
    VariantTime,
)
from train.reporting.writing import text_of, write

SINGLE_SEGMENTS = 9  # played one by one, for the time of one segment


def control(
    variant: Variant, net: FaderNet, source: list[Notes], sd: Mapping[str, float]
) -> dict[str, VariantControl]:
    """Table 1's scores of each fader over one run of segments, and its target error."""
    codes, faders = net.encode(source), {}
    for fader in net.faders:
        targets = net.density(fader, np.linspace(0, 1, VALUES))
        played = [variant.play(net, codes, fader, np.full(len(source), a)) for a in targets]
        sweep = recorded(fader, targets, np.arange(len(source))[None], played, measured_names(net))
        row = scores(sweep, sd)
        faders[fader] = VariantControl(
            consistency=row.normalised.consistency[0],
            restrictiveness=row.normalised.restrictiveness[0],
            linearity=row.linearity_each[0],
            target_error=round(metrics.target_error(targets, sweep.densities[fader]), 4),
        )
    return faders


def identities(
    variant: Variant, net: FaderNet, source: list[Notes], sd: Mapping[str, float]
) -> dict[str, VariantIdentity]:
    """Identity by move: no fader moved, and each fader moved down and up by one sd."""
    codes = net.encode(source)
    unmoved = identity(source, net.reconstruct(codes))
    moves = {UNMOVED: VariantIdentity(**unmoved.stored())}
    for fader in net.faders:
        own = np.array([measure(notes)[fader] for notes in source])
        low, high = net.density(fader, 0.0), net.density(fader, 1.0)
        for sign, name in ((-1, f"{fader} -1 sd"), (1, f"{fader} +1 sd")):
            targets = own + sign * sd[fader]
            inside = np.flatnonzero((targets >= low) & (targets <= high)).tolist()
            part = [source[i] for i in inside]
            played = variant.play(net, net.encode(part), fader, targets[inside])
            scores = identity(part, played).stored() if part else {}
            moves[name] = VariantIdentity(n=len(part), **scores)
    return moves


def time_each(variant: Variant, net: FaderNet, source: list[Notes]) -> VariantTime:
    """The time per segment: of one alone (encoded and played), and in a batch (only played)."""
    fader = net.faders[0]
    targets = np.array([measure(notes)[fader] for notes in source])
    alone = []
    for notes, density in zip(source[:SINGLE_SEGMENTS], targets, strict=False):
        began = time.perf_counter()
        variant.play(net, net.encode([notes]), fader, np.array([density]))
        alone.append(time.perf_counter() - began)
    codes, began = net.encode(source), time.perf_counter()
    variant.play(net, codes, fader, targets)
    seconds = (time.perf_counter() - began) / len(source)
    return VariantTime(
        one_ms=round(1000 * float(np.median(alone)), 1), each_ms=round(1000 * seconds, 2)
    )


def ablation(data: Segments, count: int, seed: int, variants: Sequence[Variant]) -> Ablation:
    """All rows, with the settings and checksums that are needed to measure them again.

    Parameters
    ----------
    data : Segments
    count, seed : int
        How many unseen segments of performances, and which.
    variants : sequence of Variant

    Raises
    ------
    ValueError
        If there is no unseen segment.
    """
    source = notes_of(data, chosen(data, corpora.PERFORMANCES, count, seed))
    if not source:
        raise ValueError("no unseen segment of a performance in this file")
    sd, rows = spread(data), []
    for variant in tqdm(variants, desc="variants", disable=None):
        loaded = FaderNet.load(variant.model, device=str(data.tokens.device), by_sound=True)
        net = variant.prepared(loaded)
        rows.append(
            VariantRow(
                idea=variant.name,
                model=variant.model,
                decodes=variant.decodes,
                searches=variant.searches,
                control=control(variant, net, source, sd),
                identity=identities(variant, net, source, sd),
                time=time_each(variant, net, source),
            )
        )
    return Ablation(
        segments=len(source),
        seed=seed,
        sd={name: round(value, 5) for name, value in sd.items()},
        data_sha256=data.sha256,
        commit=commit(),
        threads=torch.get_num_threads(),
        machine=platform.machine(),
        rows=rows,
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.ablation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--segments", type=int, default=200, help="test segments, 200 by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    try:
        data = Segments.load(options.data, device=options.device)
        result = ablation(data, options.segments, options.seed, VARIANTS)
    except ValueError as error:
        print(f"train.ablation: {error}", file=sys.stderr)
        return 2
    write(options.out, text_of(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
