"""The reviser's losses, its storage, and the damaged segments that it learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import fadernets
from fadernets import checkpoint
from fadernets.arranger.request import grid_of
from fadernets.faders import Fader
from fadernets.models import reviser as reviser_module
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser, damaged, transposed
from fadernets.music import key
from fadernets.music.grid import StepNotes, grid, notes_of_tokens
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from tests.fadernets.tiny import bars, batch, model

CONFIG = ModelConfig(model="reviser", width=32, layers=1, heads=2, attributes=("rhythm", "note"))
FADERS = {n: Fader(n, (0.1, 1.0), (-1.0, 1.0)) for n in ("rhythm", "note")}


@pytest.fixture
def reviser() -> Reviser:
    return model(CONFIG)


@pytest.mark.slow
def test_a_few_steps_lower_its_losses(reviser):
    inputs = batch(bars(16))
    reviser.train()
    optimiser = torch.optim.Adam(reviser.parameters(), lr=3e-3)
    history = []
    for _ in range(40):
        terms = reviser.losses(inputs, 0.2)
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
        history.append({name: float(term.detach()) for name, term in terms.items()})
    for name in ("onset", "hold", "velocity", "total"):
        first, last = (np.mean([f[name] for f in part]) for part in (history[:5], history[-5:]))
        assert last < first, name


def test_every_weight_is_taught(reviser):
    reviser.train()
    reviser.losses(batch(bars(8)), 0.2)["total"].backward()
    assert [n for n, p in reviser.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_its_losses_are_those_of_the_definition(reviser, monkeypatch):
    """With nothing damaged and nothing learnt, the cross-entropies can be counted by hand."""
    monkeypatch.setattr("fadernets.models.reviser.damaged", lambda notes, segments: notes)
    torch.nn.init.zeros_(reviser.output.weight)
    torch.nn.init.zeros_(reviser.output.bias)
    inputs = batch(bars(4))
    target = grid(notes_of_tokens(inputs.tokens), 4)
    notes, steps = target.onset.sum(), (target.onset.amax(2) > 0).sum()
    silent = 88 * steps - notes  # -3 for every cell; 3 - 3 for a note
    expected = (notes * np.log(2) + silent * np.log1p(np.exp(-3))) / notes
    assert reviser.losses(inputs, 0.0)["onset"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_transposing_moves_notes_and_key_together():
    torch.manual_seed(1)
    segments = bars(12)
    keys = torch.tensor([key.find(s) for s in segments])
    notes = notes_of_tokens(batch(segments).tokens)
    moved_notes, moved_keys = transposed(notes, keys)
    shift = (moved_notes.pitch - notes.pitch) % 12
    for i in range(12):
        shift_of_segment = shift[notes.segment == i]
        assert (shift_of_segment == shift_of_segment[0]).all()
        assert (moved_keys[i] - keys[i]) % 12 == shift_of_segment[0] and moved_keys[
            i
        ] // 12 == keys[i] // 12
    assert len(shift.unique()) > 3 and moved_notes.pitch.min() >= 0 and moved_notes.pitch.max() < 88


def test_damage_leaves_out_and_adds():
    torch.manual_seed(0)
    notes = notes_of_tokens(batch(bars(64)).tokens)
    original, damaged_grid = grid(notes, 64), grid(damaged(notes, 64), 64)
    lost = (original.onset * (1 - damaged_grid.onset)).sum((1, 2)) / original.onset.sum((1, 2))
    added = (damaged_grid.onset * (1 - original.onset)).sum((1, 2))
    assert (lost == 0).sum() > 6 and (lost == 1).sum() >= 2 and 0.25 < lost.mean() < 0.7
    assert (added == 0).sum() > 10 and (added > 0).sum() > 20


def test_a_segment_is_read_the_same_whatever_is_beside_it(reviser):
    grids, keys = grid_of(bars(5)), torch.arange(5)
    plan = {"rhythm": grids.rhythm, "note": grids.count}
    together = reviser(grids, plan, keys)
    alone = reviser(grid_of(bars(5)[3:4]), {n: label[3:4] for n, label in plan.items()}, keys[3:4])
    for batched, single in zip(together, alone, strict=True):
        torch.testing.assert_close(batched[3:4], single, atol=1e-5, rtol=1e-5)


def test_saved_and_loaded_it_plays_with_the_codes_it_names(reviser, tmp_path):
    codes, folder = tmp_path / "codes", tmp_path / "mine"
    coder = model()
    checkpoint.save(coder, FADERS, codes)
    reviser.config = replace(CONFIG, codes=str(codes))
    checkpoint.save(reviser, FADERS, folder)
    net = fadernets.load(folder)
    assert isinstance(net, FaderNet) and isinstance(net.realiser, Arranger)
    assert (net.name, net.faders) == ("mine", ("rhythm", "note"))
    played = net.slide(bars(3), {"rhythm": 1.0})
    assert [fadernets.measure(s)["rhythm"] for s in played] == [1.0] * 3


def test_codes_that_are_not_there_are_said_so(reviser, tmp_path):
    reviser.config = replace(CONFIG, codes=str(tmp_path / "nowhere"))
    checkpoint.save(reviser, FADERS, tmp_path / "mine")
    with pytest.raises(checkpoint.CheckpointError, match="nowhere"):
        fadernets.load(tmp_path / "mine")


SEGMENTS, NOTES_A_SEGMENT = 3000, 8


def many_notes() -> StepNotes:
    """Eight notes a segment on steps of their own, two steps each; velocities tell them apart."""
    number = torch.arange(SEGMENTS * NOTES_A_SEGMENT)
    first = number % NOTES_A_SEGMENT * 2
    segment = number // NOTES_A_SEGMENT
    return StepNotes(segment, first, first + 1, 30 + number % 12, number / len(number))


def shares(values: torch.Tensor) -> dict[int, float]:
    """Share of each value but the rarest: a segment may be taken for another by chance."""
    unique_values, counts = values.unique(return_counts=True)
    pairs = zip(unique_values.tolist(), (counts / len(values)).tolist(), strict=True)
    return {value: share for value, share in pairs if share > 0.01}


def test_how_many_notes_are_left_out(monkeypatch):
    monkeypatch.setattr(reviser_module, "_wrong_notes", lambda notes, segments, draw: notes[:0])
    torch.manual_seed(0)
    damaged_notes = damaged(many_notes(), SEGMENTS)
    notes_left = torch.bincount(damaged_notes.segment, minlength=SEGMENTS)
    # A fifth of the segments loses no note, a tenth of the rest loses all; else every number of
    # lost notes is equally likely.
    none, all_left, one_number = 0.2 * 0.9, 0.1, 0.8 * 0.9 / (NOTES_A_SEGMENT + 1)
    expected = [all_left + one_number, *[one_number] * (NOTES_A_SEGMENT - 1), none + one_number]
    measured = (torch.bincount(notes_left, minlength=NOTES_A_SEGMENT + 1) / SEGMENTS).tolist()
    assert measured == pytest.approx(expected, abs=0.025)


def test_how_many_notes_end_elsewhere():
    torch.manual_seed(0)
    notes = many_notes()
    lengthened = reviser_module._lengthened(notes, torch.rand)
    assert lengthened.first.equal(notes.first) and lengthened.pitch.equal(notes.pitch)
    assert (lengthened.last >= lengthened.first).all() and lengthened.last.max() == 15
    is_changed = (lengthened.last != notes.last).view(SEGMENTS, NOTES_A_SEGMENT)
    assert float(is_changed.any(1).float().mean()) == pytest.approx(0.6 * 0.86, abs=0.05)
    assert float(is_changed.float().mean()) == pytest.approx(0.6 * 0.5 * 15 / 16, abs=0.03)
    assert len(reviser_module._lengthened(notes[:0], torch.rand)) == 0


def test_wrong_notes_are_at_certain_intervals_from_right_ones():
    torch.manual_seed(0)
    notes = many_notes()
    wrong_notes = reviser_module._wrong_notes(notes, SEGMENTS, torch.rand)
    source = (wrong_notes.velocity * len(notes)).round().long()
    is_own_segment = wrong_notes.segment == notes.segment[source]
    assert float(len(wrong_notes)) / len(notes) == pytest.approx(0.6 * 0.4, abs=0.02)
    assert float(is_own_segment.float().mean()) == pytest.approx(0.7, abs=0.04)
    interval = wrong_notes.pitch - notes.pitch[source]
    assert shares(interval[is_own_segment]) == pytest.approx(
        {0: 3 / 11, **dict.fromkeys((12, -12, 7, -5, 4, -3, 3, -4), 1 / 11)}, abs=0.02
    )
    assert shares(interval[~is_own_segment]) == pytest.approx(
        dict.fromkeys(range(-2, 3), 1 / 5), abs=0.03
    )
    length = wrong_notes.last - wrong_notes.first
    assert (length[wrong_notes.first < 15] == 1).all() and (wrong_notes.last <= 15).all()
    moved = wrong_notes.first != notes.first[source]
    assert not moved[~is_own_segment].any()
    assert float(moved[is_own_segment].float().mean()) == pytest.approx(0.7 * 15 / 16, abs=0.03)
