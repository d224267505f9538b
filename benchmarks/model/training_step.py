"""A training step: ours against the plain rendering, alone and in batches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.measuring.timing import interleaved, rate, ratio, rounded
from benchmarks.model import limits
from benchmarks.model.plain_gru import plain
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.vanilla import VanillaVAE
from train.data.dataset import TRAIN, Segments
from train.run.config import TrainConfig
from train.run.loop import Trainer


def batch_of_like_length(data: Segments, size: int) -> Batch:
    """A batch of segments of like length, about the median, as training makes them."""
    rows = np.flatnonzero(data.split == TRAIN)
    rows = rows[np.argsort(data.lengths.numpy()[rows], kind="stable")]
    first = max(0, (len(rows) - size) // 2)
    return data.batch(np.resize(rows[first : first + size], size))


def plain_step(model: VanillaVAE, config: TrainConfig) -> Callable[[Batch], None]:
    """One update of a plain model's weights, in float32."""
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate)

    def step(batch: Batch) -> None:
        optimiser.zero_grad()
        model.losses(batch, 0.0)["total"].backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimiser.step()

    return step


def measure(data: Segments, hidden: int, sizes: list[int], repeats: int, folder: Path) -> dict:
    """Segments a second, in either precision, against the plain rendering's at batch 1 and 128."""
    config = ModelConfig(hidden=hidden)
    trainers = {
        precision: Trainer(config, TrainConfig(precision=precision, batch=1), data, folder)
        for precision in ("float32", "bfloat16")
    }
    model = trainers["float32"].model
    assert isinstance(model, VanillaVAE)
    step = plain_step(plain(model), TrainConfig())
    batches = {size: batch_of_like_length(data, size) for size in sizes}
    actions: dict[str, Callable[[], object]] = {
        f"plain {size}": partial(step, batch) for size, batch in batches.items()
    }
    for precision, trainer in trainers.items():
        for size, batch in batches.items():
            actions[f"{precision} {size}"] = partial(trainer.train_step, batch)
    times = interleaved(actions, repeats)
    report: dict[str, Any] = {
        "hidden": hidden,
        "weights": sum(p.numel() for p in trainers["float32"].model.parameters()),
        "tokens_a_segment": {
            str(size): round(float(b.lengths.float().mean()), 1) for size, b in batches.items()
        },
        "plain_segments_s": {str(n): rate(times[f"plain {n}"], n) for n in sizes},
    }
    alone = times[f"plain {sizes[0]}"]
    for precision in trainers:
        report[precision] = {
            str(n): {
                "segments_s": rate(times[f"{precision} {n}"], n),
                "times_plain_alone": ratio(alone, times[f"{precision} {n}"], sizes[0], n),
                "times_plain_same_batch": ratio(
                    times[f"plain {n}"], times[f"{precision} {n}"], n, n
                ),
                **against_limit(
                    config,
                    batches[n],
                    float(np.median(times[f"{precision} {n}"])),
                    precision,
                    repeats,
                ),
            }
            for n in sizes
        }
    return report


def operations(config: ModelConfig, batch: Batch) -> float:
    """Multiplications and additions of a step: forwards, and twice as many backwards.

    Of the recurrences alone, padding included: the encoders' two directions, the label decoders'
    sixteen steps and the event decoder's two layers with its output.
    """
    rows, length = batch.tokens.shape
    hidden, latent, embedding = config.hidden, config.latent, config.embedding
    codes = len(config.attributes)
    encoders = codes * 2 * length * 3 * hidden * (embedding + hidden)
    condition = codes * latent + 24
    decoder = length * (3 * hidden * (embedding + condition + 3 * hidden) + hidden * 342)
    labels = sum(16 * 3 * hidden * (c + latent + hidden) for c in (3, 16)[:codes])
    return 3 * 2.0 * rows * (encoders + decoder + labels)


def against_limit(
    config: ModelConfig, batch: Batch, seconds: float, precision: str, repeats: int
) -> dict[str, object]:
    """Operations a second, and their share of what matrix products alone reach."""
    limit = limits.arithmetic(config.hidden, len(batch.tokens), repeats)
    best = limit["bfloat16"] if precision == "bfloat16" else limit["onednn_float32"]
    gflop_s = operations(config, batch) / seconds / 1e9
    return {"gflop_s": rounded(gflop_s), "limits": limit, "share_of_limit": rounded(gflop_s / best)}
