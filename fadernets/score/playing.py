"""What the model plays for amounts of faders and moods: codes moved by moods, then by faders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fadernets.curve import along, moving
from fadernets.expression.tempo import Tempo
from fadernets.lock_report import LockReport
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.score.settings import PieceSettings

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet


def play(
    net: FaderNet,
    codes: Codes,
    edit: PieceSettings,
    piece: Piece,
    chosen: Sequence[Segment],
    home: Mapping[str, np.ndarray],
    placed: Iterable[str] = (),
    report: LockReport | None = None,
) -> list[Notes]:
    """What the model plays for `codes_of` some segments of a piece.

    Each segment has its own seed, the same whatever is selected beside it, and on the command line.
    A report is told how far it came.
    """
    codes = codes_of(net, codes, edit, piece, chosen, home, placed)
    seeds = None if edit.seed is None else [edit.seed + segment.index for segment in chosen]
    notes = net.reconstruct(codes, seed=seeds)
    if report is not None:
        report.add(net, codes, notes)
    return notes


def codes_of(
    net: FaderNet,
    codes: Codes,
    edit: PieceSettings,
    piece: Piece,
    chosen: Sequence[Segment],
    home: Mapping[str, np.ndarray],
    placed: Iterable[str] = (),
) -> Codes:
    """The codes of some segments of a piece moved, offsets starting from `home`.

    Moods move the codes first and faders second, so that a position always holds, and an offset
    goes on from where the moods have brought a segment. `placed` names the faders of which all of
    these segments have a position.
    """
    codes = shift_moods(net, codes, edit, piece, chosen)
    offsets = {name: along(amount, piece, chosen) for name, amount in edit.faders.items()}
    codes = net.moved(codes, offsets=offsets, home=home)
    positions = {name: along(edit.positions[name], piece, chosen) for name in placed}
    return net.moved(codes, positions) if positions else codes


def shift_moods(
    net: FaderNet, codes: Codes, edit: PieceSettings, piece: Piece, chosen: Sequence[Segment]
) -> Codes:
    """Codes of some segments of a piece with the moods moved, tempo beside them unless it stays."""
    if Tempo.name not in edit.lock.names:
        net = net.with_tempo()
    for mood, amount in edit.moods.items():
        strengths = along(amount, piece, chosen)
        for side, by in (("low", -strengths), ("high", strengths)):
            if (by > 0).any():
                codes = net.shifted(codes, {mood: side}, np.maximum(by, 0.0))
    return codes


def moved(edit: PieceSettings, piece: Piece, chosen: Sequence[Segment]) -> list[Segment]:
    """The segments, of some of a piece, that a fader or a mood moves; the others stay."""
    offset = moving([*edit.faders.values(), *edit.moods.values()], piece, chosen)
    numbers = {segment.index for segment in offset}
    names = placed(edit, piece, chosen)
    return [s for s, own in zip(chosen, names, strict=True) if own or s.index in numbers]


def placed(edit: PieceSettings, piece: Piece, chosen: Sequence[Segment]) -> list[tuple[str, ...]]:
    """The faders that have a position in each of some segments."""
    amounts = {name: along(amount, piece, chosen) for name, amount in edit.positions.items()}
    return [
        tuple(name for name, values in amounts.items() if not np.isnan(values[row]))
        for row in range(len(chosen))
    ]


def home(
    net: FaderNet,
    edit: PieceSettings,
    piece: Piece,
    chosen: Sequence[Segment],
    codes: Mapping[int, Codes],
    batch: int = 256,
) -> dict[str, np.ndarray]:
    """Where the faders' offsets start from: what segments have, the moods moved.

    Parameters
    ----------
    chosen : sequence of n Segment
    codes : mapping
        Of those of the segments, by index, that the moods move.
    batch : int
        Segments that are worked on at a time.

    Returns
    -------
    name of the fader -> float64 array, shape (n,)
    """
    start = net.densities(chosen)
    if not edit.moods:
        return start
    rows = [row for row, segment in enumerate(chosen) if segment.index in codes]
    for first in range(0, len(rows), batch):
        part = rows[first : first + batch]
        own = [chosen[row] for row in part]
        coded = net.coded(own, [codes[segment.index] for segment in own])
        densities = net.wanted_densities(shift_moods(net, coded, edit, piece, own))
        for name, values in densities.items():
            start[name][part] = values
    return start
