"""Examples of what a model does to a piece, as notes to draw (paper 5.2, figure 5).

``python -m train.transfers --checkpoint NAME_OR_DIR --out transfers.json`` moves the arousal of two
pieces and every fader of a further one, all of them in the public domain
(`fadernets.music.examples`), and needs no prepared data. What is shown was fixed before it was
heard: each piece's first segments that can be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets.music import examples
from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.notes import BEATS, NO_PEDAL, Notes, concatenate, cut
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.music.stitching import stitch
from fadernets.net import FaderNet
from fadernets.playback.comparison import compare
from train.evaluate import commit, weights_sha256
from train.evaluation.sweep import measured_names
from train.latent import folders_by_name
from train.reporting.results.transfers import Drawing, TransferExample, Transfers
from train.reporting.writing import text_of, write

LENGTH = 2  # segments of an example


@dataclass(frozen=True)
class Case:
    """One example.

    Attributes
    ----------
    piece : str
        Of `fadernets.music.examples`.
    control : str
        "arousal", or a fader's name.
    to : str or float
        "low" or "high", or the fader's position.
    """

    piece: str
    control: str
    to: str | float

    @property
    def move(self) -> str:
        """What is asked, in words."""
        if self.control == "arousal":
            return f"{self.to} arousal"
        return f"{self.control} fader at {self.to:g}"


AROUSAL_CASES = (Case("chorale", "arousal", "high"), Case("rag", "arousal", "low"))
FADER_EXAMPLES = (("mazurka", 0.9), ("sonata", 0.5))  # piece and position; attributes take turns


def cases(net: FaderNet) -> list[Case]:
    """All examples of what a model can do, by arousal first, then by faders."""
    by_fader = [
        Case(piece, name, position)
        for name, (piece, position) in zip(ATTRIBUTES, cycle(FADER_EXAMPLES), strict=False)
        if name in net.faders
    ]
    return [*(AROUSAL_CASES if net.model.poles else ()), *by_fader]


def excerpt(piece: Piece) -> list[Segment]:
    """The first `LENGTH` segments in a row that a model can take.

    Raises
    ------
    ValueError
        If there are none.
    """
    parts = segments(piece, "beats")
    for first in range(len(parts) - LENGTH + 1):
        part = parts[first : first + LENGTH]
        if all(segment.paper_problem is None for segment in part):
            return part
    raise ValueError(f"{piece.name} has no {LENGTH} usable segments in a row")


def window(piece: Piece, first: int) -> Piece:
    """`LENGTH` segments of a piece from one on, as a piece; what rings into it is left out."""
    start = first * BEATS
    row = np.searchsorted(piece.tempo[:, 0], start, side="right") - 1
    meter = np.searchsorted(piece.meter[:, 0], start, side="right") - 1
    parts = [cut(piece.sounding, start + i * BEATS).shifted(i * BEATS) for i in range(LENGTH)]
    return Piece(
        notes=concatenate(parts),
        pedal=NO_PEDAL,
        tempo=np.array([[0.0, piece.tempo[row, 1]]]),
        meter=np.array([[0.0, *piece.meter[meter, 1:]]]),
        length=float(LENGTH * BEATS),
        name=piece.name,
    )


def played(net: FaderNet, source: Sequence[Notes], case: Case) -> list[Notes]:
    """What a model makes of segments."""
    if isinstance(case.to, str):
        return net.transfer(source, case.to)
    return net.slide(source, {case.control: case.to})


def densities(parts: Sequence[Notes], names: Sequence[str]) -> dict[str, float]:
    """Mean densities of segments, by name."""
    measured = [measure(notes, names) for notes in parts]
    return {name: round(float(np.mean([m[name] for m in measured])), 4) for name in names}


def example(net: FaderNet, case: Case) -> TransferExample:
    """One case: both piano rolls with their marks, and the densities of either."""
    piece = examples.load(case.piece)
    part = excerpt(piece)
    source = [segment.notes for segment in part]
    result = played(net, source, case)
    new = {s.index: n for s, n in zip(part, result, strict=True)}
    changed = stitch(piece, new, "beats")
    first, names = part[0].index, measured_names(net)
    return TransferExample(
        piece=piece.name,
        first_segment=first,
        segments=LENGTH,
        move=case.move,
        control=case.control,
        before=densities(source, names),
        after=densities(result, names),
        drawing=Drawing.model_validate(compare(window(piece, first), window(changed, first))),
    )


def transfers(name: str, place: str) -> Transfers:
    """All examples of what a model can do."""
    net = FaderNet.load(place, by_sound=True)
    return Transfers(
        kind="transfers",
        name=name,
        model=net.model.config.model,
        player=type(net.realiser).__name__,
        weights_sha256=weights_sha256(place),
        commit=commit(),
        decoding="greedy",
        examples=[example(net, c) for c in tqdm(cases(net), desc=name, disable=None)],
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.transfers", description=__doc__)
    parser.add_argument("--checkpoint", action="append", required=True, help="name or folder")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args(arguments)
    try:
        results = [
            transfers(name, place) for name, place in folders_by_name(options.checkpoint).items()
        ]
        write(options.out, text_of(results, compact=True))
    except (OSError, ValueError) as error:
        print(f"train.transfers: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
