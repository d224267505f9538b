"""Sweeps: a model's faders slid over unseen segments (paper 4.2, figure 2).

What a fader asks for is either a value of z^d, as in the paper, or a position on its calibrated
scale, which asks for a density.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from fadernets.codes import Codes
from fadernets.music import attributes, events
from fadernets.music.attributes import PAPER
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train.data import corpora, definitions
from train.data.dataset import TEST, TRAIN, Segments
from train.data.definitions import Measure
from train.data.encoded import encoded

SCALES = ("z", "fader")
VALUES = 8  # T of the paper
RANGE_OF = 8_192  # training segments whose z^d is looked at for its ends


@dataclass(frozen=True)
class Protocol:
    """How a table is made. Defaults are the paper's.

    Attributes
    ----------
    runs, segments, values : int
        Runs, each with segments of its own; segments of a run; fader values.
    scale : {"z", "fader"}
        "z": k/8 of the way from the least to the greatest z^d of training segments, k from 0 to 7
        as in the authors' code. "fader": positions from 0 to 1, both ends included.
    best_of : int
        Decodes of each segment and value, the first greedy; the one nearest to what is asked that
        leaves the other density nearest to the source's is kept. Needs the scale "fader".
    seed : int
    """

    runs: int = 10
    segments: int = 100
    values: int = VALUES
    scale: str = "z"
    best_of: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f"scale {self.scale!r} is not one of {SCALES}")
        for name, lowest in (("runs", 1), ("segments", 1), ("values", 2), ("best_of", 1)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} must be at least {lowest}, not {getattr(self, name)}")
        if self.best_of > 1 and self.scale != "fader":
            raise ValueError("the best of several decodes needs a density to aim at: scale fader")


@dataclass(frozen=True)
class Sweep:
    """One fader slid over segments, in r runs of m segments at t values.

    Attributes
    ----------
    fader : str
    targets : float64 array, shape (t,)
        z^d, or the density that a position asks for.
    rows : int64 array, shape (r, m)
        Rows of the prepared file.
    tokens : int16 array, shape (r, m, t, longest)
        What was played, EOS last, then PAD.
    densities : name -> float64 array, shape (r, m, t)
        Of what was played; 0 where nothing was.
    lengths : int64 array, shape (r, m, t)
        Notes played.
    """

    fader: str
    targets: np.ndarray
    rows: np.ndarray
    tokens: np.ndarray
    densities: dict[str, np.ndarray]
    lengths: np.ndarray


def measured_names(net: FaderNet) -> tuple[str, ...]:
    """The attributes to measure: the paper's, and those that the model has faders for."""
    return tuple(dict.fromkeys((*PAPER, *net.faders)))


def spread(data: Segments) -> dict[str, float]:
    """Standard deviation of every density over all segments: the unit of the paper's scores."""
    return {
        name: float(density.double().std(correction=0)) for name, density in data.densities.items()
    }


def chosen(data: Segments, protocol: Protocol) -> np.ndarray:
    """Rows of the test performances of each run: int64, (r, m).

    Raises
    ------
    ValueError
        If there are fewer than one run needs.
    """
    rows = np.flatnonzero((data.split == TEST) & (data.corpus == corpora.PERFORMANCES))
    if len(rows) < protocol.segments:
        raise ValueError(f"{protocol.segments} segments asked for, {len(rows)} to choose from")
    return np.stack(
        [
            np.random.default_rng((protocol.seed, run)).permutation(rows)[: protocol.segments]
            for run in range(protocol.runs)
        ]
    )


