"""Recurrences step by step against PyTorch's own."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from fadernets.compute import recurrence
from fadernets.compute.recurrence import Reading, cell, last_states, last_states_in_threads, product

HIDDEN, WIDTH, DENSITIES = 5, 4, 3


@pytest.fixture(params=["this processor", "other"])
def products(request, monkeypatch):
    """With the products of this processor, and with PyTorch's own."""
    if request.param == "other":
        monkeypatch.setattr(recurrence, "_wide", lambda: False)
        monkeypatch.setattr(recurrence, "_multiplies_halves", lambda: False)


def in_half(module):
    """A module whose weights half precision holds exactly, as it does those of saved models."""
    return module.half().float()


@torch.inference_mode()
@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("is_half", [True, False])
def test_a_step_is_a_grus(products, rows, batched, is_half):
    torch.manual_seed(rows)
    gru = nn.GRUCell(WIDTH, HIDDEN)
    gru = in_half(gru) if is_half else gru
    inputs, state = torch.randn(rows, WIDTH), torch.randn(rows, HIDDEN)
    onwards = product([gru.weight_hh], [gru.bias_hh], batched)
    next_state = cell(
        nn.functional.linear(inputs, gru.weight_ih, gru.bias_ih), onwards(state), state
    )
    torch.testing.assert_close(next_state, gru(inputs, state))


@torch.inference_mode()
@pytest.mark.parametrize("is_half", [True, False])
@pytest.mark.parametrize("with_densities", [False, True])
@pytest.mark.parametrize(
    "lengths", [[3, 7, 1, 7, 2], [1], [2, 2], [6, 5, 4, 3, 2, 1], [9, 1, 8, 2, 7, 3, 6, 4, 5, 5]]
)
def test_the_last_states_are_those_of_packed_sequences(products, with_densities, is_half, lengths):
    torch.manual_seed(1)
    shape = len(lengths), max(lengths) + 2  # padded further than the longest
    densities = torch.randn(len(lengths), DENSITIES) if with_densities else None
    readings = []
    for _ in range(3):
        gru = nn.GRU(WIDTH + DENSITIES * with_densities, HIDDEN, batch_first=True)
        embed = nn.Embedding(11, WIDTH)
        if is_half:
            gru, embed = in_half(gru), in_half(embed)
        readings.append(Reading(gru, embed, torch.randint(11, shape)))
    states = last_states(readings, torch.tensor(lengths), densities)
    for (gru, embed, tokens), state in zip(readings, states, strict=True):
        inputs = embed(tokens)
        if densities is not None:
            inputs = torch.cat([inputs, densities[:, None].expand(-1, shape[1], -1)], 2)
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        torch.testing.assert_close(state, gru(packed)[1][0])
    is_padding = torch.arange(shape[1]) >= torch.tensor(lengths)[:, None]
    padded = [r._replace(tokens=(r.tokens + is_padding) % 11) for r in readings]
    assert last_states(padded, torch.tensor(lengths), densities).equal(states)


@torch.inference_mode()
@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("rows", [2, 40])
def test_readings_in_threads_are_those_of_one(products, rows, count):
    torch.manual_seed(rows)
    lengths = torch.randint(1, 9, (rows,))
    readings = [
        Reading(nn.GRU(16, 32, batch_first=True), nn.Embedding(11, 16), tokens)
        for tokens in torch.randint(11, (count, rows, 9))
    ]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = last_states(readings, lengths)
        torch.set_num_threads(2)
        apart = last_states_in_threads(readings, lengths)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.stack(apart).equal(alone)


def test_weights_that_half_precision_does_not_hold_are_multiplied_as_they_are():
    torch.manual_seed(0)
    weight, bias, row = torch.randn(WIDTH, HIDDEN), torch.randn(WIDTH), torch.randn(1, HIDDEN)
    assert product([weight], [bias], False)(row).equal(nn.functional.linear(row, weight, bias))


@pytest.mark.parametrize("batched", [True, False])
def test_a_product_follows_a_weight_that_changes(products, batched):
    weight, rows = nn.Parameter(torch.randn(WIDTH, HIDDEN).half().float()), torch.randn(40, HIDDEN)
    bias = torch.zeros(WIDTH)
    with torch.no_grad():
        first = product([weight], [bias], batched)(rows)
        weight *= 2.0
        torch.testing.assert_close(product([weight], [bias], batched)(rows), 2 * first)
