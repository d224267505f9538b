"""Naturalness: pairs of the same densities, and what two classifiers tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fadernets.music.notes import Notes
from train.metrics import naturalness
from train.metrics.naturalness import FARTHEST, Cut, Windows, pair, separability
from train.metrics.window_features import LOUDNESS, features

SD = np.array([0.2, 1.0])


def drawn(rng: np.random.Generator, count: int, groups: range, late: float = 0.0) -> Windows:
    """Windows of eight notes at random; `late` shifts every second of them, in beats."""
    notes = []
    for _ in range(count):
        onset = np.sort(rng.uniform(0, 3.5, 8))
        onset[1::2] += late * rng.uniform(0.5, 1.5, 4)
        notes.append(Notes.of(onset, onset + 0.3, rng.integers(40, 80, 8), [80] * 8))
    return Windows(
        [features(n, 16) for n in notes],
        np.column_stack([rng.uniform(0.3, 0.6, count), rng.uniform(1, 4, count)]),
        rng.choice(np.array(groups), count),
    )


def test_pairs_are_of_other_performances_near_in_density_and_use_no_window_twice() -> None:
    rng = np.random.default_rng(0)
    changed, real = drawn(rng, 60, range(6)), drawn(rng, 400, range(10))
    pairs = pair(changed, real, SD)
    assert 30 < len(pairs) <= 60
    assert len(set(pairs[:, 1])) == len(pairs)
    assert (changed.group[pairs[:, 0]] != real.group[pairs[:, 1]]).all()
    apart = np.abs(changed.densities[pairs[:, 0]] - real.densities[pairs[:, 1]]) / SD
    assert (apart.sum(1) <= FARTHEST).all()


def test_nothing_near_gives_no_pair() -> None:
    rng = np.random.default_rng(0)
    changed, real = drawn(rng, 5, range(5)), drawn(rng, 50, range(10))
    far = Windows(changed.features, changed.densities + 9, changed.group)
    assert pair(far, real, SD).shape == (0, 2)


def test_measures_of_changed_windows_stand_beside_those_of_their_real_ones(monkeypatch) -> None:
    """Notes of all windows are pooled; real windows that are in no pair do not count."""
    monkeypatch.setattr(naturalness, "classifiers", lambda seed: {})
    rng = np.random.default_rng(0)
    changed, real = drawn(rng, 10, range(5)), drawn(rng, 20, range(5, 9))
    paired = set(pair(changed, real, SD)[:, 1].tolist())
    assert 0 < len(paired) < 20
    one_in_four = Cut(Notes.of([0, 0.5, 1, 2], [0.1, 1, 2, 3], [60] * 4, [80] * 4), 16)
    alike = Cut(Notes.of(np.arange(4), np.arange(4) + 0.5, [60] * 4, [80] * 4), 16)
    short = Cut(Notes.of([0], [0.1], [60], [80]), 16)
    changed = replace(changed, cuts=[one_in_four] * 10)
    real = replace(real, cuts=[alike if row in paired else short for row in range(20)])
    beside = separability(changed, real, SD, draws=1).measures
    assert beside["short notes"] == (pytest.approx(1 / 4), 0)
    assert beside["successive beats alike"] == (pytest.approx(0.5), 1)  # of 1/2, 1 and 0
    assert "chords for two hands" not in beside  # there are none


@pytest.mark.slow
def test_what_is_alike_cannot_be_told_and_what_differs_can() -> None:
    rng = np.random.default_rng(1)
    real = drawn(rng, 800, range(20))
    alike = separability(drawn(rng, 160, range(20, 30)), real, SD, draws=1)
    late = separability(drawn(rng, 160, range(20, 30), late=0.25), real, SD, draws=1)
    assert set(alike.aucs) == {"boosted trees", "random trees"}
    for name in alike.aucs:
        assert abs(alike.aucs[name] - 0.5) < 0.12
        assert late.aucs[name] > alike.aucs[name] + 0.15
    assert len(late.tells) == 5


@pytest.mark.slow
def test_who_is_deaf_to_loudness_cannot_tell_what_is_louder_alone() -> None:
    rng = np.random.default_rng(2)
    real, changed = drawn(rng, 800, range(20)), drawn(rng, 160, range(20, 30))
    for row in changed.features:
        row.update({name: row[name] + 20 for name in LOUDNESS})  # type: ignore[attr-defined]
    louder = separability(changed, real, SD, draws=1)
    for name in louder.aucs:
        assert louder.aucs[name] > 0.9
        assert abs(louder.deaf_aucs[name] - 0.5) < 0.12


def test_a_few_performances_are_not_judged() -> None:
    rng = np.random.default_rng(2)
    with pytest.raises(ValueError, match="5 performances"):
        separability(drawn(rng, 60, range(3)), drawn(rng, 400, range(10, 20)), SD)


def test_real_windows_are_taken_of_all_pieces():
    """Those of the first pieces are no nearer than others of the same densities."""
    features = [{"number": float(i)} for i in range(1000)]
    real = Windows(features, np.full((1000, 2), 0.5), np.repeat(np.arange(20), 50))
    changed = Windows(features[:100], np.full((100, 2), 0.5), np.full(100, 99))
    pairs = pair(changed, real, np.ones(2))
    assert len(set(pairs[:, 1])) == 100
    assert len(set(real.group[pairs[:, 1]])) > 15


@pytest.mark.slow
def test_an_auc_is_the_mean_of_several_drawings() -> None:
    rng = np.random.default_rng(3)
    real, changed = drawn(rng, 200, range(10)), drawn(rng, 40, range(10, 16), late=0.1)
    both = separability(changed, real, SD, seed=4, draws=2)
    one, other = (separability(changed, real, SD, seed=s, draws=1) for s in (4, 5))
    for name, auc in both.aucs.items():
        assert auc == pytest.approx((one.aucs[name] + other.aucs[name]) / 2)
        spread = abs(one.aucs[name] - other.aucs[name]) / 2
        assert both.spreads[name] == pytest.approx(spread) != 0
    assert set(one.spreads.values()) == {0.0}
