"""Music that no model was trained on: pieces of one split."""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from train.data import corpora
from train.data.corpora import Source
from train.data.dataset import TEST, TRAIN, VALIDATION, Segments

MODELS = ("arranger", "gmvae")
SPLITS = {"validation": VALIDATION, "test": TEST}


def split_of(name: str) -> int:
    """The split of a piece that is in no prepared data, by a checksum of its name."""
    return (TRAIN, TRAIN, VALIDATION, TEST)[zlib.crc32(name.encode()) % 4]


def names_of(data: Segments, splits: Sequence[int]) -> set[str]:
    """Names of the pieces in some splits."""
    return {data.piece_names[n] for n in np.unique(data.piece[np.isin(data.split, splits)])}


def unseen(folder: Path, match: str, data: Segments | None, split: str) -> list[Source]:
    """The pieces below a folder that are in a split.

    Parameters
    ----------
    folder : Path
    match : str
        Pattern of the names of files, such as ``midi_score.mid``.
    data : Segments, optional
        Prepared data, whose splits count. Without it `split_of` a name decides.
    split : str
        One of `SPLITS`.

    Raises
    ------
    ValueError
        If there is none.
    """
    return of_split(folder, match, data, SPLITS[split])


def of_split(folder: Path, match: str, data: Segments | None, split: int) -> list[Source]:
    """As `unseen`, of any split by its number, such as `train.data.dataset.TRAIN`."""
    sources = [s for s in corpora.performances(folder) if s.path.match(match)]
    if data is None:
        return some((s for s in sources if split_of(s.name) == split), folder)
    names = names_of(data, (split,))
    return some((s for s in sources if s.name in names), folder)


def some(sources: Iterable[Source], folder: Path) -> list[Source]:
    """The sources, of which there has to be one; raises ValueError otherwise."""
    all_sources = list(sources)
    if not all_sources:
        raise ValueError(f"no file below {folder} is in that split")
    return all_sources


def add_options(options: argparse.ArgumentParser) -> None:
    """What commands ask for that change excerpts of such music."""
    options.add_argument(
        "--model", action="append", help="name or folder; arranger and gmvae by default"
    )
    options.add_argument("--split", choices=SPLITS, default="validation")
    options.add_argument("--excerpts", type=int, default=40, help="pieces to change parts of")
    options.add_argument("--length", type=int, default=14, help="segments of each part")
    options.add_argument("--seed", type=int, default=0)
