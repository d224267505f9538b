"""Token accuracy under teacher forcing."""

from __future__ import annotations

import torch
from torch import Tensor

from fadernets.models.batch import Batch
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music import events


@torch.no_grad()
def hits(model: SegmentVAE, batch: Batch) -> Tensor:
    """Whether each token, padding left out, is the likeliest given the codes and all before it.

    The codes are the posterior means. Returns a bool tensor, shape (tokens of the batch,).
    """
    codes = model.encode(batch.tokens, batch.lengths, batch.densities)
    logits = model.event_logits(batch, codes)
    return (logits.argmax(-1) == batch.tokens)[batch.tokens != events.PAD]
