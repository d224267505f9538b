"""Scores and takes to a click follow the beats of their files; other takes do not."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.examples import EXAMPLES, load
from fadernets.music.pulse import MANY_NOTES, MIN_NOTES, follows_beats
from tests.fadernets.music.takes import take


@pytest.mark.slow
@pytest.mark.parametrize("key", EXAMPLES)
def test_scores_and_takes_to_a_click_follow_the_beats(key):
    piece = load(key)
    assert piece.follows_beats and take(piece, 0.015).follows_beats
    assert not take(piece, 0.02, rate=1.0713).follows_beats


def test_too_few_notes_tell_nothing():
    anywhere = np.random.default_rng(0).uniform(0, 9, MIN_NOTES)
    assert follows_beats(anywhere[1:]) and not follows_beats(anywhere)


@pytest.mark.parametrize("notes_a_beat", [1, 2, 3, 4, 6, 8, 16])
def test_short_notes_of_a_slow_movement_follow_the_beats(notes_a_beat):
    """Even where every second one stands between two of the longer notes."""
    assert follows_beats(np.arange(MANY_NOTES) / notes_a_beat)


def test_many_notes_anywhere_follow_no_beats():
    rng = np.random.default_rng(0)
    assert not any(follows_beats(rng.uniform(0, 99, MANY_NOTES)) for _ in range(500))
