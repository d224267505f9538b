"""Rhythms as a whole: what is left or added goes on evenly."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest
import torch

from fadernets.arranger.candidate_plans import candidate_plans
from fadernets.arranger.even_rhythm import (
    evenest,
    rhythms,
    uneven_gaps,
    unlike_beats,
    unlike_gaps,
)
from fadernets.arranger.request import arrangement_request
from fadernets.arranger.touch import strike_times
from fadernets.music.attributes import ONSET
from fadernets.music.notes import Notes
from fadernets.music.windows import Window
from tests.fadernets.arranger.density_requests import asking
from tests.fadernets.arranger.test_rhythm_pattern import SILENT, planned, struck

EVEN = dataclasses.replace(SILENT, stays_rhythm=3.0, unlike_gaps=1.0)
STEP_TIMES = np.arange(16) / 4  # beats, of music on sixteenths
FOUR_AND_FIVE = torch.tensor([4 / 16, 5 / 12])  # onsets a step
IN_TIME = dataclasses.replace(SILENT, stays_rhythm=3.0, uneven_when_fewer=3.0, uneven_when_more=1.0)
ALIKE = dataclasses.replace(SILENT, stays_rhythm=3.0, unlike_beats=1.0)
TRIPLETS = Notes.of(np.arange(12) / 3, np.arange(1, 13) / 3, [60] * 12, [64] * 12)


def row_of(*onsets: int, steps: int) -> int:
    """Where one rhythm stands among all."""
    rhythm = np.isin(np.arange(16), onsets)
    return int(np.flatnonzero((rhythms(steps, len(onsets)) == rhythm).all(1))[0])


@pytest.mark.parametrize(
    ("onsets", "steps", "unlike"),
    [
        ((0, 4, 8, 12), 16, 0),
        ((1, 5, 9, 13), 16, 0),  # wherever it begins
        ((0, 3, 8, 11), 16, 4),  # long and short in turn
        ((0, 4, 8, 10), 16, 3),  # 4, 4, 2, 6
        ((0, 4, 8), 12, 0),
        ((0, 4, 8), 16, 2),
        ((5,), 16, 0),
    ],
)
def test_gaps_unlike_the_one_before(onsets: tuple[int, ...], steps: int, unlike: int):
    row = row_of(*onsets, steps=steps)
    assert unlike_gaps(STEP_TIMES, steps, len(onsets))[row] == unlike


def test_triplets_have_gaps_alike_and_their_steps_have_not():
    """Thirds of a beat stand in the first three of its steps."""
    triplets = [4 * beat + step for beat in range(4) for step in (0, 1, 2)]
    times = strike_times(TRIPLETS)
    row = row_of(*triplets, steps=16)
    assert unlike_gaps(times, 16, 12)[row] == 0
    assert unlike_gaps(STEP_TIMES, 16, 12)[row] == 8
    beats = row_of(0, 1, 2, 4, 5, 6, 8, 12, steps=16)  # two beats of them, two of one note
    assert unlike_gaps(times, 16, 8)[beats] == 2


@pytest.mark.parametrize(
    ("onsets", "steps", "beat", "unlike"),
    [
        ((0, 3, 4, 7, 8, 11, 12, 15), 16, 4, 0),
        ((0, 3, 6, 9), 12, 6, 0),
        ((0, 4, 6, 8, 12, 14), 16, 4, 3),  # a half alike, its beats not
        ((0, 4, 8), 12, 4, 0),
        ((0, 1, 2), 4, 16, 0),  # shorter than a beat
    ],
)
def test_beats_unlike_those_before(onsets: tuple[int, ...], steps: int, beat: int, unlike: int):
    assert unlike_beats(steps, len(onsets), beat)[row_of(*onsets, steps=steps)] == unlike


def test_every_rhythm_of_a_window_is_looked_at():
    """And none that strikes behind its end."""
    assert [len(rhythms(12, number)) for number in (0, 1, 6, 12)] == [1, 12, 924, 1]
    assert not rhythms(12, 6)[:, 12:].any()


def test_the_cheapest_rhythm_counts_steps_pace_gaps_and_beats():
    """By looking with other code at each rhythm of 4 onsets in 10 steps."""
    rng = np.random.default_rng(0)
    strikes, pace = rng.normal(size=(3, 16)), rng.random((3, 3, 17))
    windows = np.array([[10, 4], [10, 3], [10, 6]])

    def uneven(times: np.ndarray, steps: int, onsets: int, beat: int) -> np.ndarray:
        return 0.7 * unlike_gaps(times, steps, onsets) + 0.4 * unlike_beats(steps, onsets, beat)

    times = np.tile(STEP_TIMES, (3, 1))
    got = evenest(strikes, pace, np.full(3, 4), windows, times, uneven)
    gaps = {on: [*np.diff(on), on[0] + 10 - on[-1]] for on in combinations(range(10), 4)}
    unlike = {
        on: sum(gap != each[i - 1] for i, gap in enumerate(each)) for on, each in gaps.items()
    }
    for row, (_, beat) in enumerate(windows.tolist()):
        costs = {}
        for on in gaps:
            before = [sum(step < 4 * number for step in on) for number in (1, 2, 3)]
            cost = strikes[row, list(on)].sum() + 0.7 * unlike[on]
            cost += pace[row, [0, 1, 2], before].sum()
            for lag in (beat, 2 * beat):
                cost += 0.4 * sum((t in on) != (t - lag in on) for t in range(lag, 10))
            costs[on] = cost
        assert tuple(np.flatnonzero(got[row])) == min(costs, key=costs.__getitem__)


def test_what_is_dear_beyond_measure_leaves_the_rest_exact():
    """A step that must strike, and ones that may not, hide no small difference elsewhere."""
    strikes = np.zeros((1, 16))
    strikes[0, 3], strikes[0, 8:] = -1e6, 1e6
    strikes[0, 6] = -0.01
    none = np.zeros((1, 3, 17))
    window = np.array([[16, 4]])
    got = evenest(strikes, none, np.array([2]), window, STEP_TIMES[None], lambda *_: np.zeros(120))
    assert np.flatnonzero(got[0]).tolist() == [3, 6]


def test_what_is_left_of_a_rhythm_goes_on_evenly():
    """Of eight quavers four are to stay: every other one."""
    eight = struck(*range(0, 16, 2))
    request = asking(arrangement_request([eight]), rhythm=4 / 16)
    left = planned(request, EVEN)
    assert left in ([0, 4, 8, 12], [2, 6, 10, 14])


def test_what_is_left_of_triplets_goes_on_evenly_in_time():
    """Of twelve six are to stay: every other one, whose steps are two or three apart."""
    request = asking(arrangement_request([TRIPLETS]), rhythm=6 / 16)
    assert planned(request, EVEN) in ([0, 2, 5, 8, 10, 13], [1, 4, 6, 9, 12, 14])


def test_what_is_left_strikes_alike_on_every_beat():
    """Of dotted beats and two notes beside them the dotted beats stay."""
    notes = struck(0, 1, 3, 4, 7, 8, 10, 11, 12, 15)
    request = asking(arrangement_request([notes]), rhythm=8 / 16)
    assert planned(request, ALIKE) == [0, 3, 4, 7, 8, 11, 12, 15]


def test_gaps_of_a_take_are_compared_in_time():
    """One of a beat, then one of half a beat, then one of two beats: an octave and two."""
    times = np.arange(16) / 4
    times[4:] += 0.5
    uneven = uneven_gaps(times, 16, 4)
    assert uneven[row_of(0, 2, 4, 12, steps=16)] == pytest.approx(2)  # .5, 1, 2 beats
    assert uneven[row_of(4, 8, 10, 15, steps=16)] == pytest.approx(1 + np.log2(2.5))
    for few, count in enumerate((1, 16, 120)):
        assert uneven_gaps(times, 16, few).tolist() == [0.0] * count


def test_the_evenest_rhythm_in_time_counts_steps_and_pace():
    """By looking with other code at each rhythm of 4 onsets in 10 steps, two takes at once."""
    rng = np.random.default_rng(1)
    strikes, pace = rng.normal(size=(4, 16)), rng.random((4, 3, 17))
    times = np.repeat(np.cumsum(rng.uniform(0.1, 0.4, (2, 16)), axis=1), 2, axis=0)
    windows = np.tile((10, 4), (4, 1))
    got = evenest(
        strikes,
        pace,
        np.full(4, 4),
        windows,
        times,
        lambda each, steps, onsets, _: 0.7 * uneven_gaps(each, steps, onsets),
    )
    for row in range(4):
        costs = {}
        for on in combinations(range(10), 4):
            a, b, c = np.diff(times[row, list(on)])
            before = [sum(step < 4 * number for step in on) for number in (1, 2, 3)]
            costs[on] = strikes[row, list(on)].sum() + pace[row, [0, 1, 2], before].sum()
            costs[on] += 0.7 * (abs(np.log2(b / a)) + abs(np.log2(c / b)))
        assert tuple(np.flatnonzero(got[row])) == min(costs, key=costs.__getitem__)


def take(*times: float) -> Window:
    """A take without a click that strikes at some beats."""
    onset = np.array(times)
    notes = Notes.of(onset, onset + 0.1, [60] * len(times), [64] * len(times))
    return Window(notes, follows_beats=False)


def test_what_is_left_of_a_take_goes_on_evenly_in_time():
    """Of strikes that come ever later those stay that are two beats apart by the clock."""
    request = asking(arrangement_request([take(0, 0.4, 1.0, 1.3, 2.0, 2.7, 3.0)]), rhythm=4 / 16)
    assert planned(request, IN_TIME) == [0, 4, 8, 12]
    unlike_that = asking(arrangement_request([take(0, 0.7, 1.4, 1.6, 2.1, 2.8)]), rhythm=5 / 16)
    assert planned(unlike_that, IN_TIME) == [0, 2, 5, 8, 11]


def test_what_comes_to_a_take_parts_its_gaps_evenly():
    """Its own onsets stay."""
    request = asking(arrangement_request([take(0, 1.0, 2.0, 3.0, 3.5)]), rhythm=8 / 16)
    assert planned(request, IN_TIME) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_steps_and_beats_of_a_take_are_the_recorders():
    """Gaps and beats that are alike by the steps count for nothing."""
    notes = struck(0, 1, 2, 3, 4, 8, 12)
    weights = dataclasses.replace(EVEN, unlike_beats=1.0)
    take = asking(arrangement_request([Window(notes, follows_beats=False)]), rhythm=4 / 16)
    score = asking(arrangement_request([notes]), rhythm=4 / 16)
    assert planned(score, weights) == [0, 4, 8, 12]
    assert planned(take, weights) == planned(take, dataclasses.replace(SILENT, stays_rhythm=3.0))


def test_what_is_added_to_a_written_grid_goes_on_evenly():
    """Four quavers more than four beats, whose own onsets stay."""
    request = asking(arrangement_request([struck(0, 4, 8, 12)]), rhythm=8 / 16)
    assert planned(request, EVEN) == list(range(0, 16, 2))


def test_what_is_added_to_played_notes_of_beats_looks_at_no_rhythm_as_a_whole():
    played = Notes.of([0.01, 1.03, 2.0, 3.02], [1, 2, 3, 4], [60] * 4, [64] * 4)
    request = asking(arrangement_request([played]), rhythm=7 / 16)
    without = dataclasses.replace(EVEN, unlike_gaps=0.0)
    assert planned(request, EVEN) == planned(request, without)


def test_a_rhythm_that_nobody_moves_stays_uneven():
    request = arrangement_request([struck(0, 3, 4, 11)])
    assert planned(request, EVEN) == [0, 3, 4, 11]


def test_of_many_played_segments_only_thinned_ones_are_looked_at_as_a_whole():
    """The second gets more onsets, in a bar of 3/4."""
    played = Notes.of([0.01, 1.03, 2.0], [1, 2, 3], [60] * 3, [64] * 3)
    notes = [struck(*range(0, 16, 2)), Window(played, steps=12)]
    request = arrangement_request(notes)
    request = dataclasses.replace(request, densities=request.densities | {"rhythm": FOUR_AND_FIVE})
    none = torch.zeros(2, 16, dtype=torch.long)
    with_them, without = (
        candidate_plans(request, {}, torch.zeros(2, 2, 16, 19), weights, none).rhythm == ONSET
        for weights in (EVEN, dataclasses.replace(EVEN, unlike_gaps=0.0))
    )
    assert np.flatnonzero(with_them[1]).tolist() in ([0, 4, 8, 12], [2, 6, 10, 14])
    assert with_them[:2].ne(without[:2]).any() and with_them[2:].equal(without[2:])
