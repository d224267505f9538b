import pytest
import torch

from fadernets.models.softdensity import soft_densities
from fadernets.music import events
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes
from tests.fadernets.tiny import bars, batch

SURE = 40.0  # a logit that leaves nothing to the other tokens


def certain(tokens):
    return SURE * torch.nn.functional.one_hot(tokens, events.VOCABULARY).float()


def test_certain_tokens_have_the_densities_that_are_measured():
    segments = bars(20, seed=11)
    inputs = batch(segments)
    densities = soft_densities(certain(inputs.tokens), inputs.tokens)
    for name in PAPER:
        expected = torch.tensor([measure(notes)[name] for notes in segments])
        torch.testing.assert_close(densities[name], expected, atol=2e-4, rtol=0)


def test_half_a_note_by_hand():
    """Two notes of a beat, one after the other; the second is struck with probability 1/2."""
    notes = Notes.of([0.0, 1.0], [1.0, 2.0], [60, 64], [64, 64])
    tokens = torch.from_numpy(events.encode(notes))[None]
    logits = certain(tokens)
    place = (tokens[0] == events.NOTE_ON + 64 - 21).nonzero().item()
    logits[0, place] = 0.0
    logits[0, place, tokens[0, place]] = logits[0, place, events.EOS] = SURE
    densities = soft_densities(logits, tokens)
    assert densities["rhythm"].item() == pytest.approx(1.5 / 16, abs=1e-5)
    # four steps of the first note; the second from step 4 on with 1/2, released surely at step 8
    assert densities["note"].item() == pytest.approx((4 + 0.5 * 12 - 8) / 16, abs=1e-4)


def test_a_chord_is_one_onset():
    notes = Notes.of([0.0, 0.0, 0.0], [4.0, 4.0, 4.0], [60, 64, 67], [64] * 3)
    tokens = torch.from_numpy(events.encode(notes))[None]
    densities = soft_densities(certain(tokens), tokens)
    assert densities["rhythm"].item() == pytest.approx(1 / 16, abs=1e-5)
    assert densities["note"].item() == pytest.approx(3.0, abs=1e-4)


def test_padding_plays_nothing():
    inputs = batch(bars(3, seed=11))
    logits = certain(inputs.tokens)
    longer = torch.nn.functional.pad(inputs.tokens, (0, 9))
    scrawled = torch.cat([logits, torch.randn(3, 9, events.VOCABULARY)], dim=1)
    for name, density in soft_densities(logits, inputs.tokens).items():
        assert density.equal(soft_densities(scrawled, longer)[name])


def test_more_note_ons_are_more_rhythm_and_more_notes():
    inputs = batch(bars(4, seed=11))
    logits = torch.zeros(*inputs.tokens.shape, events.VOCABULARY)
    logits[..., events.NOTE_OFF : events.TIME_SHIFT] = -2.0
    logits.requires_grad_()
    densities = soft_densities(logits, inputs.tokens)
    for name in PAPER:
        (grad,) = torch.autograd.grad(densities[name].sum(), logits, retain_graph=True)
        assert grad[:, 0, events.NOTE_ON : events.NOTE_OFF].min() > 0
