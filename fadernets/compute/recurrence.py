"""GRUs step by step, without gradients: PyTorch's function, without what it computes twice."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets.compute.threads import in_threads
from fadernets.compute.weight_cache import of_weights

FLOAT32, BFLOAT16 = PRECISIONS = ("float32", "bfloat16")
MIN_BATCH = 8  # rows from which on a product is bound by arithmetic, not by reading the weights

Product = Callable[[Tensor], Tensor]


class Reading(NamedTuple):
    """One way to read sequences.

    Attributes
    ----------
    gru : nn.GRU
        Of one layer.
    embed : nn.Embedding
    tokens : int64 tensor, shape (b, t)
    """

    gru: nn.GRU
    embed: nn.Embedding
    tokens: Tensor


def cell(inputs: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
    """A GRU's next state, (..., hidden).

    Parameters
    ----------
    inputs, recurrent : float tensors, shape (..., 3 * hidden)
        The products of the input and of the state with the weights, biases included.
    state : float tensor, shape (..., hidden)
    """
    size = state.shape[-1]
    # `split` is this, behind as much Python again.
    gates, of_new = recurrent.split_with_sizes((2 * size, size), -1)
    gates_in, new_in = inputs.split_with_sizes((2 * size, size), -1)
    reset, stay = (gates_in + gates).sigmoid_().chunk(2, -1)
    return _tanh_(torch.addcmul(new_in, reset, of_new)).lerp_(state, stay)


def _tanh_(values: Tensor) -> Tensor:
    """tanh in place. NumPy's takes a quarter of the time of PyTorch's on a CPU."""
    if values.device.type != "cpu":
        return values.tanh_()
    np.tanh(array := values.numpy(), out=array)
    return values


def product(
    weights: Sequence[Tensor], biases: Sequence[Tensor], batched: bool, precision: str = FLOAT32
) -> Product:
    """The product of rows with weights, (out, in), plus biases, to be taken often.

    Of several weights the results lie side by side: one product takes less time than two.

    Many rows: PyTorch's own in float32 is MKL's, which uses half of the width of AMD's vector
    units; oneDNN, which is part of PyTorch as well, uses all of it. Few rows: reading the weight
    takes the time. Every saved model's is of half precision, and half as many bytes are read if it
    stays so; FBGEMM multiplies it in float32.

    Parameters
    ----------
    batched : bool
        Whether there will be `MIN_BATCH` rows or more.
    precision : {"float32", "bfloat16"}
        Of the rows, the weights and the result when there are many rows on a processor that
        multiplies bfloat16 in its vector units; elsewhere all is float32.
    """
    on_host, bias = weights[0].device.type == "cpu", torch.cat(list(biases))
    if batched and on_host and _wide():
        linear = torch.ops.mkldnn._linear_pointwise
        if precision == BFLOAT16 and _multiplies_bfloat16():
            short, short_bias = of_weights("bfloat16", _reordered_short, *weights), bias.bfloat16()
            return lambda rows: linear(rows.bfloat16(), short, short_bias, "none", [], "").float()
        packed = of_weights("oneDNN", _reordered, *weights)
        return lambda rows: linear(rows, packed, bias, "none", [], "")
    if not batched and on_host and _multiplies_halves():
        halves = of_weights("halves", _halves, *weights)
        if halves is not None:
            return lambda rows: torch.fbgemm_linear_fp16_weight_fp32_activation(rows, halves, bias)
    weight = weights[0] if len(weights) == 1 else of_weights("joined", _joined, *weights)
    return lambda rows: F.linear(rows, weight, bias)


def _joined(*weights: Tensor) -> Tensor:
    return torch.cat(weights)


def _reordered(*weights: Tensor) -> Tensor:
    """Weights as oneDNN wants them."""
    return torch.ops.mkldnn._reorder_linear_weight(torch.cat(weights), None)


def _reordered_short(*weights: Tensor) -> Tensor:
    """The same in bfloat16."""
    return torch.ops.mkldnn._reorder_linear_weight(torch.cat(weights).bfloat16(), None)


def _halves(*weights: Tensor) -> Tensor | None:
    """Weights as FBGEMM wants them, None where half precision does not hold them exactly."""
    weight = torch.cat(weights)
    if not weight.half().float().equal(weight):
        return None
    with warnings.catch_warnings():
        # Both say once that they may go; the second does when it is first called.
        warnings.filterwarnings("ignore", "fbgemm_")
        packed = torch.fbgemm_pack_gemm_matrix_fp16(weight)
        row, bias = weight.new_zeros(1, weight.shape[1]), weight.new_zeros(len(weight))
        torch.fbgemm_linear_fp16_weight_fp32_activation(row, packed, bias)
    return packed


def _wide() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    names = ("_reorder_linear_weight", "_linear_pointwise")  # undocumented: they may go
    if not all(hasattr(torch.ops.mkldnn, name) for name in names):
        return False
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def _multiplies_bfloat16() -> bool:
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _multiplies_halves() -> bool:
    names = ("fbgemm_pack_gemm_matrix_fp16", "fbgemm_linear_fp16_weight_fp32_activation")
    return "fbgemm" in torch.backends.quantized.supported_engines and all(
        hasattr(torch, name) for name in names
    )


def _tables(*parts: Tensor) -> Tensor:
    """The products of all embeddings with the weights of n GRUs' inputs, one below the other.

    Parameters
    ----------
    parts : weight of the input, its bias and embedding weight of each
    """
    each = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return torch.cat([F.linear(e, weight[:, : e.shape[1]], bias) for weight, bias, e in each])


def last_states_in_threads(
    readings: Sequence[Reading], lengths: Tensor, condition: Tensor | None = None
) -> list[Tensor]:
    """`last_states` of one thread, bit for bit, each (b, hidden): some readings in each thread.

    Of few sequences all are read in one: their operations are short, and Python's own lock has
    threads take turns. Faster than PyTorch's threads where the processor `is_busy`.
    """
    threads = 1 if len(lengths) < MIN_BATCH else torch.get_num_threads()
    size = -(-len(readings) // threads)
    parts = [readings[first : first + size] for first in range(0, len(readings), size)]
    states = in_threads(lambda part: last_states(part, lengths, condition), parts, threads)
    return [state for part in states for state in part]


def last_states(
    readings: Sequence[Reading], lengths: Tensor, condition: Tensor | None = None
) -> Tensor:
    """The states of n GRUs of one size at each sequence's last token, (n, b, hidden).

    All are stepped at once: for one sequence the calls take as long as the arithmetic. A sequence
    that has ended costs nothing more, and tokens are looked up among the products of all embeddings
    with the weights.

    Parameters
    ----------
    readings : sequence of n Reading
    lengths : int64 tensor, shape (b,)
        Of the sequences of each reading.
    condition : float tensor, shape (b, size), optional
        Further input beside every token.
    """
    # Longest first: the sequences that go on are then a prefix, which shrinks from step to step.
    lengths, order = lengths.sort(descending=True, stable=True)
    grus = [dict(reading.gru.named_parameters()) for reading in readings]
    parts = [
        (gru["weight_ih_l0"], gru["bias_ih_l0"], reading.embed.weight)
        for gru, reading in zip(grus, readings, strict=True)
    ]
    table = of_weights("tables", _tables, *(weight for part in parts for weight in part))
    row_products, batch_products = (
        [product([gru["weight_hh_l0"]], [gru["bias_hh_l0"]], batched) for gru in grus]
        for batched in (False, len(order) >= MIN_BATCH)
    )
    rows = torch.stack([reading.tokens[order] for reading in readings])
    size = readings[0].embed.num_embeddings
    rows += size * torch.arange(len(readings))[:, None, None]  # in which part of the table
    columns = rows.permute(2, 0, 1).contiguous()
    goes_on = (lengths > torch.arange(int(lengths[0]))[:, None]).sum(1).tolist()
    if len(order) < MIN_BATCH:  # small enough to look all tokens up at once
        looked_up: Iterable[Tensor] = F.embedding(columns, table).unbind()
    else:
        looked_up = (F.embedding(c[:, :n], table) for c, n in zip(columns, goes_on, strict=False))
    extra = None
    if condition is not None:
        weights = (gru["weight_ih_l0"][:, -condition.shape[1] :] for gru in grus)
        extra = torch.stack([F.linear(condition[order], weight) for weight in weights])
    states = torch.empty(len(readings), len(order), readings[0].gru.hidden_size)
    state = torch.zeros_like(states)
    for active, inputs in zip(goes_on, looked_up, strict=False):
        if active < state.shape[1]:
            states[:, active : state.shape[1]] = state[:, active:]
            state = state[:, :active]
        inputs = inputs[:, :active]
        if extra is not None:
            inputs = inputs + extra[:, :active]
        products = batch_products if active >= MIN_BATCH else row_products
        recurrent = [times(each) for times, each in zip(products, state.unbind(), strict=True)]
        state = cell(inputs, torch.stack(recurrent), state)
    states[:, : state.shape[1]] = state
    return torch.empty_like(states).index_copy_(1, order, states)
