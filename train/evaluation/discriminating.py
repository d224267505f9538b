"""A discriminator trained on arrangements and real segments, and what it tells of unseen pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from fadernets.discriminator.discriminator import MOVED, Discriminator
from train.data.arrangements import Arrangements
from train.metrics.arousal import auc
from train.metrics.naturalness import Windows, pair

DRAWS = 2  # of every segment's arrangement and its real partner
BATCH = 256  # rows
RATE, DECAY = 2e-3, 1e-2
SMOOTHING = 0.05  # of the labels


def pairs(
    of: Arrangements, pieces: np.ndarray, chosen: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of arrangements, and of real segments of the same densities beside them: (p, columns).

    A real segment is told that its densities were moved as those of its partner were.

    Parameters
    ----------
    pieces : int array
        Those that they are taken from.
    chosen : int array, shape (n,)
        The arrangement of each segment that is taken.
    """
    rows, real = of.rows_of(pieces)
    changed = _windows(of.densities[rows, chosen[rows]], of.piece[rows])
    places = pair(changed, _windows(of.real_densities[real], of.real_piece[real]), of.sd, seed)
    arranged = of.table[rows, chosen[rows]][places[:, 0]]
    beside = np.column_stack([of.real[real][places[:, 1]], arranged[:, -MOVED:]])
    return arranged, beside


def _windows(densities: np.ndarray, piece: np.ndarray) -> Windows:
    return Windows([{"there": 1.0}] * len(piece), densities, piece)


def drawn(of: Arrangements, rng: np.random.Generator) -> np.ndarray:
    """One arrangement of each segment at random: int array, (n,)."""
    return rng.integers(of.table.shape[1], size=len(of.table))


def least_told(discriminator: Discriminator, of: Arrangements) -> np.ndarray:
    """The arrangement of each segment that sounds most like real music: int array, (n,)."""
    segments, candidates, columns = of.table.shape
    odds = log_odds(discriminator, of.table.reshape(-1, columns))
    return odds.reshape(segments, candidates).argmin(1)


@torch.inference_mode()
def log_odds(discriminator: Discriminator, table: np.ndarray) -> np.ndarray:
    """Log-odds that rows are arrangements: float array, (b,)."""
    return discriminator.eval()(torch.from_numpy(table)).mean(0).numpy()


def train(
    collections: Sequence[Arrangements], pieces: Sequence[np.ndarray], epochs: int, seed: int
) -> tuple[Discriminator, int]:
    """A discriminator trained on some pieces of every collection, and on how many pairs.

    Twice: first on arrangements drawn at random, then also on those that the first one finds most
    like music, which is what it will have to tell.
    """
    rng = np.random.default_rng(seed)
    each = list(zip(collections, pieces, strict=True))
    parts = [pairs(c, p, drawn(c, rng), seed + d) for c, p in each for d in range(DRAWS)]
    first = _trained(parts, epochs, seed)
    parts += [pairs(c, p, least_told(first, c), seed + d) for c, p in each for d in range(DRAWS)]
    return _trained(parts, epochs, seed), sum(len(arranged) for arranged, _ in parts)


def _trained(
    parts: Sequence[tuple[np.ndarray, np.ndarray]], epochs: int, seed: int
) -> Discriminator:
    table = np.concatenate([side for part in parts for side in part]).astype(np.float32)
    label = np.concatenate([np.full(len(s), 1.0 - n) for part in parts for n, s in enumerate(part)])
    x, y = torch.from_numpy(table), torch.from_numpy(label).float()
    torch.manual_seed(seed)
    discriminator = Discriminator(x.shape[1])
    discriminator.mean.copy_(torch.from_numpy(np.nanmean(table, 0)))
    discriminator.spread.copy_(torch.from_numpy(np.nanstd(table, 0).clip(min=1e-3)))
    optimizer = torch.optim.AdamW(discriminator.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    discriminator.train()
    for _ in tqdm(range(epochs), desc="discriminator", unit="epoch", disable=None):
        for rows in torch.randperm(len(x)).split(BATCH):
            odds, target = discriminator(x[rows]), y[rows].clamp(SMOOTHING, 1 - SMOOTHING)
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(odds, target.expand_as(odds)).backward()
            optimizer.step()
            schedule.step()
    return discriminator.eval().requires_grad_(False)


def auc_of(
    discriminator: Discriminator,
    of: Arrangements,
    pieces: np.ndarray,
    chosen: np.ndarray,
    seed: int,
) -> float:
    """How well it tells chosen arrangements of some pieces from real segments."""
    sides = pairs(of, pieces, chosen, seed)
    odds = np.concatenate([log_odds(discriminator, side) for side in sides])
    return auc(odds, np.repeat([True, False], [len(side) for side in sides]))
