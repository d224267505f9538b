"""Prepared segments in memory or mapped into it, and the batches of a training run.

Arrays of a prepared file, n segments of p pieces: ``tokens`` int16 (n, 100), EOS last, then PAD;
``length`` uint8 (n,); ``key`` uint8 (n,); ``start`` float32 (n,), beats; ``arousal`` and
``valence`` float32 (n,), NaN where unrated; ``piece`` int32 (n,); ``split`` and ``random_split``
uint8 (n,), 0 train, 1 validation, 2 test; ``piece_name`` (p,); ``piece_corpus`` uint8 (p,); and by
the name of every attribute its labels, uint8 (n, 16), and, with ``_by_keys`` behind the name, the
labels of the keys without the pedal. Files prepared earlier lack these. ``definition`` names
that of the labels where it is not the default one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from fadernets.models.batch import UNLABELLED, Batch
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import Notes
from train.data import definitions, packed

TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("split", "random_split")
AMBIGUOUS = 0.1  # |rating| up to here is no label (paper 4.1)
POOL = 50  # batches among which segments are sorted by length


@dataclass(frozen=True)
class Segments:
    """Prepared segments on a device.

    Attributes
    ----------
    tokens : int16 tensor, shape (n, 100)
    lengths, key, arousal, valence : int64 tensors, shape (n,)
        Arousal and valence 0 low, 1 high, -1 unlabelled.
    labels : name -> uint8 tensor, shape (n, 16)
    densities : name -> float32 tensor, shape (n,)
    key_densities : name -> float array on the host, shape (n,)
        Without the pedal; may lack attributes.
    split, piece, corpus : int arrays on the host, shape (n,)
    split_name : str
        Which of `SPLITS` this is.
    sha256 : str
        Of the prepared file, or of the index of a folder.
    definition : str
        Which of `train.data.definitions.DEFINITIONS` the labels follow.
    piece_names : tuple of p str
        Names of the pieces that `piece` numbers.
    """

    tokens: torch.Tensor
    lengths: torch.Tensor
    key: torch.Tensor
    arousal: torch.Tensor
    valence: torch.Tensor
    labels: dict[str, torch.Tensor]
    densities: dict[str, torch.Tensor]
    key_densities: dict[str, np.ndarray]
    split: np.ndarray
    piece: np.ndarray
    corpus: np.ndarray
    split_name: str
    sha256: str
    definition: str = definitions.SOUND
    piece_names: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path, split: str = "split", device: str = "cpu") -> Segments:
        """The segments of a prepared file, or of a folder of `train.packed`.

        Raises
        ------
        ValueError
            If it is neither, `split` none of `SPLITS`, or there is no such device.
        """
        check_device(device)
        if split not in SPLITS:
            raise ValueError(f"split {split!r} is not one of {SPLITS}")
        try:
            arrays, sha256 = _arrays(path)
            names = [n for n in packed.attributes_of(arrays) if n in ATTRIBUTES]
            labels = {n: torch.from_numpy(arrays[n]).to(device) for n in names}
            densities = {n: ATTRIBUTES[n].density(arrays[n]) for n in names}
            return cls(
                tokens=torch.from_numpy(arrays["tokens"]).to(device),
                lengths=torch.from_numpy(arrays["length"].astype(np.int64)).to(device),
                key=torch.from_numpy(arrays["key"].astype(np.int64)).to(device),
                arousal=_sides(arrays["arousal"]).to(device),
                valence=_sides(arrays["valence"]).to(device),
                labels=labels,
                densities={
                    n: torch.from_numpy(d.astype(np.float32)).to(device)
                    for n, d in densities.items()
                },
                key_densities={
                    n: ATTRIBUTES[n].density(arrays[n + packed.BY_KEYS])
                    for n in names
                    if n + packed.BY_KEYS in arrays
                },
                split=arrays[split],
                piece=arrays["piece"],
                corpus=arrays["piece_corpus"][arrays["piece"]],
                split_name=split,
                sha256=sha256,
                definition=str(arrays.get(packed.DEFINITION, definitions.SOUND)),
                piece_names=tuple(arrays["piece_name"].tolist()),
            )
        except packed.DAMAGED as error:
            raise packed.not_prepared(path, error) from error

    @property
    def by_sound(self) -> bool:
        """Whether tokens hold notes as heard, lengthened by the pedal, not as keys are down."""
        return self.definition != definitions.KEYS

    def require(self, names: Iterable[str]) -> None:
        """Raise a ValueError unless there are labels of these attributes."""
        for name in names:
            if name not in self.labels:
                raise ValueError(
                    f"the data has no labels of {name}: prepare it again with train.prepare"
                )

    def measure(self, notes: Notes, names: Iterable[str] | None = None) -> dict[str, float]:
        """Densities of notes by the definition of the labels, by name."""
        return definitions.measure(notes, names, self.definition)

    @cached_property
    def host_lengths(self) -> np.ndarray:
        """`lengths` on the host: asking a card for them would make it wait at every batch."""
        return self.lengths.cpu().numpy()

    def batch(self, rows: np.ndarray) -> Batch:
        """Some segments as a batch, padded to the longest of them."""
        index = torch.from_numpy(rows)
        if self.tokens.is_cuda:  # only what is pinned is copied without waiting
            index = index.pin_memory()
        index = index.to(self.tokens.device, non_blocking=True)
        return Batch(
            tokens=self.tokens[index, : int(self.host_lengths[rows].max())].long(),
            lengths=self.lengths[index],
            key=self.key[index],
            labels={n: label[index].long() for n, label in self.labels.items()},
            densities={n: density[index] for n, density in self.densities.items()},
            arousal=self.arousal[index],
        )


def check_device(name: str) -> None:
    """Check that PyTorch has a device here, without starting a card.

    Raises
    ------
    ValueError
        If it has not.
    """
    try:
        kind = torch.device(name).type
    except RuntimeError:
        kind = ""
    if not kind or (kind == "cuda" and not torch.cuda.is_available()):
        raise ValueError(f"PyTorch has no device {name!r} here")


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of a file or folder, and the hash that identifies them."""
    if path.is_dir():
        return packed.arrays_of(path)
    with path.open("rb") as file, np.load(file) as stored:
        return dict(stored), hashlib.sha256(path.read_bytes()).hexdigest()


