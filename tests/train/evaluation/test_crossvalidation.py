import numpy as np
import pytest

from train import metrics
from train.evaluation import crossvalidation
from train.evaluation.crossvalidation import aucs, interval, out_of_fold

PIECES, EACH = 40, 6


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(crossvalidation, "DRAWS", 200)


@pytest.fixture
def rated():
    """Segments of pieces with one rating each: piece, label, noise, a telling feature."""
    rng = np.random.default_rng(3)
    piece = np.repeat(np.arange(PIECES), EACH)
    high = (np.arange(PIECES) % 2 == 0)[piece]
    own = rng.normal(size=(PIECES, 30))[piece]  # the same throughout a piece, of no meaning
    return piece, high, own, high[:, None] + rng.normal(scale=0.5, size=(len(piece), 1))


def test_what_only_names_the_piece_tells_nothing_of_others(rated):
    piece, high, own, _ = rated
    assert metrics.auc(out_of_fold(own, high, piece, seed=0), high) < 0.65
    shuffled = np.random.default_rng(0).permutation(len(piece))  # segments dealt as if on their own
    assert metrics.auc(out_of_fold(own, high, shuffled, seed=0), high) > 0.75


def test_what_tells_pieces_apart_is_found(rated):
    piece, high, own, telling = rated
    scores = {
        "nothing": out_of_fold(own, high, piece, seed=0),
        "telling": out_of_fold(telling, high, piece, seed=0),
    }
    result = aucs(scores, high, piece, seed=0)
    low, top = result["telling"].interval
    assert 0.8 < low < result["telling"].auc < top <= 1
    assert result["nothing"].above_baseline == [0, 0]
    assert result["telling"].above_baseline[0] > 0.1
    assert aucs(scores, high, piece, seed=0) == result


def test_an_interval_is_of_pieces_not_of_segments():
    """The same score for all of a piece: more segments of each do not make it narrower."""
    rng = np.random.default_rng(1)
    high, score = np.arange(20) % 2 == 0, rng.normal(size=20)
    once = aucs({"s": score}, high, np.arange(20), seed=2)["s"].interval
    often = [np.repeat(x, 9) for x in (score, high, np.arange(20))]
    assert aucs({"s": often[0]}, often[1], often[2], seed=2)["s"].interval == once


def test_an_interval_by_hand():
    assert interval(np.arange(101) / 100) == [0.025, 0.975]


def test_too_few_pieces():
    with pytest.raises(ValueError, match="3 labelled pieces are too few for 10 folds"):
        out_of_fold(np.ones((6, 1)), np.ones(6, bool), np.arange(6) // 2, seed=0)