def ends(net: FaderNet, data: Segments, seed: int) -> dict[str, tuple[float, float]]:
    """Least and greatest z^d of every fader over training segments, `RANGE_OF` of them at most."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(data.split == TRAIN))[:RANGE_OF]
    rows = rows[np.argsort(data.host_lengths[rows], kind="stable")]  # less padding
    codes = encoded(net.model, data, rows)
    spans = {}
    for fader in net.faders:
        code, dimension = net.model.handles[fader]
        z = codes[code][:, dimension]
        spans[fader] = float(z.min()), float(z.max())
    return spans


def slide(
    net: FaderNet,
    data: Segments,
    fader: str,
    protocol: Protocol,
    ends: Mapping[str, tuple[float, float]],
) -> Sweep:
    """Slide one fader over the segments of every run.

    Parameters
    ----------
    net : FaderNet
    data : Segments
    fader : str
    protocol : Protocol
    ends : name -> (least, greatest z^d)
        For the scale "z".
    """
    names, rows = measured_names(net), chosen(data, protocol)
    data.require(names)
    sd = {name: value for name, value in spread(data).items() if name in names}
    stored = data.tokens.cpu().numpy()
    source = [events.decode(stored[row]) for row in rows.ravel()]
    codes = net.encode(source)
    if data.definition != definitions.SOUND:  # conditions are densities by that definition, too
        codes = replace(codes, values=codes.values | encoded(net.model, data, rows.ravel()))
    if protocol.scale == "z":
        low, high = ends[fader]
        steps = low + np.arange(protocol.values) / protocol.values * (high - low)
        targets = steps
    else:
        steps = np.linspace(0, 1, protocol.values)
        targets = net.density(fader, steps)
    played = []
    for step, density in zip(tqdm(steps, desc=fader, disable=None), targets, strict=True):
        if protocol.scale == "z":
            played.append(net.reconstruct(_at(net, codes, fader, step)))
        else:
            moved = net.moved(codes, {fader: step})
            played.append(best(net, moved, source, fader, density, protocol, sd, data.measure))
    return recorded(fader, targets, rows, played, names, data.measure)


def _at(net: FaderNet, codes: Codes, fader: str, value: float) -> Codes:
    """Codes with a fader's z^d at a value."""
    if codes.request is not None:
        raise ValueError("this model does not play from z^d alone: use the scale fader")
    code, dimension = net.model.handles[fader]
    moved = codes.values[code].clone()
    moved[:, dimension] = value
    return replace(codes, values=codes.values | {code: moved})


def best(
    net: FaderNet,
    codes: Codes,
    source: list[Notes],
    fader: str,
    density: float,
    protocol: Protocol,
    sd: Mapping[str, float],
    measure: Measure = attributes.measure,
) -> list[Notes]:
    """The best of `protocol.best_of` decodes of each code.

    The best has the least sum of distances, in standard deviations: of its density from the target,
    and of the other densities from the source's.
    """
    nearest = net.reconstruct(codes)
    target = [measure(notes) | {fader: density} for notes in source]

    def miss(played: list[Notes]) -> np.ndarray:
        return np.array(
            [
                sum(abs(densities[n] - goal[n]) / sd[n] for n in sd)
                for densities, goal in zip(map(measure, played), target, strict=True)
            ]
        )

    least_misses = miss(nearest)
    for seed in range(1, protocol.best_of):
        candidate = net.reconstruct(codes, seed=seed)
        misses = miss(candidate)
        nearest = [
            b if better else a
            for a, b, better in zip(nearest, candidate, misses < least_misses, strict=True)
        ]
        least_misses = np.minimum(least_misses, misses)
    return nearest


def recorded(
    fader: str,
    targets: np.ndarray,
    rows: np.ndarray,
    played: list[list[Notes]],
    names: Sequence[str],
    measure: Measure = attributes.measure,
) -> Sweep:
    """A `Sweep` of t lists of r·m played segments, measured after a round trip through tokens."""
    runs, segments = rows.shape
    encoded_rows = [[events.encode(notes) for notes in row] for row in played]
    longest = max(len(tokens) for row in encoded_rows for tokens in row)
    tokens = np.full((len(targets), runs * segments, longest), events.PAD, np.int16)
    for value, row in enumerate(encoded_rows):
        for place, row_tokens in enumerate(row):
            tokens[value, place, : len(row_tokens)] = row_tokens
    decoded = [[events.decode(row_tokens) for row_tokens in row] for row in tokens]
    densities = [[measure(notes, names) for notes in row] for row in decoded]

    def shaped(values: list | np.ndarray) -> np.ndarray:
        """(t, r·m, …) as (r, m, t, …)."""
        return np.moveaxis(np.asarray(values), 0, 1).reshape(
            runs, segments, len(targets), *np.shape(values)[2:]
        )

    return Sweep(
        fader=fader,
        targets=np.asarray(targets, np.float64),
        rows=rows,
        tokens=shaped(tokens),
        densities={n: shaped([[m[n] for m in row] for row in densities]) for n in names},
        lengths=shaped([[len(notes) for notes in row] for row in decoded]),
    )
