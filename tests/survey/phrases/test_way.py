"""Ways: moods and presets by name."""

from __future__ import annotations

import pytest

from survey.building.study_spec import BuildError
from survey.phrases.way import ways


def test_moods_and_presets() -> None:
    low, tense, major = ways(["low", "tense", "valence-high"])
    assert (low.moods, low.direction) == ({"arousal": "low"}, "lower")
    assert (tense.moods, tense.direction) == ({"arousal": "high", "valence": "low"}, "higher")
    assert (major.moods, major.direction) == ({"valence": "high"}, "")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["up"], r"^There is no way 'up'; there are: low, high, calm"),
        (["low", "low"], "several different"),
    ],
)
def test_others_are_named(names: list[str], reason: str) -> None:
    with pytest.raises(BuildError, match=reason):
        ways(names)
