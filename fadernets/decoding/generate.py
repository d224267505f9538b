"""Batched decoding of event tokens: greedy or sampled, always a well-formed segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fadernets.compute.recurrence import FLOAT32, PRECISIONS
from fadernets.decoding.grammar import Grammar
from fadernets.decoding.incremental_decoder import IncrementalDecoder
from fadernets.models.layers import EventDecoder
from fadernets.music import events

MAX_LENGTH = 200  # tokens; training segments have 100 at most, a denser one may need more
MAX_ACTIVE_SHARE = 0.75  # at most so many rows unfinished: drop those that ended


def _noise(seeds: Sequence[int], device: torch.device) -> Tensor:
    """Gumbel noise, (b, 200, 342): a row depends on its own seed only, not on its neighbours."""
    rows = {}
    for seed in set(seeds):
        generator = torch.Generator().manual_seed(seed)
        uniform = torch.rand(MAX_LENGTH, events.VOCABULARY, generator=generator)
        rows[seed] = -(-uniform.clamp(1e-9, 1 - 1e-7).log()).log()
    return torch.stack([rows[seed] for seed in seeds]).to(device)


@torch.inference_mode()
def generate(
    decoder: EventDecoder,
    condition: Tensor,
    *,
    seeds: Sequence[int] | None = None,
    temperature: float = 1.0,
    max_length: int = MAX_LENGTH,
    precision: str = FLOAT32,
) -> Tensor:
    """Tokens for each row of a condition, decoded together.

    Parameters
    ----------
    decoder : EventDecoder
    condition : float tensor, shape (b, codes + 24)
    seeds : sequence of b int, optional
        Sample each row with its seed; without, take the likeliest token (greedy).
    temperature : float
        Of the sampling, above 0.
    max_length : int
        At most 200 tokens, EOS included.
    precision : {"float32", "bfloat16"}
        Of the recurrences. With bfloat16 many rows are decoded faster where the processor has it,
        and a row may become another than it is alone, no worse: see docs/speed.md.

    Returns
    -------
    int64 tensor, shape (b, t)
        EOS and then PAD end every row that found its end in time.

    Raises
    ------
    ValueError
        If `temperature` or `max_length` is out of range, `seeds` are not one a row, or there is no
        such precision.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    if not 1 <= max_length <= MAX_LENGTH:
        raise ValueError(f"max_length {max_length} is outside 1 to {MAX_LENGTH}")
    if seeds is not None and len(seeds) != len(condition):
        raise ValueError(f"{len(seeds)} seeds for {len(condition)} rows")
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r} is not one of {', '.join(PRECISIONS)}")
    noise = None if seeds is None else _noise(seeds, condition.device)
    grammar = Grammar(len(condition), condition.device)
    state = IncrementalDecoder(decoder, condition, precision)
    chosen = np.full((len(condition), max_length), events.PAD)
    rows = np.arange(len(condition))  # those that have not ended
    token = chosen[:, 0]
    for step in range(max_length):
        scores = state.step(torch.from_numpy(token).to(condition.device))
        if noise is not None:
            scores = scores / temperature + noise[:, step]
        token = grammar.best(scores)
        grammar.take(token)
        chosen[rows, step] = token
        if not (token == events.EOS).any():
            continue
        active = [row for row, line in enumerate(grammar.lines) if not line.ended]
        if not active:
            break
        if len(active) <= MAX_ACTIVE_SHARE * len(rows):
            grammar.keep(active)
            state.keep(active)
            rows, token = rows[active], token[active]
            noise = None if noise is None else noise[active]
    return torch.from_numpy(chosen[:, : step + 1]).to(condition.device)
