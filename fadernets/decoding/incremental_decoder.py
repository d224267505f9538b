"""The event decoder one token at a time, with what does not change computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.models.layers import EventDecoder
from fadernets.models.recurrence import MIN_BATCH, Product, cell, product


class IncrementalDecoder:
    """The state of an `EventDecoder` in the middle of b sequences.

    The same function as the decoder's `forward`, but for rounding. The first layer's input is
    [embedding, condition], so its product with the weights is a sum of two. The condition's part is
    the same at every token; the embedding's part has one value a token of the vocabulary, a table
    that pays if there are many rows.

    Parameters
    ----------
    decoder : EventDecoder
        Of two layers.
    condition : float tensor, shape (b, codes + 24)
    """

    def __init__(self, decoder: EventDecoder, condition: Tensor) -> None:
        gru, batched = dict(decoder.gru.named_parameters()), len(condition) >= MIN_BATCH
        size = decoder.embed.embedding_dim
        weight, bias = gru["weight_ih_l0"], gru["bias_ih_l0"]
        token_weight, condition_weight = weight[:, :size], weight[:, size:]
        self._condition_part = F.linear(condition, condition_weight, bias)  # (b, 3 * hidden)
        if batched:
            table = F.linear(decoder.embed.weight, token_weight)
            self._token_part: Product = lambda tokens: table[tokens]
        else:
            self._token_part = lambda tokens: F.linear(decoder.embed(tokens), token_weight)
        self._input_above = product(gru["weight_ih_l1"], gru["bias_ih_l1"], batched)
        self._recurrent = (
            product(gru["weight_hh_l0"], gru["bias_hh_l0"], batched),
            product(gru["weight_hh_l1"], gru["bias_hh_l1"], batched),
        )
        self._output = product(decoder.output.weight, decoder.output.bias, batched)
        self._below, self._above = decoder.start(condition)

    def step(self, tokens: Tensor) -> Tensor:
        """Logits of the next tokens, (b, 342), after the last ones, int64, (b,)."""
        inputs = self._token_part(tokens) + self._condition_part
        self._below = cell(inputs, self._recurrent[0](self._below), self._below)
        inputs = self._input_above(self._below)
        self._above = cell(inputs, self._recurrent[1](self._above), self._above)
        return self._output(self._above)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all sequences but these."""
        index = torch.tensor(rows, device=self._condition_part.device)
        self._condition_part = self._condition_part[index]
        self._below, self._above = self._below[index], self._above[index]
