"""Seconds and beats of a piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fadernets.music.generated import piece, pieces


def test_seconds_follow_the_tempo_map():
    music = piece([(0, 1, 60, 64)], length=12, tempo=[(0, 60), (4, 120), (8, 30)])
    assert music.seconds(np.array([0, 2, 4, 6, 8, 9])).tolist() == [0, 2, 4, 5, 6, 8]
    assert music.duration == 14
    assert music.seconds(5.0) == 4.5
    assert music.beats(4.5) == 5.0


@pytest.mark.slow
@given(pieces(), st.lists(st.floats(0, 40), min_size=1))
def test_beats_invert_seconds(music, beats):
    beats = np.array(beats)
    assert np.allclose(music.beats(music.seconds(beats)), beats)
    assert (np.diff(music.seconds(np.sort(beats))) >= 0).all()
