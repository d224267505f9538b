"""What an arrangement prefers, with a reviser and label decoders whose say is fixed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from fadernets.arranger.arrange import arrange
from fadernets.arranger.candidate_plans import candidate_plans
from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.nearness import nearness
from fadernets.arranger.request import arrangement_request
from fadernets.arranger.weights import ArrangementWeights
from fadernets.music import key
from fadernets.music.attributes import HOLD, ONSET
from fadernets.music.grid import Grid
from fadernets.music.notes import Notes
from tests.fadernets.arranger.density_requests import asking

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


@pytest.mark.parametrize(("likely", "pitches"), [(0.25, [61, 62]), (0.75, [62])])
def test_where_more_is_asked_for_a_note_is_held_longer_if_that_is_likelier(likely, pitches):
    """Rather than another one struck, and never in place of one that goes on (E4, at 0)."""
    source = Notes.of([0, 0], [2, 4], [C4, E4], [64, 64])
    counts = torch.zeros(1, 16, 16)
    counts[:, 8, 3] = 9.0  # three notes at the further onset: E held, one struck, one of either
    stub = Stub(onsets={(8, 62): 5.0, (8, 61): 0.5}, holds={(8, C4): likely})
    weights = dataclasses.replace(
        SILENT, **PLANS, note_decoder=1.0, stays_onset=6.0, stays_hold=4.0
    )
    arrangement = arranged(stub, source, weights, counts, rhythm=2 / 16, note=26 / 16)
    assert struck(arrangement, 8) == pitches
    assert arrangement.offset[(arrangement.pitch == E4) & (arrangement.onset == 0)] == [4.0]


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
    return candidate_plans(request, label_logits, torch.zeros(1, 1, 16, 19), weights, none.sum(2))


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
        assert nearness(source, grids, 4, 0.3).argmax(1).tolist() == [best]
    assert decided == {0, 1, 2}
