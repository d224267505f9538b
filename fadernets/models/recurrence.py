"""GRUs step by step, without gradients: PyTorch's function, without what it computes twice."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.weak import WeakTensorKeyDictionary

MIN_BATCH = 8  # rows from which on it pays to prepare the weights

Product = Callable[[Tensor], Tensor]


def cell(inputs: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
    """A GRU's next state, (b, hidden).

    Parameters
    ----------
    inputs, recurrent : float tensors, shape (b, 3 * hidden)
        The products of the input and of the state with the weights, biases included.
    state : float tensor, shape (b, hidden)
    """
    size = state.shape[1]
    gates = (inputs[:, : 2 * size] + recurrent[:, : 2 * size]).sigmoid()
    reset, stay = gates.chunk(2, 1)
    new = torch.addcmul(inputs[:, 2 * size :], reset, recurrent[:, 2 * size :]).tanh()
    return new.lerp(state, stay)


def product(weight: Tensor, bias: Tensor, batched: bool) -> Product:
    """The product of rows with a weight, (out, in), plus a bias, to be taken often.

    PyTorch's own in float32 is MKL's, which uses half of the width of AMD's vector units; oneDNN,
    which is part of PyTorch as well, uses all of it.

    Parameters
    ----------
    batched : bool
        Whether there will be `MIN_BATCH` rows or more.
    """
    if not (batched and weight.device.type == "cpu" and _wide()):
        return lambda rows: F.linear(rows, weight, bias)
    packed = _packed(weight)
    return lambda rows: torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")


_PACKED = WeakTensorKeyDictionary()  # weight -> its version and how oneDNN wants it


def _packed(weight: Tensor) -> Tensor:
    """A weight as oneDNN wants it, made anew where the weight has changed since."""
    if weight.is_inference():  # it has no version
        return torch.ops.mkldnn._reorder_linear_weight(weight, None)
    version, packed = _PACKED.get(weight, (-1, weight))
    if version != weight._version:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, None)
        _PACKED[weight] = weight._version, packed
    return packed


def _wide() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    names = ("_reorder_linear_weight", "_linear_pointwise")  # undocumented: they may go
    if not all(hasattr(torch.ops.mkldnn, name) for name in names):
        return False
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def last_states(
    gru: nn.GRU, embed: nn.Embedding, tokens: Tensor, lengths: Tensor, condition: Tensor | None
) -> Tensor:
    """The state of a GRU at each sequence's last token, (b, hidden).

    A sequence that has ended costs nothing more, and tokens are looked up among the products of
    all embeddings with the weights.

    Parameters
    ----------
    gru : nn.GRU
        Of one layer.
    embed : nn.Embedding
    tokens : int64 tensor, shape (b, t)
    lengths : int64 tensor, shape (b,)
    condition : float tensor, shape (b, size), optional
        Further input beside every token.
    """
    size = embed.embedding_dim
    weights = dict(gru.named_parameters())
    table = F.linear(embed.weight, weights["weight_ih_l0"][:, :size], weights["bias_ih_l0"])
    recurrent = product(weights["weight_hh_l0"], weights["bias_hh_l0"], batched=True)
    # Longest first: the sequences that go on are then a prefix, which shrinks from step to step.
    lengths, order = lengths.sort(descending=True, stable=True)
    columns = tokens[order].T.contiguous()
    condition_part = (
        None if condition is None else F.linear(condition[order], weights["weight_ih_l0"][:, size:])
    )
    state = torch.zeros(len(order), gru.hidden_size, device=tokens.device)
    for step, column in enumerate(columns[: int(lengths[0])]):
        active = int((lengths > step).sum())
        inputs = table[column[:active]]
        if condition_part is not None:
            inputs += condition_part[:active]
        state[:active] = cell(inputs, recurrent(state[:active]), state[:active])
    return torch.empty_like(state).index_copy_(0, order, state)
