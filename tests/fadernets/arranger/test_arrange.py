"""Arranging with an untrained reviser: the result keeps to the plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fadernets.arranger import arrange as arranging
from fadernets.arranger.arrange import arrange
from fadernets.arranger.candidate_plans import _off_pace
from fadernets.arranger.grid_to_notes import Cells, GridReader
from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.note_limits import Repeats
from fadernets.arranger.request import arrangement_request, grid_of
from fadernets.arranger.selection import select
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import HOLD, ONSET, PAPER, REST, measure
from fadernets.music.notes import Notes
from fadernets.music.windows import Window
from tests.fadernets.arranger.density_requests import asking

MELODY = Notes.of(
    [0.0, 0.0, 0.5, 1.0, 1.75, 2.02, 3.0],
    [1.9, 0.45, 1.0, 1.75, 2.0, 2.9, 4.0],
    [48, 64, 65, 67, 69, 71, 72],
    [50, 80, 70, 75, 72, 90, 60],
)
CHORDS = Notes.of([0, 0, 0, 2, 2, 2], [2, 2, 2, 4, 4, 4], [60, 64, 67, 59, 62, 67], [64] * 6)


def logits(size: int) -> dict[str, torch.Tensor]:
    return {"rhythm": torch.zeros(size, 16, 3), "note": torch.zeros(size, 16, 16)}


def as_rows(notes: Notes) -> list[tuple]:
    return list(notes)


def test_onsets_are_taken_and_added_all_over_a_segment(reviser):
    """Of a run of sixteenths as many from every beat; beside half notes as many in every beat."""
    run = Notes.of(np.arange(16) / 4, np.arange(16) / 4 + 0.25, [60, 64, 67, 72] * 4, [64] * 16)
    for notes in (run, CHORDS):
        request = asking(arrangement_request([notes]), rhythm=0.5)
        (result,) = arrange(reviser, request, {}, torch.zeros(1, dtype=torch.long), candidates=4)
        steps = np.unique(np.floor(result.onset * 4 + 0.05))
        by_beat = np.bincount((steps // 4).astype(int), minlength=4)
        assert by_beat.sum() == 8 and by_beat.max() - by_beat.min() <= 2
    before = _off_pace(asking(arrangement_request([run, CHORDS]), rhythm=0.5))
    assert before.shape == (2, 3, 17)
    assert [row.tolist().index(0.0) for row in before[0]] == [2, 4, 6]
    assert before[0, 1, :7].tolist() == [3.5, 2.5, 1.5, 0.5, 0.0, 0.5, 1.5]


def test_what_is_asked_to_stay_stays(reviser):
    request = arrangement_request([MELODY, CHORDS])
    arrangements = arrange(reviser, request, logits(2), torch.zeros(2, dtype=torch.long))
    assert [as_rows(n) for n in arrangements] == [as_rows(MELODY), as_rows(CHORDS)]


@pytest.mark.slow
@settings(max_examples=min(30, settings.default.max_examples))
@given(st.integers(1, 16), st.integers(16, 140), st.none() | st.integers(0, 99), st.integers(1, 3))
def test_densities_are_met_exactly(onsets, notes, seed, candidates):
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    request = asking(arrangement_request([MELODY, CHORDS]), rhythm=onsets / 16, note=notes / 16)
    seeds = None if seed is None else [seed, seed + 1]
    arrangements = arrange(
        reviser,
        request,
        logits(2),
        torch.zeros(2, dtype=torch.long),
        candidates=candidates,
        seeds=seeds,
    )
    for segment in arrangements:
        assert measure(segment, PAPER) == {"rhythm": onsets / 16, "note": notes / 16}


@pytest.mark.slow
@settings(max_examples=min(30, settings.default.max_examples))
@given(st.integers(1, 16), st.integers(16, 60), st.integers(0, 99), st.booleans())
@example(onsets=1, notes=59, seed=59, decisive=False)  # the cheapest onset can sound 58 notes
def test_densities_are_met_with_keys_struck_again_within_a_step(onsets, notes, seed, decisive):
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    rng = np.random.default_rng(seed)
    strikes = np.sort([rng.permutation(80)[:25] / 20 for _ in range(2)], axis=1)
    ends = np.append(strikes[:, 1:], [[4.0], [4.0]], axis=1)
    trills = Notes.of(strikes.ravel(), ends.ravel(), np.repeat([60, 64], 25), [64] * 50)
    request = asking(arrangement_request([trills]), rhythm=onsets / 16, note=notes / 16)
    label_logits = logits(1) if decisive else {}
    (arranged_notes,) = arrange(
        reviser, request, label_logits, torch.zeros(1, dtype=torch.long), candidates=2, seeds=[seed]
    )
    assert measure(arranged_notes, PAPER) == {"rhythm": onsets / 16, "note": notes / 16}


def test_a_segment_is_arranged_the_same_whatever_is_beside_it(reviser):
    keys = torch.zeros(2, dtype=torch.long)
    request = asking(arrangement_request([MELODY, CHORDS]), rhythm=0.75)
    for seeds in (None, [3, 4]):
        pair = arrange(reviser, request, logits(2), keys, candidates=2, seeds=seeds)
        alone = arrange(
            reviser,
            asking(arrangement_request([CHORDS]), rhythm=0.75),
            logits(1),
            keys[:1],
            candidates=2,
            seeds=seeds and seeds[1:],
        )
        assert as_rows(pair[1]) == as_rows(alone[0])


def test_candidates_of_one_plan_are_revised_once(reviser, monkeypatch):
    keys = torch.zeros(2, dtype=torch.long)
    request = asking(arrangement_request([MELODY, CHORDS]), rhythm=0.75)
    calls = []
    monkeypatch.setattr(
        reviser,
        "forward",
        lambda *inputs: calls.append(inputs) or Reviser.forward(reviser, *inputs),
    )
    once = arrange(reviser, request, logits(2), keys, candidates=8)
    ((source, plan, _),) = calls
    rows = torch.cat([source.onset.flatten(1), plan["rhythm"], plan["note"]], 1)
    assert len(rows.unique(dim=0)) == len(rows) < 16
    monkeypatch.setattr(arranging, "_different", lambda *inputs: (slice(None), slice(None)))
    each = arrange(reviser, request, logits(2), keys, candidates=8)
    assert len(calls[1][2]) == 16
    assert [as_rows(notes) for notes in once] == [as_rows(notes) for notes in each]


def test_seeds_make_versions(reviser):
    keys = torch.zeros(3, dtype=torch.long)
    request = asking(arrangement_request([CHORDS] * 3), rhythm=0.75)
    arrangements = arrange(reviser, request, logits(3), keys, seeds=[1, 2, 1])
    assert as_rows(arrangements[0]) == as_rows(arrangements[2]) != as_rows(arrangements[1])


def test_loudness_and_legato(reviser):
    request = arrangement_request([CHORDS])
    keys = torch.zeros(1, dtype=torch.long)
    louder = dataclasses.replace(request, louder=torch.tensor([20 / 127]))
    arrangements = arrange(reviser, louder, logits(1), keys)
    assert arrangements[0].velocity.tolist() == [84] * 6
    denser = asking(request, rhythm=0.5)
    strikes = []
    for legato in (-20.0, 20.0):
        legato_request = dataclasses.replace(denser, legato=torch.tensor([legato]))
        strikes.append(len(arrange(reviser, legato_request, logits(1), keys)[0]))
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
    none = torch.zeros(1, 16, 88, dtype=torch.long)
    onsets, holds, count = select(
        onset, hold, LabelPlan(rhythm, note), none > 0, Repeats(none, none)
    )
    assert count.equal((onsets | holds).long())
    assert onsets[0].nonzero().tolist()[:2] == [[0, 10], [0, 20]]
    assert holds[0].nonzero().tolist() == [[1, 20], [2, 20]]
    assert onsets[0, 2].sum() == 1  # one is struck at least, however unlikely


def test_selection_counts_keys_as_the_note_label_does():
    """Struck twice in a step, or while an earlier note of the source lasts into the step."""
    onset, hold = torch.full((1, 16, 88), -5.0), torch.full((1, 16, 88), -5.0)
    own, again, over = (torch.zeros(1, 16, 88, dtype=torch.long) for _ in range(3))
    for step, place, odds in ((0, 10, 3.0), (0, 20, 2.0), (1, 10, 3.0), (1, 20, 2.0), (1, 30, 1.0)):
        onset[0, step, place] = odds
        own[0, step, place] = 1
    again[0, 0, 10], over[0, 1, 10], again[0, 1, 20] = 1, 1, 2
    rhythm = torch.tensor([[ONSET, ONSET] + [REST] * 14])

    def counted(first, second):
        note = torch.tensor([[first, second] + [0] * 14])
        _, _, count = select(onset, hold, LabelPlan(rhythm, note), own > 0, Repeats(again, over))
        return [count[0, step][[10, 20, 30]].tolist() for step in (0, 1)]

    assert counted(3, 6) == [[2, 1, 0], [2, 3, 1]]
    assert counted(2, 4) == [[2, 0, 0], [2, 2, 0]]  # as many as are left
    assert counted(1, 1) == [[1, 0, 0], [1, 0, 0]]
    own[0, 0, 10] = 0  # what sounds is a new note: it ends where the key is struck
    assert counted(3, 2)[1] == [1, 1, 0]


def test_kept_notes_keep_their_times_and_new_ones_join_those_beside_them():
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    source = Notes.of([0.02, 1.03], [1.0, 1.9], [60, 64], [100, 90])
    onset[0, 39] = onset[4, 43] = onset[4, 46] = 1
    hold[1:4, 39] = 1
    hold[5:7, 43] = 1  # the source holds it one step longer
    played = GridReader(Window(source)).read(Cells(onset, hold, velocity))
    assert as_rows(played) == [
        (0.02, 1.0, 60, 100),
        (1.03, pytest.approx(1.8625), 64, 90),  # one step shorter, as long as that can be
        (1.04, pytest.approx(1.3625), 67, 100),
    ]


def test_a_string_is_free_before_it_is_struck_again():
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    onset[0, 39] = onset[2, 39] = 1
    hold[1, 39] = 1
    played = GridReader(Window(Notes.of([0.0], [0.6], [60], [80]))).read(
        Cells(onset, hold, velocity)
    )
    assert played.offset[0] <= played.onset[1]
    assert measure(played)["note"] == 3 / 16


def test_grids_of_what_is_played_are_the_grids_chosen():
    rng = np.random.default_rng(4)
    for _ in range(50):
        onset, hold = rng.random((16, 88)) < 0.02, np.zeros((16, 88), bool)
        for t in range(1, 16):
            hold[t] = (onset[t - 1] | hold[t - 1]) & ~onset[t] & (rng.random(88) < 0.7)
        cells = Cells(onset, hold, np.full((16, 88), 0.5))
        played_grid = grid_of([GridReader(Window(MELODY)).read(cells)])
        assert played_grid.onset[0].numpy().astype(bool).tolist() == onset.tolist()
        assert played_grid.hold[0].numpy().astype(bool).tolist() == hold.tolist()


def test_no_click_is_made():
    """A note that begins at the end of its step lasts 40 ms of the token clock all the same."""
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    onset[0, 39] = 1
    reader = GridReader(Window(Notes.of([0.23], [1.0], [60], [80])))
    (note,) = reader.read(Cells(onset, hold, velocity))
    assert note == (0.23, pytest.approx(0.31), 60, 80)
    assert (note[1] - note[0]) * 60 / 117 > 0.04
