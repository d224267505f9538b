import pytest
import torch

from fadernets.decoding.grammar import Grammar
from fadernets.decoding.incremental_decoder import IncrementalDecoder
from fadernets.models import layers
from fadernets.models.layers import EventDecoder, EventEncoder
from fadernets.music import events
from fadernets.music.key import KEYS


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_the_incremental_decoder_is_the_decoder_step_by_step(rows):
    torch.manual_seed(rows)
    decoder = EventDecoder(hidden=24, codes=6, embedding=8).requires_grad_(False)
    condition, tokens = torch.randn(rows, 6 + KEYS), torch.randint(0, events.VOCABULARY, (rows, 5))
    expected, _ = decoder(tokens, condition, decoder.start(condition))
    incremental = IncrementalDecoder(decoder, condition)
    for step in range(5):
        logits = incremental.step(tokens[:, step])
        torch.testing.assert_close(logits, expected[:, step], atol=1e-5, rtol=1e-4)
        if step == 2:
            row_indices = list(range(0, rows, 2))
            incremental.keep(row_indices)
            tokens, expected = tokens[row_indices], expected[row_indices]


@pytest.mark.parametrize("condition_size", [0, 2])
def test_an_encoder_reads_the_same_step_by_step(condition_size):
    torch.manual_seed(condition_size)
    encoder = EventEncoder(hidden=24, latent=6, embedding=8, condition_size=condition_size)
    lengths = torch.randint(1, 30, (20,))
    tokens = torch.randint(2, events.VOCABULARY, (20, 33))  # longer than any
    densities = torch.randn(20, condition_size) if condition_size else None
    with torch.no_grad():
        assert layers._stepwise(tokens)
        posterior = encoder(tokens, lengths, densities)
    expected = encoder(tokens, lengths, densities)  # with gradients: PyTorch's GRU
    for a, b in zip(posterior, expected, strict=True):
        torch.testing.assert_close(a, b.detach(), atol=1e-5, rtol=1e-4)


def test_the_best_token_is_the_highest_masked_one():
    generator = torch.Generator().manual_seed(0)
    grammar, astray = Grammar(50, torch.device("cpu")), 0
    for _ in range(60):
        scores = torch.randn(50, events.VOCABULARY, generator=generator)
        scores[::2] += 3 * grammar.allowed()[::2]  # half of the rows mostly want what they may
        expected = grammar.masked(scores).argmax(1)
        astray += int((scores.argmax(1) != expected).sum())
        assert grammar.best(scores) == torch.where(grammar.ended[:, 0], 0, expected).tolist()
        grammar.take(expected)
    assert 100 < astray < 2_900
    part = grammar.masked(scores[[3, 7]], [3, 7])
    assert torch.equal(part, grammar.masked(scores)[[3, 7]])
