"""Recurrent layers that the models share (paper 3.2: all encoders and decoders are GRUs)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fadernets.compute.recurrence import Reading, last_states, last_states_in_threads
from fadernets.compute.threads import is_busy
from fadernets.music import events
from fadernets.music.key import KEYS
from fadernets.music.notes import STEPS


def reverse(tokens: Tensor, lengths: Tensor) -> Tensor:
    """Each sequence backwards, its padding left at the end.

    Parameters
    ----------
    tokens : int64 tensor, shape (b, t)
    lengths : int64 tensor, shape (b,)
    """
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    index = lengths[:, None] - 1 - steps
    return tokens.gather(1, torch.where(index >= 0, index, steps))


class EventEncoder(nn.Module):
    """Event tokens to a diagonal Gaussian over a code.

    Both reading directions run over the tokens first and the padding last, and the state at the
    last token is taken: a segment's code does not depend on what it was batched with. (A plain
    bidirectional GRU would begin its backward pass in the padding; packing avoids that too but
    trains three times slower on a CPU.)

    Parameters
    ----------
    hidden, latent, embedding : int
        Sizes of the states, the code and the token embeddings.
    condition_size : int
        Size of the further input beside every token.
    """

    def __init__(self, hidden: int, latent: int, embedding: int, condition_size: int = 0) -> None:
        super().__init__()
        self.embed = nn.Embedding(events.VOCABULARY, embedding)
        self.forwards = nn.GRU(embedding + condition_size, hidden, batch_first=True)
        self.backwards = nn.GRU(embedding + condition_size, hidden, batch_first=True)
        self.mean = nn.Linear(2 * hidden, latent)
        self.log_variance = nn.Linear(2 * hidden, latent)

    def forward(
        self, tokens: Tensor, lengths: Tensor, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each of shape (b, latent), for tokens (b, t), lengths (b,).

        `condition` has shape (b, condition_size).
        """
        return encoded([self], tokens, lengths, condition)[0]


def encoded(
    encoders: Sequence[EventEncoder],
    tokens: Tensor,
    lengths: Tensor,
    condition: Tensor | None = None,
) -> list[tuple[Tensor, Tensor]]:
    """What each of several encoders of one size makes of the same tokens."""
    backwards = reverse(tokens, lengths)
    readings = [
        Reading(gru, encoder.embed, sequences)
        for encoder in encoders
        for gru, sequences in ((encoder.forwards, tokens), (encoder.backwards, backwards))
    ]
    if _stepwise(tokens):
        states = list(
            (last_states_in_threads if is_busy() else last_states)(readings, lengths, condition)
        )
    else:
        states = [_last_state(reading, lengths, condition) for reading in readings]
    codes = []
    for encoder, forth, back in zip(encoders, states[::2], states[1::2], strict=True):
        state = torch.cat([forth, back], dim=1)  # (b, 2 * hidden)
        codes.append((encoder.mean(state), encoder.log_variance(state)))
    return codes


def _last_state(reading: Reading, lengths: Tensor, condition: Tensor | None) -> Tensor:
    """The state at the last token, (b, hidden)."""
    inputs = reading.embed(reading.tokens)
    if condition is not None:
        repeated = condition[:, None].expand(-1, inputs.shape[1], -1)
        inputs = torch.cat([inputs, repeated], dim=2)
    outputs, _ = reading.gru(inputs)  # (b, t, hidden)
    last = (lengths - 1)[:, None, None].expand(-1, 1, outputs.shape[2])
    return outputs.gather(1, last).squeeze(1)


def _stepwise(tokens: Tensor) -> bool:
    """Whether stepping through a GRU by hand is faster: on a CPU, without gradients."""
    if torch.is_grad_enabled() or torch.is_autocast_enabled("cpu"):
        return False
    return tokens.device.type == "cpu"


class LabelDecoder(nn.Module):
    """A code to its attribute's label, step by step (the paper's discriminator)."""

    def __init__(self, classes: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.start = classes  # an extra input class that begins the sequence
        self.embed = nn.Embedding(classes + 1, classes)
        self.initial = nn.Linear(latent, hidden)
        self.gru = nn.GRU(classes + latent, hidden, batch_first=True)
        self.output = nn.Linear(hidden, classes)

    def forward(self, code: Tensor, label: Tensor) -> Tensor:
        """Teacher-forced logits, shape (b, 16, classes), for code (b, latent), label (b, 16)."""
        before = torch.full_like(label[:, :1], self.start)
        previous = self.embed(torch.cat([before, label[:, :-1]], dim=1))
        repeated = code[:, None].expand(-1, STEPS, -1)
        state = torch.tanh(self.initial(code))[None]
        outputs, _ = self.gru(torch.cat([previous, repeated], dim=2), state)
        return self.output(outputs)


class EventDecoder(nn.Module):
    """Codes and key to event tokens: a two-layer GRU that sees the condition at every token."""

    LAYERS = 2

    def __init__(self, hidden: int, codes: int, embedding: int) -> None:
        super().__init__()
        condition = codes + KEYS
        self.embed = nn.Embedding(events.VOCABULARY, embedding)
        self.initial = nn.Linear(condition, self.LAYERS * hidden)
        self.gru = nn.GRU(embedding + condition, hidden, self.LAYERS, batch_first=True)
        self.output = nn.Linear(hidden, events.VOCABULARY)

    def start(self, condition: Tensor) -> Tensor:
        """State before the first token, shape (2, b, hidden), for condition (b, codes + 24)."""
        state = torch.tanh(self.initial(condition))
        return state.unflatten(1, (self.LAYERS, -1)).transpose(0, 1).contiguous()

    def forward(self, tokens: Tensor, condition: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the next tokens, (b, t, 342), and the state after them, (2, b, hidden).

        Parameters
        ----------
        tokens : int64 tensor, shape (b, t)
            Tokens so far; PAD stands before the first.
        condition : float tensor, shape (b, codes + 24)
        state : float tensor, shape (2, b, hidden)
        """
        repeated = condition[:, None].expand(-1, tokens.shape[1], -1)
        outputs, state = self.gru(torch.cat([self.embed(tokens), repeated], dim=2), state)
        return self.output(outputs), state
