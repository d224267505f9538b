"""The paper's count of densities, and the same from half a step later.

The count asks of every step whether a note begins in it. Music that meets a density only because
its notes stand on one side of the edges of steps has another density half a step later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fadernets.music.attributes import measure
from fadernets.music.notes import STEPS_PER_BEAT, Notes, concatenate, visible
from fadernets.music.segments import from_start, ringing_rows
from fadernets.music.windows import Span
from train.metrics.over_pieces import DRAWS, ENDS, LEAST_PIECES

HALF_STEP = 0.5 / STEPS_PER_BEAT  # beats


def of_windows(
    notes: Notes, spans: Sequence[Span], names: Iterable[str], later: float = 0.0
) -> np.ndarray:
    """Densities of windows of a piece, with the notes that ring into them: float64, (n, names).

    Parameters
    ----------
    notes : Notes
        Of the whole piece.
    spans : sequence of n Span
        In order, apart from one another.
    names : iterable of str
        Of attributes.
    later : float
        Beats by which all windows begin and end later: what begins in a neighbour then counts.
    """
    names = tuple(names)
    starts = np.array([span.start for span in spans]) + later
    densities = np.empty((len(spans), len(names)))
    rings = ringing_rows(notes, starts)
    for row, (span, start, ring) in enumerate(zip(spans, starts.tolist(), rings, strict=True)):
        beats = span.end - span.start
        own = visible(notes, start, beats)[1]
        heard = concatenate([from_start(notes[ring], start, beats), own])
        densities[row] = list(measure(heard, names, span.steps).values())
    return densities


def consistency_of_windows(
    densities: Sequence[np.ndarray], pieces: Sequence[np.ndarray], seed: int = 0
) -> tuple[float, list[float] | None]:
    """Equation (3) of windows that may be others at every value of the fader.

    Parameters
    ----------
    densities : sequence of t float arrays
        Of the windows at each value, in standard deviations of real ones.
    pieces : sequence of t int arrays
        Which piece each window is of, from 0.

    Returns
    -------
    float
        As `train.metrics.control.consistency`.
    list of two float, or None
        Its 95 % interval over pieces; None for one piece.
    """
    score = float(1 - np.mean([values.std() for values in densities]))
    numbers = np.unique(np.concatenate(pieces))
    if len(numbers) < LEAST_PIECES:
        return score, None
    drawn = np.random.default_rng(seed).choice(numbers, (DRAWS, len(numbers)))
    times = np.stack([np.bincount(row, minlength=numbers[-1] + 1) for row in drawn])
    spreads = []
    for values, piece in zip(densities, pieces, strict=True):
        weight = times[:, piece] / np.maximum(times[:, piece].sum(1, keepdims=True), 1)
        apart = values - values.mean()
        variance = weight @ apart**2 - (weight @ apart) ** 2
        # A draw without any window of this value says nothing of it.
        spreads.append(np.where(weight.any(1), np.sqrt(variance.clip(0)), np.nan))
    return score, np.percentile(1 - np.nanmean(spreads, 0), ENDS).tolist()
