"""Recurrences step by step against PyTorch's own."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from fadernets.models import recurrence
from fadernets.models.recurrence import cell, last_states, product

HIDDEN, WIDTH, DENSITIES = 5, 4, 3


@pytest.fixture(params=[True, False], ids=["wide processor", "other"])
def products(request, monkeypatch):
    """With the products of this processor, and with PyTorch's own."""
    if not request.param:
        monkeypatch.setattr(recurrence, "_wide", lambda: False)


@torch.inference_mode()
@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("batched", [True, False])
def test_a_step_is_a_grus(products, rows, batched):
    torch.manual_seed(rows)
    gru = nn.GRUCell(WIDTH, HIDDEN)
    inputs, state = torch.randn(rows, WIDTH), torch.randn(rows, HIDDEN)
    onwards = product(gru.weight_hh, gru.bias_hh, batched)
    next_state = cell(
        nn.functional.linear(inputs, gru.weight_ih, gru.bias_ih), onwards(state), state
    )
    torch.testing.assert_close(next_state, gru(inputs, state))


@torch.inference_mode()
@pytest.mark.parametrize("with_densities", [False, True])
@pytest.mark.parametrize("lengths", [[3, 7, 1, 7, 2], [1], [2, 2], [6, 5, 4, 3, 2, 1]])
def test_the_last_states_are_those_of_a_packed_sequence(products, with_densities, lengths):
    torch.manual_seed(1)
    embed = nn.Embedding(11, WIDTH)
    gru = nn.GRU(WIDTH + DENSITIES * with_densities, HIDDEN, batch_first=True)
    tokens = torch.randint(11, (len(lengths), max(lengths) + 2))  # padded further than the longest
    densities = torch.randn(len(lengths), DENSITIES) if with_densities else None
    inputs = embed(tokens)
    if densities is not None:
        inputs = torch.cat([inputs, densities[:, None].expand(-1, tokens.shape[1], -1)], 2)
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    states = last_states(gru, embed, tokens, torch.tensor(lengths), densities)
    torch.testing.assert_close(states, gru(packed)[1][0])
    tokens[torch.arange(tokens.shape[1]) >= torch.tensor(lengths)[:, None]] += 1  # padding
    assert last_states(gru, embed, tokens % 11, torch.tensor(lengths), densities).equal(states)


def test_a_product_follows_a_weight_that_changes(products):
    weight, rows = nn.Parameter(torch.randn(WIDTH, HIDDEN)), torch.randn(40, HIDDEN)
    bias = torch.zeros(WIDTH)
    with torch.no_grad():
        first = product(weight, bias, batched=True)(rows)
        weight *= 2.0
        torch.testing.assert_close(product(weight, bias, batched=True)(rows), 2 * first)
