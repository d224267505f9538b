"""Transformer layers in half precision, without gradients: PyTorch's function and result.

PyTorch halves all weights, and checks all layers, at every call: for the candidates of a single
segment that is a fifth of the time.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fadernets.compute.weight_cache import of_weights


def transformed(layers: nn.TransformerEncoder, hidden: Tensor) -> Tensor:
    """What layers with GELU that normalise first, and no norm of their own, make of (b, t, width).

    As `layers(hidden)`, bit for bit.
    """
    if not _halved(hidden):
        return layers(hidden)
    kind = torch.get_autocast_dtype("cpu")

    def halves(*weights: Tensor) -> list[Tensor]:
        return [weight.detach().to(kind) for weight in weights]

    for each in layers.layers:
        layer = cast(nn.TransformerEncoderLayer, each)
        attention = layer.self_attn
        both, both_bias, out, out_bias, up, up_bias, down, down_bias = of_weights(
            f"{kind}",
            halves,
            attention.in_proj_weight,
            attention.in_proj_bias,
            attention.out_proj.weight,
            attention.out_proj.bias,
            layer.linear1.weight,
            layer.linear1.bias,
            layer.linear2.weight,
            layer.linear2.bias,
        )
        hidden = torch._transformer_encoder_layer_fwd(
            hidden,
            attention.embed_dim,
            attention.num_heads,
            both,
            both_bias,
            out,
            out_bias,
            True,  # GELU
            True,  # normalises first
            layer.norm1.eps,
            layer.norm1.weight,
            layer.norm1.bias,
            layer.norm2.weight,
            layer.norm2.bias,
            up,
            up_bias,
            down,
            down_bias,
        )
    return hidden


def _halved(hidden: Tensor) -> bool:
    """Whether PyTorch would take its own fast way, in half precision, on a CPU."""
    if hidden.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return False
    # Undocumented: it may go.
    return torch.is_inference_mode_enabled() and hasattr(torch, "_transformer_encoder_layer_fwd")
