"""Classifiers gain from what tells toy music apart, and from nothing else."""

from __future__ import annotations

import numpy as np

from tests.train.evaluation.toy_music import toy
from train.evaluation import arousal_classifiers
from train.evaluation.arousal_classifiers import DENSITIES, TEMPO, Rated
from train.evaluation.arousal_gains import MEANS, gains
from train.metrics.arousal_features import Heard

PIECES, EACH = 12, 6


def test_tempo_is_what_tells_them_apart(monkeypatch):
    monkeypatch.setattr(arousal_classifiers, "FOLDS", 4)
    rng = np.random.default_rng(0)
    high = np.repeat(np.arange(PIECES) % 2 == 0, EACH)
    piece = np.repeat([f"p{i}" for i in range(PIECES)], EACH)
    music: list[Heard] = [toy(6, rng) for _ in high]
    tempo = np.where(high, np.log(120), np.log(90)) + rng.normal(0, 0.05, len(high))
    facts = {name: rng.normal(size=len(high)) for name in DENSITIES} | {TEMPO: tempo}
    nothing, *others = gains(Rated(music, high, piece, facts), seed=0)
    assert nothing.means == [] and max(nothing.aucs.values()) < 0.7
    by_means = {tuple(gain.means): gain for gain in others}
    assert set(by_means) == {(name,) for name in MEANS} | {
        ("tempo", name) for name in MEANS if name != "tempo"
    }
    assert min(by_means["tempo",].aucs.values()) > 0.95
    assert max(by_means["mode",].aucs.values()) < 0.75
    for gain in others:
        for name, (low, end) in gain.intervals.items():
            assert low <= gain.aucs[name] <= end
