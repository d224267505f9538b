"""Telling: the event decoder one token at a time, with what stays the same computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.models.layers import EventDecoder
from fadernets.models.recurrence import MANY, Product, cell, product


class IncrementalDecoder:
    """The state of an `EventDecoder` that tells b sequences.

    The same function as the decoder's own, rounding apart. Its condition is multiplied with the
    weights once instead of at every token, and so, if there are many rows, is every embedding.

    Parameters
    ----------
    decoder : EventDecoder
        Of two layers.
    condition : float tensor, shape (b, codes + 24)
    """

    def __init__(self, decoder: EventDecoder, condition: Tensor) -> None:
        gru, many = dict(decoder.gru.named_parameters()), len(condition) >= MANY
        size = decoder.embed.embedding_dim
        token, told = gru["weight_ih_l0"][:, :size], gru["weight_ih_l0"][:, size:]
        self._told = F.linear(condition, told, gru["bias_ih_l0"])  # (b, 3 * hidden)
        if many:
            table = F.linear(decoder.embed.weight, token)
            self._heard: Product = lambda tokens: table[tokens]
        else:
            self._heard = lambda tokens: F.linear(decoder.embed(tokens), token)
        self._upwards = product(gru["weight_ih_l1"], gru["bias_ih_l1"], many)
        self._onwards = (
            product(gru["weight_hh_l0"], gru["bias_hh_l0"], many),
            product(gru["weight_hh_l1"], gru["bias_hh_l1"], many),
        )
        self._output = product(decoder.output.weight, decoder.output.bias, many)
        self._below, self._above = decoder.start(condition)

    def step(self, tokens: Tensor) -> Tensor:
        """Logits of the next tokens, (b, 342), after the last ones, int64, (b,)."""
        heard = self._heard(tokens) + self._told
        self._below = cell(heard, self._onwards[0](self._below), self._below)
        heard = self._upwards(self._below)
        self._above = cell(heard, self._onwards[1](self._above), self._above)
        return self._output(self._above)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all sequences but these."""
        index = torch.tensor(rows, device=self._told.device)
        self._told = self._told[index]
        self._below, self._above = self._below[index], self._above[index]
