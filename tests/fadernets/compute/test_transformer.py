"""Transformer layers in half precision against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from fadernets.compute import transformer
from fadernets.compute.transformer import transformed

WIDTH = 32


@pytest.fixture
def layers() -> nn.TransformerEncoder:
    torch.manual_seed(2)
    layer = nn.TransformerEncoderLayer(
        WIDTH, 4, 3 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
    )
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    for weight in encoder.parameters():  # biases and norms begin with 0 and 1
        nn.init.normal_(weight, 0.1, 0.2)
    return encoder.eval()


def in_half(function, *arguments: object) -> Tensor:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        return function(*arguments)


@pytest.mark.parametrize("rows", [1, 8, 40])
def test_half_precision_gives_what_pytorch_gives(layers, rows, monkeypatch):
    hidden = torch.randn(rows, 16, WIDTH)
    expected = in_half(layers, hidden)
    assert in_half(transformed, layers, hidden).equal(expected)
    monkeypatch.delattr(torch, "_transformer_encoder_layer_fwd")  # it may go
    monkeypatch.setattr(nn.TransformerEncoder, "forward", lambda self, hidden: expected + 1)
    assert in_half(transformed, layers, hidden).equal(expected + 1)


def test_weights_are_halved_once_and_anew_when_they_change(layers, monkeypatch):
    hidden = torch.randn(8, 16, WIDTH)
    before = in_half(transformed, layers, hidden)
    halved = []
    of_weights = transformer.of_weights

    def counting(name, make, *weights):
        return of_weights(
            name,
            lambda *weights_again: halved.append(weights_again) or make(*weights_again),
            *weights,
        )

    monkeypatch.setattr(transformer, "of_weights", counting)
    assert in_half(transformed, layers, hidden).equal(before) and not halved
    with torch.no_grad():
        layers.layers[1].linear2.bias += 1
    after = in_half(transformed, layers, hidden)
    assert len(halved) == 1 and after.equal(in_half(layers, hidden)) and not after.equal(before)


def test_training_and_full_precision_are_pytorchs(layers):
    hidden = torch.randn(8, 16, WIDTH)
    taught = transformed(layers, hidden)
    taught.sum().backward()
    assert all(weight.grad is not None for weight in layers.parameters())
    with torch.inference_mode():
        close = transformed(layers, hidden)
        torch.testing.assert_close(close, taught.detach(), rtol=1e-3, atol=1e-3)
