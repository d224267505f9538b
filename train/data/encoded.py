"""Codes of prepared segments."""

from __future__ import annotations

import numpy as np
import torch

from fadernets.models.segmentvae import SegmentVAE
from train.data.dataset import Segments


@torch.inference_mode()
def encoded(model: SegmentVAE, data: Segments, rows: np.ndarray) -> dict[str, torch.Tensor]:
    """Codes of some segments, as `FaderNet.encode`: name -> float tensor, (len(rows), width)."""
    parts: dict[str, list[torch.Tensor]] = {}
    for first in range(0, len(rows), 512):
        batch = data.batch(rows[first : first + 512])
        for name, code in model.encode(batch.tokens, batch.lengths, batch.densities).items():
            parts.setdefault(name, []).append(code)
    return {name: torch.cat(codes) for name, codes in parts.items()}
