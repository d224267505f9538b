"""Where a segment's beats strike, and that what is left of a rhythm goes on from beat to beat."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from fadernets.arranger.arrange import arrange
from fadernets.arranger.candidate_plans import candidate_plans
from fadernets.arranger.request import ArrangementRequest, arrangement_request
from fadernets.arranger.rhythm_pattern import (
    has_fewer_onsets,
    metrical_weights,
    of_first_beat,
    steps_from_onsets,
    usual_onsets,
)
from fadernets.arranger.weights import ArrangementWeights
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import ONSET
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from fadernets.music.windows import Window
from tests.fadernets.arranger.density_requests import asking
from tests.fadernets.tiny import piece

SILENT = ArrangementWeights(
    **{f.name: 0.0 for f in dataclasses.fields(ArrangementWeights)} | {"passes": 1}
)


def struck(*steps: int, pitches: int | list[int] = 60) -> Notes:
    """Notes of one step each."""
    onset = np.array(steps) / 4
    keys = [pitches] * len(steps) if isinstance(pitches, int) else pitches
    return Notes.of(onset, onset + 0.25, keys, [64] * len(steps))


def planned(request: ArrangementRequest, weights: ArrangementWeights, **more) -> list[int]:
    """The steps in which the plan strikes."""
    none = torch.zeros(1, 16, dtype=torch.long)
    plan = candidate_plans(request, {}, torch.zeros(1, 1, 16, 19), weights, none, **more)
    return np.flatnonzero(plan.rhythm[0].numpy() == ONSET).tolist()


def test_how_usual_an_onset_is_at_its_place():
    """On 3 of 4 beats; the first beats of both pairs, and one second beat."""
    request = arrangement_request([struck(0, 4, 8, 14)])
    usual = usual_onsets(request)[0]
    assert usual[[0, 8]].tolist() == [(0.75 + 1.0) / 2] * 2
    assert usual[[4, 12]].tolist() == [(0.75 + 0.5) / 2] * 2
    assert usual[[2, 10]].tolist() == [(0.25 + 0) / 2] * 2
    assert usual[[6, 14]].tolist() == [(0.25 + 0.5) / 2] * 2
    assert usual[1::2].tolist() == [0.0] * 8


def test_beats_are_those_of_the_meter():
    """In 6/8 there are two of six steps, and what is behind the end counts for nothing."""
    request = arrangement_request([Window(struck(0, 6, 10), steps=12, beat=6)])
    usual = usual_onsets(request)[0]
    assert usual[[0, 6]].tolist() == [1.0, (1 + 1) / 2]
    assert usual[[4, 10]].tolist() == [(0.5 + 0) / 2, (0.5 + 1) / 2]
    assert metrical_weights(request)[0, :12].tolist() == [1, 0, 0.5, 0, 0.5, 0] * 2
    four = metrical_weights(arrangement_request([struck(0)]))[0]
    assert four.tolist() == [1, 0, 0.5, 0] * 4


def test_a_take_without_a_click_has_no_step_on_a_beat():
    off = Window(struck(1, 5, 9, 13, 14), follows_beats=False)
    request = arrangement_request([off, Window(struck(0))])
    assert metrical_weights(request).tolist() == [[0.0] * 16, [1, 0, 0.5, 0] * 4]


def test_windows_know_whether_their_piece_has_beats():
    anywhere = np.random.default_rng(0).uniform(0, 4, 64)
    for onset, expected in ((anywhere, False), (np.rint(anywhere * 4) / 4, True)):
        notes = Notes.of(onset, onset + 0.5, range(30, 94), [80] * 64)
        assert {s.window.follows_beats for s in segments(piece([notes]))} == {expected}


def test_noise_is_that_of_the_first_beat():
    noise = torch.arange(32.0).view(1, 1, 16, 2)
    of_six = arrangement_request([Window(struck(0), steps=12, beat=6)])
    assert of_first_beat(of_six, noise)[0, 0, :, 0].tolist() == [
        *(2 * [0, 2, 4, 6, 8, 10]),
        *[0, 2, 4, 6],
    ]


def test_a_rhythm_that_is_thinned_keeps_its_pattern():
    """Three quavers off the beat and one semiquaver: what only one beat has goes first."""
    notes = struck(0, 2, 4, 6, 8, 10, 12, 13)
    request = asking(arrangement_request([notes]), rhythm=7 / 16)
    assert has_fewer_onsets(request).tolist() == [True]
    weights = dataclasses.replace(SILENT, in_pattern=6.0, stays_rhythm=3.0)
    assert planned(request, weights) == [0, 2, 4, 6, 8, 10, 12]
    on_beats = dataclasses.replace(SILENT, on_beat=2.0, stays_rhythm=3.0)
    assert planned(asking(request, rhythm=4 / 16), on_beats) == [0, 4, 8, 12]


def test_more_onsets_come_into_the_longest_gap():
    """Two more onsets than at steps 0, 2, 4, 6 and 12 of sixteen: between the last two."""
    request = asking(arrangement_request([struck(0, 2, 4, 6, 12)]), rhythm=7 / 16)
    assert steps_from_onsets(request).tolist() == [[2, 0, 2, 0, 2, 0, 2, 0, 1, 2, 1, 0, 2, 0, 1, 0]]
    in_gaps = dataclasses.replace(SILENT, in_gaps=3.0, stays_rhythm=3.0)
    steps = planned(request, in_gaps)
    assert {0, 2, 4, 6, 9, 12} < set(steps) and set(steps) & {8, 10, 14}
    assert steps_from_onsets(arrangement_request([struck()])).tolist() == [[0.0] * 16]
    assert planned(arrangement_request([struck(0, 4)]), in_gaps) == [0, 4]


def test_steps_of_the_melody_are_dear():
    notes = struck(*range(8), pitches=60)
    request = asking(arrangement_request([notes]), rhythm=3 / 16)
    is_melody = torch.zeros(1, 16, dtype=torch.bool)
    is_melody[0, [3, 5]] = True
    weights = dataclasses.replace(SILENT, keeps_melody=8.0, stays_rhythm=3.0)
    assert planned(request, weights, melody=is_melody) == [0, 3, 5]


@pytest.mark.parametrize("adds", [0.0, 20.0])
def test_what_becomes_calmer_gets_nothing_new(adds):
    """An untrained reviser would strike anything; only with the price it strikes nothing new."""
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    rng = np.random.default_rng(0)
    onset = np.repeat(np.arange(16) / 4, 2)
    segments = [
        Notes.of(onset, onset + 0.25, rng.permutation(40)[:32] + 40, np.full(32, 64))
        for _ in range(20)
    ]
    request = asking(arrangement_request(segments), rhythm=0.5)
    eager = {"stays_onset": 0.0, "in_harmony": 0.0, "plan_noise": 4.0}
    weights = dataclasses.replace(ArrangementWeights(), **eager, adds=adds)
    keys = torch.zeros(20, dtype=torch.long)
    played = arrange(reviser, request, {}, keys, candidates=2, weights=weights)
    added = 0
    for before, after in zip(segments, played, strict=True):
        steps = (np.floor(n.onset * 4 + 0.1).astype(int) for n in (before, after))
        own, now = (
            set(zip(s.tolist(), n.pitch.tolist(), strict=True))
            for s, n in zip(steps, (before, after), strict=True)
        )
        added += len(now - own)
    assert (added == 0) == (adds > 0)
