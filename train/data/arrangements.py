"""Arrangements of training pieces beside real segments: what a discriminator learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from fadernets.atomic_file import replacing


@dataclass(frozen=True, eq=False)
class Arrangements:
    """n segments, c arrangements of each, and r real segments of the same kind of music.

    Attributes
    ----------
    music : str
        What the pieces are called.
    table : float32 array, shape (n, c, columns)
        Of `fadernets.discriminator.discriminator.Candidates`.
    densities : float32 array, shape (n, c, 2)
    piece : int array, shape (n,)
    real : float32 array, shape (r, columns - 2)
    real_densities : float32 array, shape (r, 2)
    real_piece : int array, shape (r,)
    sd : float array, shape (2,)
        Of the densities of real segments.
    data_sha256 : str
        Of the prepared file that has the splits; empty where a piece's name decides.
    """

    music: str
    table: np.ndarray
    densities: np.ndarray
    piece: np.ndarray
    real: np.ndarray
    real_densities: np.ndarray
    real_piece: np.ndarray
    sd: np.ndarray
    data_sha256: str = ""

    def save(self, path: Path) -> None:
        """Write them, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, shared=True) as part, part.open("wb") as file:
            np.savez_compressed(file, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Arrangements:
        """Read them.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read or is another.
        """
        with np.load(path) as stored:
            if missing := {f.name for f in fields(cls)} - set(stored.files):
                raise ValueError(f"{path} holds no arrangements: {min(missing)} is missing")
            values = {f.name: stored[f.name] for f in fields(cls)}
        texts = {name: str(values[name]) for name in ("music", "data_sha256")}
        return cls(**values | texts)

    def rows_of(self, pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Segments and real ones of some pieces: int arrays."""
        return (
            np.flatnonzero(np.isin(self.piece, pieces)),
            np.flatnonzero(np.isin(self.real_piece, pieces)),
        )


def split_pieces(arrangements: Sequence[Arrangements], share: float, seed: int) -> list[np.ndarray]:
    """Pieces of each collection that are held out: a share, two at least, for a pair."""
    rng = np.random.default_rng(seed)
    held_out = []
    for each in arrangements:
        pieces = np.unique(np.concatenate([each.piece, each.real_piece]))
        count = max(2, round(share * len(pieces)))
        held_out.append(np.sort(rng.permutation(pieces)[:count]))
    return held_out
