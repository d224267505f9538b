"""Where the corpora keep their files and ratings: piano performances and VGMIDI."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from fadernets.music.piece import Piece

PERFORMANCES, VGMIDI = 0, 1  # corpus numbers in a prepared file
SUFFIXES = {".mid", ".midi"}
SLACK_BEATS = 1e-6  # beats, within which two times are the same


@dataclass(frozen=True)
class Source:
    """A MIDI file to prepare.

    Attributes
    ----------
    path : Path
    name : str
        Unique among all sources; the same wherever the corpus lies.
    corpus : int
        `PERFORMANCES` or `VGMIDI`.
    ratings : float array, shape (2, measures), or None
        Mean arousal and valence of every measure, in [-1, 1].
    """

    path: Path
    name: str
    corpus: int
    ratings: np.ndarray | None = None


def performances(folder: Path) -> list[Source]:
    """Every MIDI file below a folder, in order of name.

    Raises
    ------
    ValueError
        If there is none.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f"{folder} holds no MIDI file")
    return [Source(p, p.relative_to(folder).as_posix(), PERFORMANCES) for p in paths]


def vgmidi(folder: Path) -> list[Source]:
    """VGMIDI's labelled pieces: ``annotations.json`` with ``midi/`` beside it.

    Raters whose lists have another length than the piece has measures are left out; the others
    are averaged.

    Raises
    ------
    ValueError
        If the folder holds no readable ``annotations.json`` or it has another layout.
    """
    listing = folder / "annotations.json"
    try:
        pieces = json.loads(listing.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{listing} cannot be read: {error}") from error
    try:
        return [_rated(folder, name, piece) for name, piece in sorted(pieces.items())]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{listing} has another layout than docs/data.md says") from error


class Rater(TypedDict):
    """Ratings by one listener, a number a measure."""

    arousal: list[float]
    valence: list[float]


class RatedPiece(TypedDict):
    """A piece of ``annotations.json``."""

    midi: str  # name of its file
    measures: int
    annotations: list[Rater]


def _rated(folder: Path, name: str, piece: RatedPiece) -> Source:
    """One piece of ``annotations.json``."""
    raters = [
        (rater["arousal"], rater["valence"])
        for rater in piece["annotations"]
        if len(rater["arousal"]) == len(rater["valence"]) == piece["measures"]
    ]
    ratings = np.mean(raters, axis=0) if raters else None
    return Source(folder / "midi" / piece["midi"], f"vgmidi/{name}", VGMIDI, ratings)


def measure_starts(piece: Piece) -> np.ndarray:
    """Beat at which every measure of a piece begins, from its meter: float64, shape (m,)."""
    # A bar line that a rounding error puts just before a change of meter is the change itself.
    changes = np.append(piece.meter[1:, 0], piece.length) - SLACK_BEATS
    starts = [
        np.arange(beat, until, numerator * 4 / denominator)
        for (beat, numerator, denominator), until in zip(piece.meter, changes, strict=True)
    ]
    return np.concatenate(starts)


def rating(ratings: np.ndarray, starts: np.ndarray, start: float, end: float) -> np.ndarray:
    """Mean arousal and valence of the measures that a stretch of beats falls in.

    Parameters
    ----------
    ratings : float array, shape (2, measures)
    starts : float array
        Of `measure_starts`.
    start, end : float
        Beats.

    Returns
    -------
    float64 array, shape (2,)
        NaN where no rated measure is touched.
    """
    # A segment that ends with a measure does not touch the next.
    first = max(int(np.searchsorted(starts, start + SLACK_BEATS, side="right")) - 1, 0)
    last = int(np.searchsorted(starts, end - SLACK_BEATS, side="right"))
    touched = ratings[:, first:last]
    return touched.mean(axis=1) if touched.size else np.full(2, np.nan)
