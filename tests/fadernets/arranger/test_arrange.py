"""Arranging with an untrained reviser: whatever it finds likely, the plan is kept to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fadernets.arranger.arrange import arrange, select
from fadernets.arranger.grid_to_notes import SHORTEST, grid_to_notes
from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.request import ArrangementRequest, arrangement_request, grid_of
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import HOLD, ONSET, REST, measure
from fadernets.music.notes import Notes

MELODY = Notes.of(
    [0.0, 0.0, 0.5, 1.0, 1.75, 2.02, 3.0],
    [1.9, 0.45, 1.0, 1.75, 2.0, 2.9, 4.0],
    [48, 64, 65, 67, 69, 71, 72],
    [50, 80, 70, 75, 72, 90, 60],
)
CHORDS = Notes.of([0, 0, 0, 2, 2, 2], [2, 2, 2, 4, 4, 4], [60, 64, 67, 59, 62, 67], [64] * 6)


@pytest.fixture(scope="module")
def reviser() -> Reviser:
    torch.manual_seed(0)
    return Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()


def logits(size: int) -> dict[str, torch.Tensor]:
    return {"rhythm": torch.zeros(size, 16, 3), "note": torch.zeros(size, 16, 16)}


def asking(request: ArrangementRequest, **densities: float) -> ArrangementRequest:
    size = len(request.notes)
    asked = {n: torch.full((size,), float(d)) for n, d in densities.items()}
    return dataclasses.replace(request, densities=request.densities | asked)


def as_rows(notes: Notes) -> list[tuple]:
    return list(notes)


def test_what_is_asked_to_stay_stays(reviser):
    request = arrangement_request([MELODY, CHORDS])
    found = arrange(reviser, request, logits(2), torch.zeros(2, dtype=torch.long))
    assert [as_rows(n) for n in found] == [as_rows(MELODY), as_rows(CHORDS)]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 16), st.integers(16, 140), st.none() | st.integers(0, 99), st.integers(1, 3))
def test_densities_are_met_exactly(onsets, notes, seed, candidates):
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    request = asking(arrangement_request([MELODY, CHORDS]), rhythm=onsets / 16, note=notes / 16)
    seeds = None if seed is None else [seed, seed + 1]
    found = arrange(
        reviser,
        request,
        logits(2),
        torch.zeros(2, dtype=torch.long),
        candidates=candidates,
        seeds=seeds,
    )
    for segment in found:
        assert measure(segment) == {"rhythm": onsets / 16, "note": notes / 16}


def test_a_segment_is_arranged_the_same_whatever_is_beside_it(reviser):
    keys = torch.zeros(2, dtype=torch.long)
    request = asking(arrangement_request([MELODY, CHORDS]), rhythm=0.75)
    for seeds in (None, [3, 4]):
        both = arrange(reviser, request, logits(2), keys, candidates=2, seeds=seeds)
        alone = arrange(
            reviser,
            asking(arrangement_request([CHORDS]), rhythm=0.75),
            logits(1),
            keys[:1],
            candidates=2,
            seeds=seeds and seeds[1:],
        )
        assert as_rows(both[1]) == as_rows(alone[0])


def test_seeds_make_versions(reviser):
    keys = torch.zeros(3, dtype=torch.long)
    request = asking(arrangement_request([CHORDS] * 3), rhythm=0.75)
    found = arrange(reviser, request, logits(3), keys, seeds=[1, 2, 1])
    assert as_rows(found[0]) == as_rows(found[2]) != as_rows(found[1])


def test_loudness_and_legato(reviser):
    request = arrangement_request([CHORDS])
    keys = torch.zeros(1, dtype=torch.long)
    louder = dataclasses.replace(request, louder=torch.tensor([20 / 127]))
    found = arrange(reviser, louder, logits(1), keys)
    assert found[0].velocity.tolist() == [84] * 6
    more = asking(request, rhythm=0.5)
    strikes = []
    for legato in (-20.0, 20.0):
        held = dataclasses.replace(more, legato=torch.tensor([legato]))
        strikes.append(len(arrange(reviser, held, logits(1), keys)[0]))
    assert strikes[0] == 8 * 3 and strikes[1] == 3 + 7  # all three notes anew, or one at least


def test_nothing_makes_nothing(reviser):
    assert (
        arrange(reviser, arrangement_request([]), logits(0), torch.zeros(0, dtype=torch.long)) == []
    )


def test_selection_takes_the_likeliest_and_no_more():
    onset, hold = torch.full((1, 16, 88), -5.0), torch.full((1, 16, 88), -5.0)
    onset[0, 0, [10, 20, 30]] = torch.tensor([3.0, 2.0, 1.0])
    hold[0, 1, [10, 20, 40]] = torch.tensor([0.0, 1.0, 9.0])  # 40 does not sound: not to be held
    onset[0, 1, 50] = 9.0  # no onset here, the plan says
    onset[0, 2, 60] = -9.0
    hold[0, 2, 20] = 9.0
    rhythm = torch.tensor([[ONSET, HOLD, ONSET] + [REST] * 13])
    note = torch.tensor([[2, 1, 2] + [0] * 13])
    struck, held = select(onset, hold, LabelPlan(rhythm, note))
    assert struck[0].nonzero().tolist()[:2] == [[0, 10], [0, 20]]
    assert held[0].nonzero().tolist() == [[1, 20], [2, 20]]
    assert struck[0, 2].sum() == 1  # one is struck at least, however unlikely


def test_kept_notes_keep_their_times_and_new_ones_join_those_beside_them():
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    source = Notes.of([0.02, 1.03], [1.0, 1.9], [60, 64], [100, 90])
    onset[0, 39] = onset[4, 43] = onset[4, 46] = 1
    hold[1:4, 39] = 1
    hold[5:7, 43] = 1  # the source holds it one step longer
    found = grid_to_notes(onset, hold, velocity, source)
    assert as_rows(found) == [
        (0.02, 1.0, 60, 100),
        (1.03, 1.75, 64, 90),
        (1.03, 1.25, 67, 64),
    ]


def test_a_string_is_free_before_it_is_struck_again():
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    onset[0, 39] = onset[2, 39] = 1
    hold[1, 39] = 1
    found = grid_to_notes(onset, hold, velocity, Notes.of([0.0], [0.6], [60], [80]))
    assert found.offset[0] <= found.onset[1]
    assert measure(found)["note"] == 3 / 16


def test_grids_of_what_is_played_are_the_grids_chosen():
    rng = np.random.default_rng(4)
    for _ in range(50):
        onset, hold = rng.random((16, 88)) < 0.02, np.zeros((16, 88), bool)
        for t in range(1, 16):
            hold[t] = (onset[t - 1] | hold[t - 1]) & ~onset[t] & (rng.random(88) < 0.7)
        found = grid_of([grid_to_notes(onset, hold, np.full((16, 88), 0.5), MELODY)])
        assert found.onset[0].numpy().astype(bool).tolist() == onset.tolist()
        assert found.hold[0].numpy().astype(bool).tolist() == hold.tolist()


def test_no_click_is_made():
    assert SHORTEST * 60 / 117 > 0.04
