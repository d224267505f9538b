from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fadernets import FaderNet, Notes, mood_classifier
from survey.building import selection
from survey.building.corpus import Work
from survey.building.selection import SelectionError, fingerprint
from tests.fadernets import tiny


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return FaderNet.load()


@pytest.fixture(scope="module")
def works() -> list[Work]:
    return [Work(f"piece {n}", tiny.piece(tiny.bars(10, seed=n))) for n in range(8)]


def listener(segments):
    return mood_classifier.of_arousal().probability(segments)


def pool(works, seed=0):
    return selection.pool(works, listener, np.random.default_rng(seed), lambda *_: None)


@pytest.fixture(scope="module")
def heard(works) -> selection.Pool:
    return pool(works)


@pytest.fixture
def candidates(heard) -> selection.Pool:
    """The pool of all works; a copy, since choosing notes down what did not change."""
    return replace(heard, unchanged=[])


def choose(candidates, net, target="high", count=4, strengths=(1.0,), seed=0):
    return selection.choose(candidates, net, target, count, strengths, np.random.default_rng(seed))


@pytest.mark.slow
def test_low_goes_high_and_high_goes_low(net, candidates):
    low, high = candidates.limits
    assert low < high
    for target, fits in (("high", lambda a: a <= low), ("low", lambda a: a >= high)):
        takes = choose(candidates, net, target)
        assert len(takes) == 4
        for take in takes:
            arousal = listener([take.candidate.notes])[0]
            assert take.candidate.arousal == pytest.approx(arousal)
            assert take.target == target and fits(arousal)


def test_arousal_on_the_wrong_side_is_no_candidate_for_a_model_that_says_so():
    def candidate(arousal):
        return selection.SegmentCandidate("", 0, Notes.empty(), np.zeros((1, 2)), 2.0, arousal)

    calm = [candidate(a) for a in (0.1, 0.2, 0.3)]
    lively = [candidate(a) for a in (0.6, 0.7, 0.9)]

    def chosen(candidates, limits, arousal, own_sides):
        pool = selection.Pool(candidates, {}, limits, own_sides)
        return [c.arousal for c in pool.of(arousal)]

    assert chosen(calm, (0.1, 0.2), "low", own_sides=True) == [0.1]
    assert chosen(calm, (0.1, 0.2), "high", own_sides=True) == []
    assert chosen(lively, (0.6, 0.9), "low", own_sides=True) == []
    assert chosen(lively, (0.6, 0.9), "high", own_sides=True) == [0.9]
    # Of music that is lively as a whole the calmest is calm, and the other way round.
    assert chosen(lively, (0.6, 0.9), "low", own_sides=False) == [0.6]
    assert chosen(calm, (0.1, 0.2), "high", own_sides=False) == [0.2, 0.3]


@pytest.mark.slow
def test_a_transfer_is_of_its_own_segment(net, candidates):
    takes = choose(candidates, net, strengths=(0.5, 1.0))
    for take in takes:
        assert list(take.results) == [0.5, 1.0]
        for strength, result in take.results.items():
            # Computed alone, a note may round to another; those of other segments nearly all are.
            (alone,) = net.transfer([take.candidate.notes], "high", strength)
            same = set(fingerprint(alone)) & set(fingerprint(result))
            assert len(same) > 0.75 * len(set(fingerprint(alone)))
            assert len(result) and fingerprint(result) != fingerprint(take.candidate.notes)


@pytest.mark.slow
def test_the_seed_decides(works, net):
    def drawn(seed):
        candidates = pool(works, seed)
        return [(t.candidate.work, t.candidate.index) for t in choose(candidates, net, seed=seed)]

    first = drawn(1)
    assert drawn(1) == first and drawn(2) != first


@pytest.mark.slow
def test_pieces_take_turns(net, candidates):
    usable = Counter(c.work for c in candidates.of("low"))
    count = len(usable)
    assert len({t.candidate.work for t in choose(candidates, net, count=count)}) == count
    limit = sum(min(n, selection.MOST_EACH) for n in usable.values())
    drawn = Counter(t.candidate.work for t in choose(candidates, net, count=limit - 2))
    assert max(drawn.values()) <= selection.MOST_EACH


@pytest.mark.slow
def test_too_few_is_one_sentence(works, net):
    candidates = pool(works[:1])
    with pytest.raises(SelectionError, match=r"^Only \d segments of low arousal can be used"):
        choose(candidates, net, count=30)


def test_too_little_is_told_before_it_is_transferred(works, heard):
    with pytest.raises(SelectionError) as error:
        selection.require_pieces(3, 11)
    assert str(error.value) == (
        "Of 3 pieces at most 3 segments each can be taken in each direction, and 11 are needed, "
        "practice included: give more pieces or ask for 8 pairs at most."
    )
    selection.require_pieces(3, 9)
    candidates = pool(works[:1])
    with pytest.raises(SelectionError, match=r"^Only \d segments of (low|high) arousal"):
        selection.require(candidates, 4)
    selection.require(heard, 3)


def test_segments_alike_count_once():
    bars = tiny.bars(3)
    louder = replace(bars[0], velocity=np.minimum(bars[0].velocity + 5, 127))
    piece = Work("piece", tiny.piece([bars[0], bars[1], bars[0], louder]))
    repeated = Work("again", tiny.piece([bars[1], bars[0]]))
    candidates = pool([piece, repeated])
    assert sorted(c.index for c in candidates.candidates if c.index in (1,)) == [1]
    assert len(candidates.candidates) == 2
    assert candidates.left_out == {"again": "its segments are the same as another piece's"}


@pytest.mark.parametrize(("tempo", "word"), [(39, "too slow"), (250, "too fast")])
def test_no_tempo_that_tires_or_hurries(tempo, word):
    odd = Work("odd", tiny.piece(tiny.bars(2), tempo=((0, tempo),)))
    candidates = pool([odd])
    assert candidates.candidates == [] and candidates.left_out["odd"].startswith(word)


def test_a_piece_without_usable_segments_is_named():
    drone = Notes.of([0.0], [8.0], [60], [64])
    candidates = pool([Work("drone", tiny.piece([drone, drone]))])
    assert candidates.left_out == {"drone": "no segment of it can be used by the model"}


def test_segments_keep_their_tempo():
    piece = tiny.piece(tiny.bars(3), tempo=((0, 60), (6, 120), (8, 90)))
    by_index = {c.index: c for c in pool([Work("piece", piece)]).candidates}
    assert by_index[0].tempo.tolist() == [[0, 60]] and by_index[0].seconds == 4
    assert by_index[1].tempo.tolist() == [[0, 60], [2, 120]] and by_index[1].seconds == 3
    assert by_index[2].tempo.tolist() == [[0, 90]]


class Stubborn(FaderNet):
    """Gives some segments back as they are, and nothing at all for others."""

    def transfer(self, source, target, strength=1.0, *, seed=None):
        played = super().transfer(source, target, strength, seed=seed)
        played[0] = source[0]
        played[1] = Notes.empty()
        return played


@pytest.mark.slow
def test_no_change_is_passed_over_and_told(net, candidates):
    willing = choose(candidates, net, count=5)
    assert candidates.unchanged == []
    takes = choose(candidates, Stubborn(net.model, net.scales), count=3)
    first = [(t.candidate.work, t.candidate.index) for t in willing]
    assert candidates.unchanged == first[:2]
    assert [(t.candidate.work, t.candidate.index) for t in takes] == first[2:5]
