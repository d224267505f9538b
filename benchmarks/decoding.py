"""Decoding: ours in batches against the plain rendering, a segment at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks import limits
from benchmarks.plain_gru import PlainEventDecoder, decode_greedily
from benchmarks.timing import interleaved, rate, ratio, rounded
from fadernets.decoding.generate import generate
from fadernets.models.layers import EventDecoder
from fadernets.music import events
from fadernets.music.key import KEYS
from fadernets.music.notes import Notes
from fadernets.net import FaderNet

CODES, EMBEDDING = 256, 128  # of the paper's GM-VAE: two codes of 128
MAX_TOKENS = 100  # of a segment, as many as the paper decodes
RIDGE = 1e-3


def fitted(hidden: int, source: Sequence[Notes], rows: int) -> tuple[EventDecoder, Tensor]:
    """A decoder of some size that decodes something like music, and conditions; always the same.

    Its recurrences are random, and only its output is fitted to segments, by least squares. An
    untrained decoder rarely prefers a token that the grammar permits, which costs time.
    """
    tokens = [torch.from_numpy(events.encode(notes)) for notes in source]
    padded = nn.utils.rnn.pad_sequence(tokens, batch_first=True)
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.no_grad():
        torch.manual_seed(0)
        decoder = EventDecoder(hidden, CODES, EMBEDDING).eval().requires_grad_(False)
        condition = torch.randn(len(padded), CODES + KEYS)
        repeated = condition[:, None].expand(-1, padded.shape[1], -1)
        inputs = decoder.embed(F.pad(padded, (1, -1)))
        state, _ = decoder.gru(torch.cat([inputs, repeated], dim=2), decoder.start(condition))
        state = F.pad(state, (0, 1), value=1.0)[padded != events.PAD].double()
        targets = F.one_hot(padded[padded != events.PAD], events.VOCABULARY).double()
        normal = state.T @ state + RIDGE * torch.eye(state.shape[1])
        weight = torch.linalg.solve(normal, state.T @ targets)
        decoder.output.weight.copy_(weight[:-1].T)
        decoder.output.bias.copy_(weight[-1])
    return decoder, _repeated(condition, rows)


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
    decoder: EventDecoder,
    condition: Tensor,
    batches: Sequence[int],
    repeats: int,
    plain_segments: int,
) -> dict:
    """Segments a second by batch size, and how many times as fast as the plain rendering that is.

    Segments are of different length, so the rates are compared by tokens.

    Parameters
    ----------
    condition : float tensor, shape (n, codes + 24)
        With n at least the largest batch.
    batches : sequence of int
    repeats : int
    plain_segments : int
        Segments that the plain rendering decodes in each turn.
    """
    plain_decoder = PlainEventDecoder(decoder).eval()
    first = condition[:plain_segments]
    actions: dict[str, Callable[[], object]] = {
        "plain": lambda: [decode_greedily(plain_decoder, row[None], MAX_TOKENS) for row in first]
    }
    for batch in batches:
        actions[str(batch)] = partial(generate, decoder, condition[:batch], max_length=MAX_TOKENS)
    times = interleaved(actions, repeats)
    plain_tokens = sum(len(decode_greedily(plain_decoder, row[None], MAX_TOKENS)) for row in first)
    report: dict[str, Any] = {
        "hidden": decoder.gru.hidden_size,
        "weights": sum(p.numel() for p in decoder.parameters()),
        "plain_tokens_a_segment": round(plain_tokens / len(first), 1),
        "plain_segments_s": rate(times["plain"], len(first)),
        "batches": {},
    }
    for batch in batches:
        seconds = times[str(batch)]
        steps, rows = steps_and_tokens(generate(decoder, condition[:batch], max_length=MAX_TOKENS))
        report["batches"][str(batch)] = {
            "segments_s": rate(seconds, batch),
            "tokens_a_segment": round(rows / batch, 1),
            "times_plain": ratio(times["plain"], seconds, plain_tokens, rows),
            **against_limit(decoder, batch, float(np.median(seconds)), steps, rows, repeats),
        }
    return report


def steps_and_tokens(tokens: Tensor) -> tuple[int, int]:
    """Steps of a decoding and number of its tokens, for tokens (b, t)."""
    return tokens.shape[1], int((tokens != 0).sum())


def products(decoder: EventDecoder) -> int:
    """Weights that every token is multiplied with: three recurrent matrices, and the output's."""
    hidden = decoder.gru.hidden_size
    return 3 * 3 * hidden * hidden + decoder.output.weight.numel()


def against_limit(
    decoder: EventDecoder, batch: int, seconds: float, steps: int, rows: int, repeats: int
) -> dict[str, object]:
    """What a decoding reads or computes a second, and what share of the machine's limit that is.

    At batch 1 the limit is the reading of the weights, in larger batches the arithmetic. Each limit
    is measured right after the decoding that it limits.
    """
    hidden, weights = decoder.gru.hidden_size, products(decoder)
    if batch == 1:
        weights += 3 * hidden * decoder.embed.embedding_dim  # too few rows for a table
        read, limit = 4 * weights * steps / seconds / 1e9, limits.memory(weights, repeats)
        share = read / limit["cached_gb_s"]
        return {"read_gb_s": rounded(read), **limit, "share_of_limit": rounded(share)}
    gflop_s, limit = 2 * weights * rows / seconds / 1e9, limits.arithmetic(hidden, batch, repeats)
    share = gflop_s / limit["onednn_float32"]
    return {"gflop_s": rounded(gflop_s), "limits": limit, "share_of_limit": rounded(share)}
