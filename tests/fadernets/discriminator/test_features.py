"""Features that the discriminator sees, by hand and whatever stands beside an arrangement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.discriminator.features import features
from fadernets.music.notes import Notes

# A third struck on the beat, its upper note again while it sounds, and a note that rings in.
BY_HAND = Notes.of(
    [-0.5, 0.0, 0.0, 1.0, 2.0],
    [0.5, 1.0, 2.0, 2.0, 4.0],
    [40, 60, 64, 67, 64],
    [50, 60, 60, 80, 70],
)


def test_features_by_hand() -> None:
    values = {name: float(value[0]) for name, value in features([BY_HAND], [16]).items()}
    assert values["strikes"] == 3 / 4 and values["notes"] == 1
    assert values["notes a strike"] == pytest.approx(4 / 3) and values["single notes"] == 2 / 3
    assert values["first strike"] == 0 and values["last strike"] == 2
    assert (values["gap"], values["gaps' spread"], values["gaps unlike"], values["gaps even"]) == (
        0,
        0,
        0,
        1,
    )
    assert values["gap, 5"] == 1 and sum(values[f"gap, {k}"] for k in range(7)) == 1
    assert [values[f"strikes at {step}"] for step in (0, 4, 8, 12)] == [1, 1, 1, 0]
    assert values["beats alike"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert values["strikes on beats"] == 1 and values["on steps"] == 1
    assert values["longest"] == 1 and values["shortest"] == 0
    # of 1, 2, 1 and 2 beats until the next strike 1, 1, 1 and the rest of 2
    assert values["held"] == pytest.approx(1 / 4) and values["held over"] == 1 / 4
    assert values["end with the next"] == 3 / 4 and values["sound at the end"] == 1 / 4
    assert values["leaps of the top"] == 3 and values["thirds and sixths"] == 1
    assert values["pitch classes"] == 3 and values["keys a note"] == 3 / 4
    assert values["repeats"] == 0 and values["struck as they sound"] == 1 / 4
    assert values["velocity from note to note"] == pytest.approx((0 + 20 + 10) / 3)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4), st.integers(1, 16))
def test_an_arrangement_has_the_same_features_beside_others(seeds: list[int], steps: int) -> None:
    """Also beside one without a note, of which nothing is known."""
    arrangements = [_random(seed, steps) for seed in seeds]
    together = features([*arrangements, Notes.empty()], [steps] * (len(seeds) + 1))
    for number, notes in enumerate(arrangements):
        alone = features([notes], [steps])
        assert list(alone) == list(together)
        for name, value in alone.items():
            assert np.allclose(value[0], together[name][number], equal_nan=True), name


def test_notes_that_ring_in_are_not_seen() -> None:
    begun = BY_HAND[BY_HAND.onset >= 0]
    for one, other in zip(
        features([BY_HAND], [16]).values(), features([begun], [16]).values(), strict=True
    ):
        assert np.array_equal(one, other, equal_nan=True)
    assert features([BY_HAND[:1]], [16]) == {}


def _random(seed: int, steps: int) -> Notes:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 12))
    onset = rng.uniform(0, steps / 4, count).round(2).clip(max=steps / 4 - 0.05)
    return Notes.of(
        onset, onset + rng.uniform(0.02, 2, count), rng.integers(21, 109, count), [64] * count
    )
