"""Decoding: ours against the plain rendering, both in batches of the same size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.measuring.timing import interleaved, rate, ratio, rounded
from benchmarks.model import limits
from benchmarks.model.plain_gru import PlainEventDecoder, decode_greedily
from fadernets.compute.recurrence import BFLOAT16, FLOAT32, MIN_BATCH, PRECISIONS
from fadernets.decoding.generate import generate
from fadernets.models.layers import EventDecoder
from fadernets.music import events
from fadernets.music.key import KEYS
from fadernets.music.notes import Notes
from fadernets.net import FaderNet

CODES, EMBEDDING = 256, 128  # of the paper's GM-VAE: two codes of 128
MAX_TOKENS = 100  # of a segment, as many as the paper decodes
MEMORISED = 4  # segments: fewer tokens in all than the smallest decoder has states
GAIN = 2.0  # of the random recurrences: states of one segment's tokens are then unlike each other
RIDGE, CERTAINTY = 1e-3, 8.0


def memorised(hidden: int, source: Sequence[Notes], rows: int) -> tuple[EventDecoder, Tensor, int]:
    """A decoder that knows the first tokens of a few segments by heart, and their conditions.

    Its recurrences are random, and only its output is fitted, by least squares. So the plain
    rendering, which has no grammar, ours and ours in bfloat16 all decode the same tokens.

    Returns
    -------
    decoder : EventDecoder
        Of half precision's numbers, as every saved model.
    condition : float tensor, shape (rows, codes + 24)
    length : int
        Tokens that it knows of each segment: `MAX_TOKENS`, fewer where hidden is small.
    """
    longest = sorted((events.encode(notes) for notes in source), key=len)[-MEMORISED:]
    length = min(MAX_TOKENS, len(longest[0]) - 1, hidden // MEMORISED)
    tokens = torch.stack([torch.from_numpy(line[:length]).long() for line in longest])
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.no_grad():
        torch.manual_seed(0)
        decoder = EventDecoder(hidden, CODES, EMBEDDING).eval().requires_grad_(False)
        for weight in decoder.parameters():
            weight.copy_((GAIN * weight).half())
        condition = torch.randn(len(tokens), CODES + KEYS)
        repeated = condition[:, None].expand(-1, length, -1)
        inputs = decoder.embed(F.pad(tokens, (1, -1)))
        state, _ = decoder.gru(torch.cat([inputs, repeated], dim=2), decoder.start(condition))
        state = F.pad(state, (0, 1), value=1.0).flatten(0, 1).double()
        targets = CERTAINTY * F.one_hot(tokens.flatten(), events.VOCABULARY).double()
        normal = state.T @ state + RIDGE * torch.eye(state.shape[1])
        weight = torch.linalg.solve(normal, state.T @ targets).half()
        decoder.output.weight.copy_(weight[:-1].T)
        decoder.output.bias.copy_(weight[-1])
    return decoder, _repeated(condition, rows), length


def trained(source: Sequence[Notes], rows: int) -> tuple[EventDecoder, Tensor]:
    """The shipped GM-VAE's decoder, and the conditions of real segments."""
    net = FaderNet.load("gmvae")
    with torch.inference_mode():
        codes = net.encode(source)
        condition = net.model.condition(codes.values, codes.key)
    return net.model.decoder, _repeated(condition.clone(), rows)


def _repeated(condition: Tensor, rows: int) -> Tensor:
    return condition.repeat(-(-rows // len(condition)), 1)[:rows]


def measure(
    decoder: EventDecoder, condition: Tensor, batches: Sequence[int], repeats: int, length: int
) -> dict:
    """Segments a second by batch size, and how many times as fast as the plain rendering that is.

    The plain rendering decodes `length` tokens of every segment. Where ours end before, the rates
    are compared by tokens.

    Parameters
    ----------
    condition : float tensor, shape (n, codes + 24)
        With n at least the largest batch.
    batches : sequence of int
    repeats : int
    length : int
        Tokens of a segment at most.
    """
    plain_decoder = PlainEventDecoder(decoder).eval()
    actions: dict[str, Callable[[], object]] = {}
    for batch in batches:
        rows = condition[:batch]
        actions[f"plain {batch}"] = partial(decode_greedily, plain_decoder, rows, length)
        for precision in precisions(batch):
            actions[f"{precision} {batch}"] = partial(
                generate, decoder, rows, max_length=length, precision=precision
            )
    times = interleaved(actions, repeats)
    report: dict[str, Any] = {
        "hidden": decoder.gru.hidden_size,
        "weights": sum(p.numel() for p in decoder.parameters()),
        "tokens_at_most": length,
        "batches": {},
    }
    for batch in batches:
        plain, results = times[f"plain {batch}"], {}
        played = {p: generate(decoder, condition[:batch], max_length=length, precision=p)
                  for p in precisions(batch)}  # fmt: skip
        for precision, tokens in played.items():
            seconds = times[f"{precision} {batch}"]
            steps, count = steps_and_tokens(tokens)
            results[precision] = {
                "segments_s": rate(seconds, batch),
                "tokens_a_segment": round(count / batch, 1),
                "as_in_float32": _same_rows(tokens, played[FLOAT32]),
                "times_plain": ratio(plain, seconds, batch * length, count),
                **against_limit(
                    decoder, batch, float(np.min(seconds)), steps, count, repeats, precision
                ),
            }
        report["batches"][str(batch)] = {"plain_segments_s": rate(plain, batch), **results}
    return report


def precisions(batch: int) -> tuple[str, ...]:
    """The precisions that differ: few rows are always decoded in float32."""
    return PRECISIONS if batch >= MIN_BATCH else (FLOAT32,)


def _same_rows(ours: Tensor, others: Tensor) -> float:
    """Share of segments whose tokens are the same."""
    width = max(ours.shape[1], others.shape[1])
    padded = [F.pad(tokens, (0, width - tokens.shape[1])) for tokens in (ours, others)]
    return rounded(float((padded[0] == padded[1]).all(1).double().mean()))


def steps_and_tokens(tokens: Tensor) -> tuple[int, int]:
    """Steps of a decoding and number of its tokens, for tokens (b, t)."""
    return tokens.shape[1], int((tokens != 0).sum())


def products(decoder: EventDecoder) -> int:
    """Weights that every token is multiplied with: three recurrent matrices, and the output's."""
    hidden = decoder.gru.hidden_size
    return 3 * 3 * hidden * hidden + decoder.output.weight.numel()


def against_limit(
    decoder: EventDecoder,
    batch: int,
    seconds: float,
    steps: int,
    rows: int,
    repeats: int,
    precision: str,
) -> dict[str, object]:
    """What a decoding reads or computes a second, and what share of the machine's limit that is.

    At batch 1 the limit is the reading of the weights, of half precision, in larger batches the
    arithmetic. Each limit is measured right after the decoding that it limits.
    """
    hidden, weights = decoder.gru.hidden_size, products(decoder)
    if batch == 1:
        read, limit = 2 * weights * steps / seconds / 1e9, limits.memory(weights, repeats)
        share = read / limit["cached_gb_s"]
        return {"read_gb_s": rounded(read), **limit, "share_of_limit": rounded(share)}
    gflop_s, limit = 2 * weights * rows / seconds / 1e9, limits.arithmetic(hidden, batch, repeats)
    best = limit[BFLOAT16 if precision == BFLOAT16 else "onednn_float32"]
    return {"gflop_s": rounded(gflop_s), "limits": limit, "share_of_limit": rounded(gflop_s / best)}
