"""Features of arousal worked out by hand, and their deafness."""

import numpy as np
import pytest

from fadernets.music.notes import Notes
from train.metrics.arousal_features import (
    AVERAGES,
    DISTRIBUTIONS,
    OF_ONSETS,
    Heard,
    averages,
    distributions,
    loudness,
    without_onsets,
)

# A chord that is held for half a second, a low note, a high one; a key rings in for a second.
MUSIC = Heard(
    Notes.of(
        [-1.0, 0.0, 0.01, 0.5, 1.5], [1.0, 0.5, 0.5, 1.5, 1.75], [60, 64, 67, 40, 67],
        [30, 60, 60, 70, 80],
    ),
    seconds=2.0,
)  # fmt: skip


def test_averages_by_hand():
    values = averages(MUSIC)
    assert values["strikes a second"] == pytest.approx(np.log(3 / 2))
    assert values["notes a second"] == pytest.approx(np.log(4 / 2))
    assert values["notes a strike"] == pytest.approx(4 / 3)
    assert values["highest line"] == pytest.approx((67 + 40 + 67) / 3)
    assert values["lowest line"] == pytest.approx((64 + 40 + 67) / 3)
    assert values["bass"] == 0.25
    assert values["intervals of the highest line"] == 27
    assert values["repeats"] == 0
    # gaps are .5, 1 and .5 seconds
    assert values["detached"] == 0.25
    in_gaps = [0.5 / 0.5, 0.49 / 0.5, 1 / 1, 0.25 / 0.5]
    assert values["length in gaps"] == pytest.approx(np.log(in_gaps).mean())
    # two or three keys to .5 (the third from .01), two to 1, one to 1.75, silence to 2
    assert values["silence"] == pytest.approx(0.125)
    assert values["keys that sound"] == pytest.approx((1.0 + 0.5 + 0.49 + 1.0 + 0.25) / 2)
    assert set(values) == set(AVERAGES)


def test_distributions_by_hand():
    values = distributions(MUSIC)
    assert values["gap, 0%"] == values["gap, 50%"] == 0.5
    assert values["gap, 100%"] == 1
    assert values["length, 100%"] == 1
    assert values["pitch, 0%"] == 40
    assert values["0 keys sound"] == pytest.approx(0.125)
    assert values["thirds and sixths struck"] == 1
    assert values["octaves struck"] == 0
    assert values["line leaps up"] == values["line leaps down"] == 0.5
    assert values["largest strike"] == 2
    assert values["fastest place"] == 1
    assert values["pitch classes"] == 3  # C that rings in, E twice (40 is one), G
    assert set(values) == set(DISTRIBUTIONS)


def test_of_music_without_a_strike_only_time_is_known():
    ringing = Heard(Notes.of([-1], [1], [60], [60]), 2.0)
    values = averages(ringing)
    assert values["strikes a second"] == pytest.approx(np.log(0.25))
    assert values["silence"] == values["keys that sound"] == 0.5
    assert np.isnan(values["pitch"])
    assert distributions(ringing)["gap, 50%"] == 2.0
    assert set(values) == set(AVERAGES)
    assert set(distributions(ringing)) == set(DISTRIBUTIONS)
    assert np.isnan(loudness(ringing)["velocity"])


def test_no_feature_but_loudness_hears_loudness():
    notes = MUSIC.notes
    louder = Heard(Notes(notes.onset, notes.offset, notes.pitch, notes.velocity + 9), 2.0)
    assert averages(louder) == averages(MUSIC)
    assert distributions(louder) == distributions(MUSIC)
    assert loudness(louder)["velocity"] == loudness(MUSIC)["velocity"] + 9


def test_some_features_do_not_tell_how_often_anything_is_struck():
    assert set(AVERAGES) - set(without_onsets(MUSIC)) == set(OF_ONSETS)
