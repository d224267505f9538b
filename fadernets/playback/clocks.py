"""Two pieces of the same beats at two tempos: when the music of one comes in the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.music.piece import Piece

DECIMALS = 4  # of seconds
SAME_PACE = 1e-9  # by which two paces differ that are one, as a share


def clock(original: Piece, result: Piece) -> np.ndarray | None:
    """When what comes at seconds of the original comes in the result; None where that is the same.

    Parameters
    ----------
    original, result : Piece
        Of the same length in beats.

    Returns
    -------
    float array, shape (n, 2), or None
        Rows (seconds of the original, seconds of the result), from 0 to the end, both rising. Time
        goes on evenly between them.
    """
    changes = np.concatenate([original.tempo[:, 0], result.tempo[:, 0]])
    inside = changes[(changes > 0) & (changes < original.length)]
    beats = np.unique(np.concatenate([[0.0], inside, [original.length]]))
    rows = np.stack([original.seconds(beats), result.seconds(beats)], axis=1)
    rises = (np.diff(rows.round(DECIMALS), axis=0) > 0).all(axis=1)
    rows = rows[np.append(True, rises)]
    if len(rows) < 2 or np.array_equal(*rows.round(DECIMALS).T):
        return None
    return rows[_turns(rows)].round(DECIMALS)


def in_step(result: Piece, original: Piece) -> Piece:
    """The result at the tempo of the original, so that both can be drawn on one time axis."""
    if np.array_equal(result.tempo, original.tempo):
        return result
    return replace(result, tempo=original.tempo)


def _turns(rows: np.ndarray) -> np.ndarray:
    """Where the pace of one beside the other changes, and both ends: bool, (n,)."""
    before, after = np.diff(rows, axis=0).T
    pace = after / before
    turns = np.abs(np.diff(pace)) > SAME_PACE * pace[1:]
    return np.concatenate([[True], turns, [True]])