def _sides(rating: np.ndarray) -> torch.Tensor:
    """Labels of ratings (n,) in -1 to 1, NaN where there is none: 0 low, 1 high, -1 neither."""
    high = np.where(np.abs(rating) > AMBIGUOUS, rating > 0, UNLABELLED)
    return torch.from_numpy(high.astype(np.int64))


def epoch(data: Segments, size: int, repeats: int, rng: np.random.Generator) -> list[np.ndarray]:
    """One shuffled pass over the training segments, as rows of each batch.

    Segments of like length share a batch, which halves the padding. Labelled ones come `repeats`
    times: they are few, and only they tell the components which is low and which is high arousal.
    """
    train = np.flatnonzero(data.split == TRAIN)
    labelled = train[data.arousal.cpu().numpy()[train] != UNLABELLED]
    rows = rng.permutation(np.concatenate([train, np.tile(labelled, repeats - 1)]))
    lengths = data.host_lengths
    batches = []
    for first in range(0, len(rows), POOL * size):
        pool = rows[first : first + POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + size] for i in range(0, len(pool) - size + 1, size)]
    if not batches:
        raise ValueError(f"{len(rows)} training segments do not fill a batch of {size}")
    return [batches[i] for i in rng.permutation(len(batches))]


def stream(
    data: Segments, size: int, repeats: int, seed: int, first: int = 0
) -> Iterator[np.ndarray]:
    """Rows of the batches of steps `first`, `first` + 1, …, the same whenever it is begun."""
    step, number = 0, 0
    while True:
        batches = epoch(data, size, repeats, np.random.default_rng((seed, number)))
        if step + len(batches) > first:
            yield from batches[max(first - step, 0) :]
        step, number = step + len(batches), number + 1
