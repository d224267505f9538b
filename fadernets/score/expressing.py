"""A piece with the expression that settings ask for: faders of their own, and with arousal."""

from __future__ import annotations

import numpy as np

from fadernets.curve import along
from fadernets.expression.registry import EXPRESSIONS
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.windows import spans
from fadernets.score.settings import PieceSettings

MOST_OCTAVES = 1.0  # that any expression is moved
NO_NOTES = Notes.empty()


def expressed(
    piece: Piece,
    result: Piece,
    edit: PieceSettings,
    *,
    by_arousal: bool,
    part: tuple[int, int] | None = None,
    fixed: Notes = NO_NOTES,
) -> Piece:
    """A result of a piece, played with the expression that is asked for.

    Parameters
    ----------
    piece : Piece
        As it was.
    result : Piece
        With other notes, perhaps.
    edit : PieceSettings
    by_arousal : bool
        Whether arousal moves expression, too.
    part : (int, int), optional
        The first and the last segment that the settings are for; all by default.
    fixed : Notes
        Notes that stay as they are.
    """
    parts = spans(piece.meter, piece.length)
    edges = np.array([*(part.start for part in parts), max(parts[-1].end, piece.length)])
    inside = np.ones(len(parts), bool)
    if part is not None:
        inside[: part[0]] = inside[part[1] + 1 :] = False
    for expression in EXPRESSIONS.values():
        if expression.name in edit.lock.names:
            continue
        octaves = np.zeros(len(parts))
        if (amount := edit.expression.get(expression.name)) is not None:
            octaves += along(amount, piece, parts)
        arousal = edit.moods.get("arousal")
        if by_arousal and arousal is not None:
            octaves += expression.of_arousal * along(arousal, piece, parts)
        octaves = np.where(inside, octaves, 0.0).clip(-MOST_OCTAVES, MOST_OCTAVES)
        result = expression.played(result, edges, octaves, fixed)
    return result
