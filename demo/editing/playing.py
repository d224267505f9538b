"""What the model plays for a request: codes moved by moods, then by faders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.requests import EditRequest
from fadernets.curve import along
from fadernets.lock_report import LockReport
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet


def play(
    net: FaderNet,
    codes: Codes,
    edit: EditRequest,
    piece: Piece,
    chosen: Sequence[Segment],
    home: Mapping[str, np.ndarray],
    placed: Iterable[str] = (),
    report: LockReport | None = None,
) -> list[Notes]:
    """What the model plays for the codes of some segments of a piece, offsets starting from `home`.

    Moods move the codes first and faders second, so that a position always holds, and an offset
    goes on from where the moods have brought a segment. `placed` names the faders of which all of
    these segments have a position. Each segment has its own seed, the same
    whatever is selected beside it, and on the command line. A report is told how far it came.
    """
    codes = shift_moods(net, codes, edit, piece, chosen)
    seeds = None if edit.seed is None else [edit.seed + segment.index for segment in chosen]
    offsets = {name: along(amount, piece, chosen) for name, amount in edit.faders.items()}
    codes = net.moved(codes, offsets=offsets, home=home)
    positions = {name: along(edit.positions[name], piece, chosen) for name in placed}
    if positions:
        codes = net.moved(codes, positions)
    notes = net.reconstruct(codes, seed=seeds)
    if report is not None:
        report.add(net, codes, notes)
    return notes


def shift_moods(
    net: FaderNet, codes: Codes, edit: EditRequest, piece: Piece, chosen: Sequence[Segment]
) -> Codes:
    """Codes of some segments of a piece with the moods moved."""
    for mood, amount in edit.moods.items():
        strengths = along(amount, piece, chosen)
        for side, by in (("low", -strengths), ("high", strengths)):
            if (by > 0).any():
                codes = net.shifted(codes, {mood: side}, np.maximum(by, 0.0))
    return codes
