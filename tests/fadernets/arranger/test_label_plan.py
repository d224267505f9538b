"""Plans are playable, have the densities asked for, and cost the least; checked by brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fadernets.arranger import label_plan
from fadernets.arranger.cheapest_paths import cheapest_paths
from fadernets.arranger.label_plan import LabelPlan, PlanLimits, cheapest, playable
from fadernets.music.attributes import HOLD, ONSET, REST


def costs(seed: int, size: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    rhythm = 3 * torch.rand(size, 16, 3, generator=generator)
    return rhythm, 3 * torch.rand(size, 16, 16, generator=generator)


def cost_of(best_plan: LabelPlan, rhythm: torch.Tensor, note: torch.Tensor) -> float:
    labels = rhythm.gather(2, best_plan.rhythm[:, :, None]).sum()
    return float(labels + note.gather(2, best_plan.note[:, :, None]).sum())


@pytest.mark.parametrize(
    ("rhythm", "note", "can"),
    [
        ([ONSET, HOLD, REST, ONSET], [2, 1, 0, 3], True),
        ([HOLD, HOLD, REST, ONSET], [2, 1, 0, 3], False),  # nothing to hold at the beginning
        ([ONSET, HOLD, REST, ONSET], [2, 3, 0, 3], False),  # more held than sounded
        ([ONSET, HOLD, REST, ONSET], [2, 1, 1, 3], False),  # a rest that sounds
        ([ONSET, HOLD, HOLD, ONSET], [2, 1, 0, 3], False),  # a hold of nothing
        ([ONSET, HOLD, REST, ONSET], [2, 1, 0, 0], False),  # an onset of nothing
    ],
)
def test_what_can_be_played(rhythm, note, can):
    assert playable(LabelPlan(torch.tensor([rhythm]), torch.tensor([note]))).item() is can


@pytest.mark.slow
@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(16, 200), st.booleans())
def test_a_plan_is_playable_and_exact(seed, onsets, notes, has_repeats):
    rhythm, note = costs(seed)
    generator = torch.Generator().manual_seed(seed)
    repeats = has_repeats * torch.randint(3, (1, 16), generator=generator)
    notes = min(notes, 60) if has_repeats else notes  # more may be out of reach
    best_plan = cheapest(rhythm, note, torch.tensor([onsets]), torch.tensor([notes]), repeats)
    assert playable(best_plan, repeats).all()
    assert int((best_plan.rhythm == ONSET).sum()) == onsets
    assert int(best_plan.note.sum()) == notes


@pytest.mark.parametrize("notes", [20, 40, 59])
def test_another_rhythm_where_this_one_cannot_sound_so_many(notes):
    """At most 15 notes are struck at the first step, of which all but one are of one key.

    Every price has all the steps of the cheap rhythm or none of the dear one's.
    """
    rhythm, note = torch.zeros(1, 16, 3), torch.zeros(1, 16, 16)
    rhythm[..., ONSET] = 8.0
    rhythm[:, 0, ONSET] = 0.0
    repeats = torch.zeros(1, 16, dtype=torch.long)
    repeats[:, 0] = 14  # the next step can hold one
    limits = replace(PlanLimits.of(1, 16), allowed=torch.ones(1, 16, 3, dtype=torch.bool))
    sums = torch.tensor([1]), torch.tensor([notes])
    best_plan = cheapest(rhythm, note, *sums, repeats, limits)
    assert playable(best_plan, repeats, limits).all()
    assert ((best_plan.rhythm == ONSET).sum(1), best_plan.note.sum(1)) == sums


def test_the_least_sum_keeps_one_note_an_onset():
    rhythm, note = costs(3)
    best_plan = cheapest(rhythm, note, torch.tensor([5]), torch.tensor([0]))
    assert int(best_plan.note.sum()) == 5
    assert int((best_plan.rhythm == REST).sum()) == 11


@pytest.fixture
def small(monkeypatch) -> list[LabelPlan]:
    """All plans that can be played, of four steps and at most three notes."""
    monkeypatch.setattr(label_plan, "STEPS", 4)
    monkeypatch.setattr(label_plan, "COUNTS", 4)
    monkeypatch.setattr(label_plan, "MAX_POLYPHONY", 3)
    plans = [
        LabelPlan(torch.tensor([rhythm]), torch.tensor([note]))
        for rhythm in itertools.product(range(3), repeat=4)
        for note in itertools.product(range(4), repeat=4)
        if rhythm[0] == ONSET
    ]
    return [plan for plan in plans if playable(plan)]


def small_costs(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rhythm, note = costs(seed)
    return rhythm[:, :4], note[:, :4, :4]


def sums(plan: LabelPlan) -> tuple[int, int]:
    """Onsets and notes of a plan."""
    return int((plan.rhythm == ONSET).sum()), int(plan.note.sum())


def path_of(
    rhythm: torch.Tensor, note: torch.Tensor, onsets: int, repeats, let_go=None, struck=None
) -> LabelPlan:
    """What the dynamic programme finds at no price."""
    limits = PlanLimits.of(1, 4)
    allowed = rhythm + label_plan.NEVER * ~limits.allowed
    programme = label_plan._costs(allowed, note, repeats, limits, None, let_go, struck)
    path = cheapest_paths(programme, np.array([onsets]), np.zeros(1, np.float32))
    return LabelPlan(*(torch.from_numpy(labels) for labels in path))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [(0, 0, 0, 0), (1, 0, 2, 0)])
def test_without_a_price_no_plan_is_cheaper(small, steps):
    """Also where notes of a step may be of one key, and cannot all be held."""
    rhythm, note = small_costs(1)
    repeats = torch.tensor([steps])
    plans = [plan for plan in small if playable(plan, repeats)]
    assert (len(plans) < len(small)) is any(steps)
    for onsets in (1, 2, 3, 4):
        least_cost = min(cost_of(plan, rhythm, note) for plan in plans if sums(plan)[0] == onsets)
        path = path_of(rhythm, note, onsets, repeats)
        assert playable(path, repeats) and sums(path)[0] == onsets
        assert cost_of(path, rhythm, note) == pytest.approx(least_cost, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [(1, 0, 2, 0)])
def test_notes_let_go_of_without_an_onset_cost_what_they_shall(small, steps):
    """By brute force, all of it but what must be let go of."""
    rhythm, note = small_costs(2)
    repeats, let_go = torch.tensor([steps]), torch.tensor([[9.0, 0.7, 0.0, 1.3]])
    lost = [0, *steps[:-1]]

    def cost(plan: LabelPlan) -> float:
        labels, counts = plan.rhythm[0].tolist(), plan.note[0].tolist()
        freely = (
            let_go[0, t].item() * (counts[t - 1] - lost[t] - counts[t])
            for t in range(1, 4)
            if labels[t] == HOLD and counts[t - 1] - lost[t] > counts[t]
        )
        return cost_of(plan, rhythm, note) + sum(freely)

    plans = [plan for plan in small if playable(plan, repeats)]
    for onsets in (1, 2, 3):
        least_cost = min(cost(plan) for plan in plans if sums(plan)[0] == onsets)
        path = path_of(rhythm, note, onsets, repeats, let_go)
        assert playable(path, repeats) and cost(path) == pytest.approx(least_cost, abs=1e-5)


@pytest.mark.slow
def test_numbers_of_notes_may_cost_otherwise_at_onsets(small):
    """By brute force, and with a repair."""
    rhythm, note = small_costs(3)
    struck = small_costs(4)[1]

    def cost(plan: LabelPlan) -> float:
        more = struck.gather(2, plan.note[:, :, None])[..., 0]
        return cost_of(plan, rhythm, note) + float((more * (plan.rhythm == ONSET)).sum())

    for onsets in (1, 2, 3, 4):
        plans = [plan for plan in small if sums(plan)[0] == onsets]
        path = path_of(rhythm, note, onsets, torch.zeros(1, 4, dtype=torch.long), None, struck)
        assert cost(path) == pytest.approx(min(map(cost, plans)), abs=1e-5)
        for plan in plans[::9]:
            total = torch.tensor([sums(plan)[1] + 1])
            near = [
                other
                for other in plans
                if sums(other)[1] == int(total)
                and int((other.note - plan.note).abs().sum()) == 1
                and ((other.rhythm == ONSET) == (plan.rhythm == ONSET)).all()
            ]
            if near:
                none = torch.zeros_like(plan.note)
                arguments = rhythm, note, total, none, PlanLimits.of(1, 4), struck, none[:, 0]
                repaired = label_plan._completed(plan, *arguments)
                assert cost(repaired) == pytest.approx(min(map(cost, near)), abs=1e-5)


@pytest.mark.slow
def test_a_sum_may_differ_by_its_slack(small):
    """Within it a plan has no price; beyond it as many notes as it must have, and cheap ones."""
    rhythm, note = small_costs(6)
    for onsets in (1, 2, 3):
        plans = [plan for plan in small if sums(plan)[0] == onsets]
        best = min(plans, key=lambda plan: cost_of(plan, rhythm, note))
        for total in range(onsets, 4 * 3 + 1):
            for slack in (0, 1, 3):
                targets = torch.tensor([onsets]), torch.tensor([total])
                plan = cheapest(rhythm, note, *targets, slack=torch.tensor([slack]))
                assert playable(plan).all() and abs(sums(plan)[1] - total) <= slack
                if abs(sums(best)[1] - total) <= slack:
                    cost = cost_of(plan, rhythm, note)
                    assert cost == pytest.approx(cost_of(best, rhythm, note), abs=1e-5)


@pytest.mark.slow
def test_whole_plans_are_nearly_the_cheapest_there_are(small):
    """By brute force. A price finds the cheapest plan of most sums; a repair is a note dearer."""
    excess = []
    for seed in range(12):
        rhythm, note = small_costs(seed)
        least_costs: dict[tuple[int, int], float] = {}
        for plan in small:
            cost = cost_of(plan, rhythm, note)
            least_costs[sums(plan)] = min(cost, least_costs.get(sums(plan), cost))
        pairs = list(least_costs)
        onsets, notes = torch.tensor(pairs).T
        size = len(pairs)
        plans = cheapest(rhythm.expand(size, -1, -1), note.expand(size, -1, -1), onsets, notes)
        for row, pair in enumerate(pairs):
            plan = LabelPlan(plans.rhythm[row : row + 1], plans.note[row : row + 1])
            assert playable(plan).all() and sums(plan) == pair
            excess.append(cost_of(plan, rhythm, note) - least_costs[pair])
    assert min(excess) > -1e-4
    assert np.mean(np.array(excess) < 1e-4) > 0.85  # with the dearest repairs .59
    assert np.mean(excess) < 0.1  # of costs from 0 to 3 a label; with the dearest repairs .6


@pytest.mark.slow
@pytest.mark.parametrize("change", [-1, 1])
def test_a_repair_changes_the_cheapest_note(small, change):
    """By brute force over all plans that differ in one note and keep their onsets."""
    rhythm, note = small_costs(5)
    compared = 0
    for plan in small[::7]:
        onsets, notes = sums(plan)
        neighbours = [
            neighbour
            for neighbour in small
            if sums(neighbour) == (onsets, notes + change)
            and int((neighbour.note - plan.note).abs().sum()) == 1
            and ((neighbour.rhythm == ONSET) == (plan.rhythm == ONSET)).all()
        ]
        if not neighbours:
            continue
        least_cost = min(cost_of(neighbour, rhythm, note) for neighbour in neighbours)
        none = torch.zeros_like(plan.note)
        arguments = rhythm, note, torch.tensor([notes + change]), none, PlanLimits.of(1, 4)
        repaired = label_plan._completed(plan, *arguments, torch.zeros_like(note), none[:, 0])
        assert sums(repaired) == (onsets, notes + change) and playable(repaired).all()
        assert cost_of(repaired, rhythm, note) == pytest.approx(least_cost, abs=1e-5)
        compared += 1
    assert compared > 20


def test_a_plan_with_the_densities_it_has_stays():
    rhythm = torch.tensor([[2, 1, 1, 0, 2, 1, 2, 2, 2, 1, 1, 1, 0, 0, 2, 1]])
    note = torch.tensor([[3, 3, 1, 0, 2, 2, 1, 4, 5, 5, 5, 2, 0, 0, 1, 1]])
    dear = 5.0 * (torch.arange(3) != rhythm[..., None])
    note_costs = (torch.arange(16) - note[..., None]).abs().float()
    best_plan = cheapest(dear, note_costs, (rhythm == ONSET).sum(1), note.sum(1))
    assert best_plan.rhythm.equal(rhythm) and best_plan.note.equal(note)


def test_rows_do_not_depend_on_each_other():
    rhythm, note = costs(7, size=5)
    onsets, notes = torch.tensor([1, 4, 8, 12, 16]), torch.tensor([16, 40, 70, 90, 150])
    together = cheapest(rhythm, note, onsets, notes)
    for i in range(5):
        alone = cheapest(rhythm[i : i + 1], note[i : i + 1], onsets[i : i + 1], notes[i : i + 1])
        assert alone.rhythm.equal(together.rhythm[i : i + 1])
        assert alone.note.equal(together.note[i : i + 1])


def test_a_pace_spreads_onsets_over_the_beats():
    rhythm, note = costs(11, size=4)
    rhythm[:, 8:, ONSET] += 2.0  # without a pace they come in the first half
    onsets, notes = torch.full((4,), 8), torch.full((4,), 30)
    pace = 9.0 * (torch.arange(17) - torch.tensor([2, 4, 6])[:, None]).abs().expand(4, 3, 17)
    first_halves = []
    for costs_of_pace in (None, pace):
        plans = cheapest(rhythm, note, onsets, notes, pace=costs_of_pace)
        assert playable(plans).all() and ((plans.rhythm == ONSET).sum(1) == 8).all()
        first_halves.append((plans.rhythm[:, :8] == ONSET).sum(1))
    assert (first_halves[0] >= 5).all() and (first_halves[1] == 4).all()


def test_too_many_onsets_are_refused():
    with pytest.raises(ValueError, match="17"):
        cheapest(*costs(0), torch.tensor([17]), torch.tensor([40]))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [(1, 0, 2, 0), (3, 1, 1, 1)])
def test_the_least_and_the_greatest_sum_are_those_of_a_plan(small, steps):
    """By brute force over all plans with so many onsets."""
    repeats, limits = torch.tensor([steps]), PlanLimits.of(1, 4)
    limits = replace(limits, most_struck=limits.most_struck.clamp(max=3))
    plans = [plan for plan in small if playable(plan, repeats)]
    for onsets in (1, 2, 3, 4):
        totals = [sums(plan)[1] for plan in plans if sums(plan)[0] == onsets]
        least, greatest = label_plan.sums(torch.tensor([onsets]), repeats, limits)
        assert (int(least), int(greatest)) == (min(totals), max(totals))
