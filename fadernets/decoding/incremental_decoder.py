"""The event decoder one token at a time, with what does not change computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.compute.recurrence import FLOAT32, MIN_BATCH, cell, product
from fadernets.compute.weight_cache import of_weights
from fadernets.models.layers import EventDecoder


class IncrementalDecoder:
    """The state of an `EventDecoder` in the middle of b sequences.

    The same function as the decoder's `forward`, but for rounding. The first layer's input is
    [embedding, condition], so its product with the weights is a sum of two: the condition's part is
    the same at every token, and the embedding's part is a row of a table of all tokens, kept with
    the decoder. The lower layer's state is multiplied at once by the upper layer's input and by its
    own recurrence of the next token.

    Parameters
    ----------
    decoder : EventDecoder
        Of two layers.
    condition : float tensor, shape (b, codes + 24)
    precision : {"float32", "bfloat16"}
        Of the recurrent products where there are many rows, see `product`; logits, whose order
        decides, are always of float32.
    """

    def __init__(self, decoder: EventDecoder, condition: Tensor, precision: str = FLOAT32) -> None:
        gru, batched = dict(decoder.gru.named_parameters()), len(condition) >= MIN_BATCH
        weight, bias = gru["weight_ih_l0"], gru["bias_ih_l0"]
        self._table = of_weights("table", _table, weight, decoder.embed.weight)
        condition_weight = weight[:, decoder.embed.embedding_dim :]
        self._condition_part = F.linear(condition, condition_weight, bias)  # (b, 3 * hidden)
        self._times_below = product(
            [gru["weight_ih_l1"], gru["weight_hh_l0"]],
            [gru["bias_ih_l1"], gru["bias_hh_l0"]],
            batched,
            precision,
        )
        self._times_above = product([gru["weight_hh_l1"]], [gru["bias_hh_l1"]], batched, precision)
        self._output = product([decoder.output.weight], [decoder.output.bias], batched)
        self._below, self._above = decoder.start(condition)
        self._recurrent_below = self._times_below(self._below).chunk(2, 1)[1]

    def step(self, tokens: Tensor) -> Tensor:
        """Logits of the next tokens, (b, 342), after the last ones, int64, (b,)."""
        inputs = self._table.index_select(0, tokens).add_(self._condition_part)
        self._below = cell(inputs, self._recurrent_below, self._below)
        inputs, self._recurrent_below = self._times_below(self._below).chunk(2, 1)
        self._above = cell(inputs, self._times_above(self._above), self._above)
        return self._output(self._above)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all sequences but these."""
        index = torch.tensor(rows, device=self._condition_part.device)
        self._condition_part = self._condition_part[index]
        self._recurrent_below = self._recurrent_below[index]
        self._below, self._above = self._below[index], self._above[index]


def _table(weight: Tensor, embeddings: Tensor) -> Tensor:
    """The products of all tokens' embeddings with the first layer's weight, (342, 3 * hidden)."""
    return F.linear(embeddings, weight[:, : embeddings.shape[1]])
