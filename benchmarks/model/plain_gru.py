"""The paper's network as most research code has it: GRU cells in Python loops, one-hot inputs.

Written from section 3.2 of the paper. `plain` gives it a model's weights, so that both are one
function: a one-hot token times a weight is the same as its embedding times a smaller one.
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets.decoding.grammar import Grammar
from fadernets.models.layers import EventDecoder, EventEncoder, LabelDecoder
from fadernets.models.vanilla import VanillaVAE
from fadernets.music import events


def _cell(gru: nn.GRU, layer: int, embed: nn.Embedding | None = None) -> nn.GRUCell:
    """A layer of a GRU as a cell; the embedding of its first inputs made part of its weight."""
    weight = getattr(gru, f"weight_ih_l{layer}").detach()
    if embed is not None:
        size = embed.embedding_dim
        weight = torch.cat([weight[:, :size] @ embed.weight.detach().T, weight[:, size:]], dim=1)
    cell = nn.GRUCell(weight.shape[1], gru.hidden_size)
    cell.weight_ih = nn.Parameter(weight.clone())
    for name in ("weight_hh", "bias_ih", "bias_hh"):
        setattr(cell, name, nn.Parameter(getattr(gru, f"{name}_l{layer}").detach().clone()))
    return cell


class PlainEncoder(nn.Module):
    """A bidirectional GRU over one-hot tokens."""

    def __init__(self, source: EventEncoder) -> None:
        super().__init__()
        self.forwards = _cell(source.forwards, 0, source.embed)
        self.backwards = _cell(source.backwards, 0, source.embed)
        self.mean, self.log_variance = source.mean, source.log_variance

    def forward(
        self, tokens: Tensor, lengths: Tensor, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """As `EventEncoder.forward`; padding leaves the states as they are."""
        one_hot = F.one_hot(tokens, events.VOCABULARY).float()
        inside = (torch.arange(tokens.shape[1]) < lengths[:, None]).float()
        states = []
        for cell, steps in (
            (self.forwards, range(tokens.shape[1])),
            (self.backwards, reversed(range(tokens.shape[1]))),
        ):
            state = torch.zeros(len(tokens), cell.hidden_size)
            for step in steps:
                is_inside = inside[:, step, None]
                state = is_inside * cell(one_hot[:, step], state) + (1 - is_inside) * state
            states.append(state)
        final_states = torch.cat(states, dim=1)
        return self.mean(final_states), self.log_variance(final_states)


class PlainLabelDecoder(nn.Module):
    """A code to a label, a step at a time."""

    def __init__(self, source: LabelDecoder) -> None:
        super().__init__()
        self.start, self.initial, self.output = source.start, source.initial, source.output
        self.cell = _cell(source.gru, 0, source.embed)

    def forward(self, code: Tensor, label: Tensor) -> Tensor:
        """As `LabelDecoder.forward`."""
        state = torch.tanh(self.initial(code))
        previous = torch.full_like(label[:, 0], self.start)
        logits = []
        for step in range(label.shape[1]):
            one_hot = F.one_hot(previous, self.start + 1).float()
            state = self.cell(torch.cat([one_hot, code], dim=1), state)
            logits.append(self.output(state))
            previous = label[:, step]
        return torch.stack(logits, dim=1)


class PlainEventDecoder(nn.Module):
    """Codes and key to tokens: two GRU cells, fed a one-hot token and the condition."""

    def __init__(self, source: EventDecoder) -> None:
        super().__init__()
        self.below = _cell(source.gru, 0, source.embed)
        self.above = _cell(source.gru, 1)
        self.initial, self.output = source.initial, source.output

    def start(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """States before the first token, each (b, hidden)."""
        below, above = torch.tanh(self.initial(condition)).chunk(2, dim=1)
        return below, above

    def step(
        self, token: Tensor, condition: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits, (b, 342), and states after a token, (b,)."""
        one_hot = F.one_hot(token, events.VOCABULARY).float()
        below = self.below(torch.cat([one_hot, condition], dim=1), state[0])
        above = self.above(below, state[1])
        return self.output(above), (below, above)

    def forward(
        self, tokens: Tensor, condition: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """As `EventDecoder.forward`."""
        logits = []
        for step in range(tokens.shape[1]):
            step_logits, state = self.step(tokens[:, step], condition, state)
            logits.append(step_logits)
        return torch.stack(logits, dim=1), state


def plain(model: VanillaVAE) -> VanillaVAE:
    """A model with its recurrent parts written plainly; the same function, weights of its own."""
    result = copy.deepcopy(model)
    for name, encoder in result.encoders.items():
        result.encoders[name] = PlainEncoder(cast(EventEncoder, encoder))
    encoders = result.encoders.values()
    result._encoded = lambda *inputs: [encoder(*inputs) for encoder in encoders]  # type: ignore[method-assign]
    for name, decoder in result.label_decoders.items():
        result.label_decoders[name] = PlainLabelDecoder(cast(LabelDecoder, decoder))
    result.decoder = cast(EventDecoder, PlainEventDecoder(result.decoder))  # of the same methods
    return result


@torch.no_grad()
def decode_greedily(
    decoder: PlainEventDecoder, condition: Tensor, steps: int, by_grammar: bool = False
) -> Tensor:
    """The likeliest tokens of b segments, int64, (b, steps), for condition (b, codes + 24).

    The paper's code has no grammar and ends no segment before the others. By ours, PAD follows a
    segment's end.
    """
    grammar = Grammar(len(condition), condition.device) if by_grammar else None
    state, token = decoder.start(condition), torch.full((len(condition),), events.PAD)
    tokens: list[Tensor] = []
    for _ in range(steps):
        logits, state = decoder.step(token, condition, state)
        scores = torch.log_softmax(logits, dim=1)
        if grammar is None:
            token = scores.argmax(1)
        else:
            token = torch.from_numpy(grammar.best(scores))
            grammar.take(token)
        tokens.append(token)
    return torch.stack(tokens, dim=1)
