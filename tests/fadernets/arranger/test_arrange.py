"""Arranging with an untrained reviser: the result keeps to the plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fadernets.arranger.arrange import Repeats, _nearest, _plans, arrange, select
from fadernets.arranger.grid_to_notes import grid_to_notes
from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.request import ArrangementRequest, arrangement_request, grid_of
from fadernets.arranger.weights import ArrangementWeights
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music import key
from fadernets.music.attributes import HOLD, ONSET, PAPER, REST, measure
from fadernets.music.grid import Grid
from fadernets.music.notes import Notes
from fadernets.music.windows import Window

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
    targets = {n: torch.full((size,), float(d)) for n, d in densities.items()}
    return dataclasses.replace(request, densities=request.densities | targets)


def as_rows(notes: Notes) -> list[tuple]:
    return list(notes)


def test_what_is_asked_to_stay_stays(reviser):
    request = arrangement_request([MELODY, CHORDS])
    arrangements = arrange(reviser, request, logits(2), torch.zeros(2, dtype=torch.long))
    assert [as_rows(n) for n in arrangements] == [as_rows(MELODY), as_rows(CHORDS)]


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


@settings(max_examples=min(30, settings.default.max_examples))
@given(st.integers(1, 16), st.integers(16, 60), st.integers(0, 99), st.booleans())
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
    played = grid_to_notes(onset, hold, velocity, Window(source))
    assert as_rows(played) == [
        (0.02, 1.0, 60, 100),
        (1.03, 1.75, 64, 90),
        (1.03, 1.25, 67, 64),
    ]


def test_a_string_is_free_before_it_is_struck_again():
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    onset[0, 39] = onset[2, 39] = 1
    hold[1, 39] = 1
    played = grid_to_notes(onset, hold, velocity, Window(Notes.of([0.0], [0.6], [60], [80])))
    assert played.offset[0] <= played.onset[1]
    assert measure(played)["note"] == 3 / 16


def test_grids_of_what_is_played_are_the_grids_chosen():
    rng = np.random.default_rng(4)
    for _ in range(50):
        onset, hold = rng.random((16, 88)) < 0.02, np.zeros((16, 88), bool)
        for t in range(1, 16):
            hold[t] = (onset[t - 1] | hold[t - 1]) & ~onset[t] & (rng.random(88) < 0.7)
        played_grid = grid_of([grid_to_notes(onset, hold, np.full((16, 88), 0.5), Window(MELODY))])
        assert played_grid.onset[0].numpy().astype(bool).tolist() == onset.tolist()
        assert played_grid.hold[0].numpy().astype(bool).tolist() == hold.tolist()


def test_no_click_is_made():
    """A note that begins at the end of its step lasts 40 ms of the token clock all the same."""
    onset, hold, velocity = np.zeros((16, 88)), np.zeros((16, 88)), np.full((16, 88), 0.5)
    onset[0, 39] = 1
    (note,) = grid_to_notes(onset, hold, velocity, Window(Notes.of([0.23], [1.0], [60], [80])))
    assert note == (0.23, pytest.approx(0.31), 60, 80)
    assert (note[1] - note[0]) * 60 / 117 > 0.04


# One preference of the selection at a time: the others are 0, and so are the reviser's
# logits except those that a test sets.
SILENT = ArrangementWeights(
    **{f.name: 0.0 for f in dataclasses.fields(ArrangementWeights)} | {"passes": 1}
)
C4, E4, G4, C5 = 60, 64, 67, 72


class Stub:
    """A reviser with fixed log-odds, which notes what it is shown."""

    def __init__(self, onsets: dict | None = None, holds: dict | None = None) -> None:
        self.logits = torch.zeros(2, 16, 88)
        for kind, logits in enumerate((onsets or {}, holds or {})):
            for (step, pitch), value in logits.items():
                self.logits[kind, step, pitch - 21] = value
        self.grids: list[Grid] = []

    def __call__(self, grid, labels, keys):
        self.grids.append(grid)
        onset, hold = self.logits.expand(len(keys), -1, -1, -1).unbind(1)
        return onset, hold, torch.full_like(onset, 0.5)


def arranged(
    stub: Stub,
    notes: Notes,
    weights: ArrangementWeights,
    counts: torch.Tensor | None = None,
    **densities: float,
) -> Notes:
    request = asking(arrangement_request([notes]), **densities)
    keys = torch.zeros(1, dtype=torch.long)
    label_logits = {"rhythm": torch.zeros(1, 16, 3), "note": torch.zeros(1, 16, 16)}
    label_logits["rhythm"][:, 8, ONSET] = 5.0  # a further onset comes here
    if counts is not None:
        label_logits["note"] = counts
    (arrangement,) = arrange(stub, request, label_logits, keys, weights=weights)
    return arrangement


PLANS = {"rhythm_decoder": 1.0, "stays_rhythm": 3.0, "stays_note": 1.0}


def struck(arrangement: Notes, step: int) -> list[int]:
    return arrangement.pitch[np.floor(arrangement.onset * 4 + 0.05).astype(int) == step].tolist()


@pytest.mark.parametrize(
    ("weight", "stays"), [({}, False), ({"stays_onset": 6.0}, True), ({"in_melody": 3.0}, False)]
)
def test_onsets_of_the_segment_stay(weight, stays):
    """C and G are struck, against a reviser that would have E."""
    source = Notes.of([0, 0], [4, 4], [C4, G4], [64, 64])
    stub = Stub(onsets={(0, E4): 4.0})
    arrangement = arranged(stub, source, dataclasses.replace(SILENT, **PLANS, **weight))
    assert (struck(arrangement, 0) == [C4, G4]) is stays


@pytest.mark.parametrize(
    ("weight", "stays"),
    [({}, False)]
    + [({n: w}, True) for n, w in (("stays_hold", 4), ("in_melody", 3), ("in_harmony", 2))],
)
def test_holds_of_the_segment_stay(weight, stays):
    """Two notes begin, C lasts; the reviser would let E last."""
    source = Notes.of([0, 0], [4, 0.25], [C4, E4], [64, 64])
    stub = Stub({(0, p): 9.0 for p in (C4, E4)}, {(step, E4): 0.5 for step in range(1, 16)})
    arrangement = arranged(stub, source, dataclasses.replace(SILENT, **PLANS, **weight))
    lasting = arrangement.pitch[arrangement.offset - arrangement.onset > 1].tolist()
    assert lasting == ([C4] if stays else [E4])


def test_a_note_that_ends_in_the_segment_is_not_held_rather_than_another_one_struck():
    source = Notes.of([0, 0], [2, 4], [C4, E4], [64, 64])
    counts = torch.zeros(1, 16, 16)
    counts[:, 8, 3] = 9.0  # three notes at the further onset: E held, one struck, one of either
    stub = Stub(onsets={(8, 62): 5.0, (8, 61): 0.5}, holds={(8, C4): 1.5})
    weights = dataclasses.replace(
        SILENT, **PLANS, note_decoder=1.0, stays_onset=6.0, stays_hold=4.0
    )
    arrangement = arranged(stub, source, weights, counts, rhythm=2 / 16, note=26 / 16)
    assert struck(arrangement, 8) == [61, 62]


@pytest.mark.parametrize(("weight", "pitch"), [({}, E4), ({"in_melody": 3.0}, G4)])
def test_the_highest_note_stays_rather_than_an_inner_one(weight, pitch):
    source = Notes.of([0, 0], [4, 4], [E4, G4], [64, 64])
    stub = Stub(onsets={(0, E4): 1.0, (0, G4): 0.5})
    arrangement = arranged(stub, source, dataclasses.replace(SILENT, **PLANS, **weight), note=1.0)
    assert struck(arrangement, 0) == [pitch]


@pytest.mark.parametrize(("weight", "pitch"), [({}, C5), ({"in_melody": 3.0}, C4)])
def test_no_note_comes_above_the_melody(weight, pitch):
    source = Notes.of([0, 0], [4, 4], [E4, G4], [64, 64])
    stub = Stub(onsets={(0, G4): 9.0, (0, C5): 2.0, (0, C4): 1.5})
    arrangement = arranged(stub, source, dataclasses.replace(SILENT, **PLANS, **weight))
    assert struck(arrangement, 0) == sorted([G4, pitch])


def test_a_melody_note_that_sounds_on_is_not_struck_again():
    """At the further onset the reviser prefers the low C; the melody has no note there."""
    source = Notes.of([0, 0], [4, 4], [C4, C5], [64, 64])
    stub = Stub(onsets={(8, C4): 1.0}, holds={(8, C5): 1.0})
    weights = dataclasses.replace(SILENT, **PLANS, stays_onset=6.0, stays_hold=4.0, in_melody=3.0)
    arrangement = arranged(stub, source, weights, rhythm=2 / 16)
    assert struck(arrangement, 0) == [C4, C5] and struck(arrangement, 8) == [C4]


@pytest.mark.parametrize(("weight", "pitch"), [({}, 61), ({"in_harmony": 2.0}, C5)])
def test_new_notes_are_of_the_pitch_classes_that_are_heard(weight, pitch):
    source = Notes.of([0, 0], [4, 4], [C4, E4], [64, 64])
    stub = Stub(onsets={(0, C4): 9.0, (0, 61): 1.0, (0, C5): 0.5, (0, E4): -5.0})
    arrangement = arranged(stub, source, dataclasses.replace(SILENT, **PLANS, **weight))
    assert struck(arrangement, 0) == [C4, pitch]


@pytest.mark.parametrize(("legato", "pitches"), [(0.0, [61, 62]), (1.0, [61, 62]), (2.0, [62])])
def test_legato_speaks_for_holds_and_as_much_against_onsets(legato, pitches):
    """One note is struck at the further onset; the other is struck at log-odds of 3 or held."""
    source = Notes.of([0, 0], [4, 4], [C4, E4], [64, 64])
    request = asking(arrangement_request([source]), rhythm=2 / 16)
    request = dataclasses.replace(request, legato=torch.tensor([legato]))
    label_logits = {"rhythm": torch.zeros(1, 16, 3)}
    label_logits["rhythm"][:, 8, ONSET] = 5.0
    stub = Stub(onsets={(0, C4): 99.0, (0, E4): 99.0, (8, 62): 9.0, (8, 61): 3.0})
    weights = dataclasses.replace(SILENT, **PLANS)
    keys = torch.zeros(1, dtype=torch.long)
    (arrangement,) = arrange(stub, request, label_logits, keys, weights=weights)
    assert struck(arrangement, 8) == pitches


def test_seeds_differ_in_the_notes_struck_and_held():
    source = Notes.of([0, 0], [4, 0.25], [C4, E4], [64, 64])
    request = arrangement_request([source] * 8)
    stub, keys = Stub(), torch.zeros(8, dtype=torch.long)
    weights = dataclasses.replace(SILENT, **PLANS, note_noise=2.0)
    versions = arrange(stub, request, {}, keys, seeds=range(8), weights=weights)
    assert len({tuple(struck(version, 0)) for version in versions}) == 8
    stub = Stub(onsets={(0, C4): 99.0, (0, E4): 99.0})
    versions = arrange(stub, request, {}, keys, seeds=range(8), weights=weights)
    assert {tuple(version.pitch[version.offset > 3.5]) for version in versions} == {(C4,), (E4,)}


def test_a_second_pass_shows_the_reviser_its_own_choice():
    source = Notes.of([0], [4], [C4], [64])
    stub = Stub(onsets={(0, E4): 9.0})
    weights = dataclasses.replace(SILENT, **PLANS, passes=3)
    arranged(stub, source, weights)
    pitches = [grid.onset[0, 0].nonzero().flatten().tolist() for grid in stub.grids]
    assert pitches == [[C4 - 21], [E4 - 21], [E4 - 21]]


def plan(weights: ArrangementWeights, label_logits: dict, **densities: float) -> LabelPlan:
    source = Notes.of([0, 0, 2], [2, 2, 4], [C4, G4, E4], [64] * 3)
    request = asking(arrangement_request([source]), **densities)
    none = torch.zeros(1, 16, 88, dtype=torch.long)
    return _plans(request, label_logits, torch.zeros(1, 1, 16, 19), weights, Repeats(none, none))


@pytest.mark.parametrize(("weight", "step"), [(0.0, 11), (3.0, 5)])
def test_label_decoders_say_where_a_further_onset_comes(weight, step):
    """The segment's preference is equal for both steps; the decoder's is as strong as possible."""
    label_logits = {"rhythm": torch.zeros(1, 16, 3), "note": torch.zeros(1, 16, 16)}
    label_logits["rhythm"][:, 5, ONSET] = 9.0
    weights = dataclasses.replace(SILENT, stays_rhythm=3.0, stays_note=1.0, rhythm_decoder=weight)
    plans = plan(weights, label_logits, rhythm=3 / 16)
    onsets = (plans.rhythm[0] == ONSET).nonzero().flatten().tolist()
    assert {0, 8} < set(onsets) and (5 in onsets) is (weight > 0)


@pytest.mark.parametrize("stays", [8.0, 2.0])
def test_a_label_decoder_that_is_certain_does_not_overrule_the_segment(stays):
    label_logits = {"rhythm": torch.zeros(1, 16, 3), "note": torch.zeros(1, 16, 16)}
    label_logits["rhythm"][:, 5, ONSET] = label_logits["rhythm"][:, 8, HOLD] = 1000.0
    weights = dataclasses.replace(SILENT, stays_rhythm=stays, stays_note=1.0, rhythm_decoder=1.0)
    plans = plan(weights, label_logits, rhythm=2 / 16)
    assert (plans.rhythm[0] == ONSET).nonzero().flatten().tolist() == [0, 8]


def test_labels_stay_where_nothing_speaks_against_them():
    for weights in ({"stays_rhythm": 3.0, "stays_note": 1.0}, {}):
        plans = plan(dataclasses.replace(SILENT, **weights), {}, rhythm=3 / 16, note=18 / 16)
        stays = {0, 8} < set((plans.rhythm[0] == ONSET).nonzero().flatten().tolist())
        distance = int((plans.note[0] - torch.tensor([2] * 8 + [1] * 8)).abs().sum())
        assert (stays and distance == 6) is bool(weights)


@pytest.mark.parametrize(("weight", "step"), [(0.0, None), (2.0, 12)])
def test_a_note_decoder_says_where_a_further_note_sounds(weight, step):
    label_logits = {"note": torch.zeros(1, 16, 16)}
    label_logits["note"][:, 12:, 2] = 9.0
    label_logits["rhythm"] = torch.zeros(1, 16, 3)
    weights = dataclasses.replace(SILENT, stays_rhythm=3.0, stays_note=1.0, note_decoder=weight)
    plans = plan(weights, label_logits, rhythm=3 / 16, note=28 / 16)
    assert (plans.note[0, 12:].tolist() == [2] * 4) is (step is not None)


def test_the_nearest_candidate_by_harmony_key_and_kept_notes():
    """Against a plain computation, on draws where each of the three decides at least once."""

    def density(grid: Grid, row: int) -> np.ndarray:
        """Steps that each pitch class sounds, C first."""
        steps = (grid.onset + grid.hold)[row].sum(0).numpy()
        return np.bincount((np.arange(88) + 21) % 12, weights=steps, minlength=12)

    rng = np.random.default_rng(0)
    decided = set()
    for _ in range(60):
        base = (rng.random((1, 16, 88)) < 0.01).astype(np.float32)
        drift = (rng.random((4, 16, 88)) < 0.01) & (np.arange(88) % 12 < 7)
        candidates = np.where(rng.random((4, 16, 88)) < 0.6, base, 0) + drift * (1 - base)
        source, grids = (
            Grid(torch.tensor(x, dtype=torch.float32), torch.zeros(x.shape), torch.zeros(x.shape))
            for x in (base, candidates)
        )
        source_density = density(source, 0)
        parts = np.zeros((3, 4))
        for row in range(4):
            candidate_density = density(grids, row)
            parts[0, row] = (
                source_density
                @ candidate_density
                / np.linalg.norm(source_density)
                / np.linalg.norm(candidate_density)
            )
            keys = [key.correlations(x).argmax() for x in (source_density, candidate_density)]
            parts[1, row] = keys[0] == keys[1]
            hits = (base[0] * candidates[row]).sum()
            parts[2, row] = 0.3 * 2 * hits / (base.sum() + candidates[row].sum())
        best = int(parts.sum(0).argmax())
        decided |= {i for i in range(3) if int(np.delete(parts, i, 0).sum(0).argmax()) != best}
        assert _nearest(source, grids, 4, 0.3).tolist() == [best]
    assert decided == {0, 1, 2}
