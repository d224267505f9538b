"""Settings for a part of a piece, as settings for all of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.curve import Amount, Curve
from fadernets.music.piece import Piece
from fadernets.score.controllers import in_beats
from fadernets.score.settings import PieceSettings


def confined(settings: PieceSettings, piece: Piece, begin: float, end: float) -> PieceSettings:
    """The same settings between two beats of a piece, and nothing asked of what lies outside.

    Offsets, moods and expression are 0 there, and positions have gaps.
    """

    def part(amount: Amount, outside: float | None) -> Curve:
        whole = in_beats(amount, piece)
        inside = [point for point in whole.points if begin < point[0] < end]
        heights = [float(height) for height in whole.at([begin, end])]
        edges = [None if np.isnan(height) else height for height in heights]
        points = [(begin, edges[0]), *inside, (end, edges[1]), (end, outside)]
        return Curve(points if begin <= 0 else [(0.0, outside), (begin, outside), *points])

    moods = {mood: part(amount, 0.0) for mood, amount in settings.moods.items()}
    return replace(
        settings,
        faders={name: part(amount, 0.0) for name, amount in settings.faders.items()},
        expression={name: part(amount, 0.0) for name, amount in settings.expression.items()},
        positions={name: part(amount, None) for name, amount in settings.positions.items()},
        **moods,  # type: ignore[arg-type]
    )
