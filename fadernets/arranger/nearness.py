"""How near the candidates of an arrangement are to what there was."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.music import key
from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid
from fadernets.music.notes import LOWEST_PITCH


def harmony(notes: Grid) -> Tensor:
    """Steps that the pitch class of each key sounds: float, shape (b, 88)."""
    classes = (torch.arange(PITCHES, device=notes.onset.device) + LOWEST_PITCH) % 12
    sounds = (notes.onset + notes.hold).sum(1)
    heard = sounds.new_zeros(len(sounds), 12).index_add_(1, classes, sounds)
    return heard[:, classes]


def nearness(
    source: Grid, grids: Grid, candidates: int, recall: float, jumps: Tensor | float = 0.0
) -> Tensor:
    """How near each candidate of each segment is to it in harmony, key and notes: (n, candidates).

    `jumps`, (n * candidates,), is what speaks against each. All on the CPU.
    """
    octave = slice(12 - LOWEST_PITCH % 12, 24 - LOWEST_PITCH % 12)  # C to B somewhere
    own, theirs = harmony(source)[:, octave], harmony(grids)[:, octave]
    own, theirs = own.repeat_interleave(candidates, 0).cpu(), theirs.cpu()
    alike = F.cosine_similarity(own, theirs)
    keys = [torch.from_numpy(key.correlations(x.numpy().astype(float))) for x in (own, theirs)]
    same_key = (keys[0].argmax(1) == keys[1].argmax(1)).float()
    onsets = source.onset.repeat_interleave(candidates, 0)
    matches = (onsets * grids.onset).sum((1, 2))
    f1 = 2 * matches / (onsets.sum((1, 2)) + grids.onset.sum((1, 2))).clamp(min=1)
    score = alike + same_key + recall * f1.cpu() - jumps
    return score.view(-1, candidates)


def further_changed(source: Grid, grids: Grid, nearest: Tensor, nothing_new: Tensor) -> Tensor:
    """Candidates that change more than the nearest of their segment does: bool, (n, candidates).

    Where nothing new shall come these are the ones that strike more new notes than it; elsewhere
    those that let go of more of the segment's. On the CPU.

    Parameters
    ----------
    nearest : int64 tensor, shape (n,)
    nothing_new : bool tensor, shape (n,)
    """
    size = len(nearest)
    before = source.onset[:, None] > 0
    after = grids.onset.view(size, -1, *source.onset.shape[1:]) > 0
    arrivals, losses = (x.sum((2, 3)).cpu() for x in (after & ~before, before & ~after))
    changes = torch.where(nothing_new.cpu()[:, None], arrivals, losses)
    return changes > changes.gather(1, nearest[:, None])
