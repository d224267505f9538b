"""Classifiers of arousal, cross-fitted to toy music: fast is high, slow is low."""

import numpy as np
import pytest

from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from tests.fadernets import tiny
from tests.train.evaluation.toy_music import toy
from train.data import corpora
from train.evaluation import arousal_classifiers
from train.evaluation.arousal_classifiers import KINDS, Rated, fit, heard, rated
from train.metrics.arousal_features import Heard

PIECES, EACH = 12, 6


@pytest.fixture(scope="module")
def music() -> Rated:
    rng = np.random.default_rng(0)
    high = np.repeat(np.arange(PIECES) % 2 == 0, EACH)
    piece = np.repeat([f"p{i}" for i in range(PIECES)], EACH)
    return Rated([toy(9 if h else 4, rng) for h in high], high, piece)


@pytest.fixture(scope="module")
def classifiers(music):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arousal_classifiers, "FOLDS", 4)
        return arousal_classifiers.fitted(music, {f"p{i}" for i in range(8)}, seed=0)


def test_every_kind_tells_fast_from_slow(classifiers):
    rng = np.random.default_rng(1)
    slow, fast = toy(3, rng), toy(10, rng)
    for name in ("regression", "regression, unseen pieces", "regression with loudness"):
        low, high = classifiers[name].log_odds([slow, fast])
        assert low < 0 < high, name
        assert classifiers[name].auc(0)[0] > 0.9
    assert set(classifiers) == {kind.name for kind in KINDS}


def test_a_piece_is_scored_by_fits_that_left_it_out(music, classifiers):
    each = classifiers["regression"]
    rows = np.flatnonzero(music.piece == "p3")
    own = each.log_odds([music.heard[i] for i in rows], "p3")
    assert own == pytest.approx(each.scores[rows])
    assert own != pytest.approx(each.log_odds([music.heard[i] for i in rows]))
    left_out = [pieces for pieces, _ in each.fits]
    assert sorted(name for pieces in left_out for name in pieces) == sorted(set(music.piece))


def test_only_those_that_hear_loudness_change_with_it(classifiers):
    soft, loud = (toy(6, np.random.default_rng(2), velocity) for velocity in (30, 110))
    for kind in KINDS:
        odds = classifiers[kind.name].log_odds([soft, loud])
        assert (odds[0] == odds[1]) or not kind.is_deaf


def test_what_features_add_is_the_change(classifiers):
    rng = np.random.default_rng(3)
    before, after = [toy(8, rng) for _ in range(5)], [toy(4, rng) for _ in range(5)]
    each = classifiers["regression"]
    change = (each.log_odds(after) - each.log_odds(before)).mean()
    added = each.contributions(before, after)
    assert sum(added.values()) == pytest.approx(change)
    assert added["strikes a second"] < 0
    assert list(each.weights) == list(added)
    with pytest.raises(ValueError, match="no weights"):
        classifiers["boosted trees"].contributions(before, after)


def test_silence_is_not_heard(classifiers):
    odds = classifiers["regression"].log_odds([Heard(Notes.empty(), 2.0)])
    assert np.isnan(odds).all()


def test_too_few_pieces_are_a_sentence(music):
    with pytest.raises(ValueError, match="too few for 10 folds"):
        fit(KINDS[0], music.of({"p0", "p1"}), 0)


def test_seconds_follow_the_tempo():
    notes = Notes.of([0, 1, 2, 3], [1, 2, 3, 4], [60, 62, 64, 65], [64] * 4)
    source = tiny.piece([notes, notes], tempo=[(0, 120), (4, 60)])
    first, second = (heard(s, s.window.notes) for s in segments(source))
    assert first.notes.onset.tolist() == [0, 0.5, 1, 1.5]
    assert second.notes.offset.tolist() == [1, 2, 3, 4]
    assert (first.seconds, second.seconds) == (2.0, 4.0)


def test_rated_segments_are_those_with_a_clear_rating(corpus):
    segments = rated(corpora.vgmidi(corpus.vgmidi))
    assert len(segments.high) == 60
    assert segments.high.mean() == 0.5
    assert set(segments.piece) == {f"vgmidi/game{i}" for i in range(6)}
