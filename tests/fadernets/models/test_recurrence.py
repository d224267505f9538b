"""Recurrences step by step against PyTorch's own."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from fadernets.models import recurrence
from fadernets.models.recurrence import cell, last_states, product

HIDDEN, WIDTH, SEEN = 5, 4, 3


@pytest.fixture(params=[True, False], ids=["wide processor", "other"])
def ways(request, monkeypatch):
    """With the products of this processor, and with PyTorch's own."""
    if not request.param:
        monkeypatch.setattr(recurrence, "_wide", lambda: False)


@torch.inference_mode()
@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("batched", [True, False])
def test_a_step_is_a_grus(ways, rows, batched):
    torch.manual_seed(rows)
    gru = nn.GRUCell(WIDTH, HIDDEN)
    inputs, state = torch.randn(rows, WIDTH), torch.randn(rows, HIDDEN)
    onwards = product(gru.weight_hh, gru.bias_hh, batched)
    found = cell(nn.functional.linear(inputs, gru.weight_ih, gru.bias_ih), onwards(state), state)
    torch.testing.assert_close(found, gru(inputs, state))


@torch.inference_mode()
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("lengths", [[3, 7, 1, 7, 2], [1], [2, 2], [6, 5, 4, 3, 2, 1]])
def test_the_last_states_are_those_of_a_packed_sequence(ways, told, lengths):
    torch.manual_seed(1)
    embed = nn.Embedding(11, WIDTH)
    gru = nn.GRU(WIDTH + SEEN * told, HIDDEN, batch_first=True)
    tokens = torch.randint(11, (len(lengths), max(lengths) + 2))  # padded further than the longest
    seen = torch.randn(len(lengths), SEEN) if told else None
    inputs = embed(tokens)
    if seen is not None:
        inputs = torch.cat([inputs, seen[:, None].expand(-1, tokens.shape[1], -1)], 2)
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    found = last_states(gru, embed, tokens, torch.tensor(lengths), seen)
    torch.testing.assert_close(found, gru(packed)[1][0])
    tokens[torch.arange(tokens.shape[1]) >= torch.tensor(lengths)[:, None]] += 1  # padding
    assert last_states(gru, embed, tokens % 11, torch.tensor(lengths), seen).equal(found)
