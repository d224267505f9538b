"""Systems: every model at every strength, told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fadernets import checkpoint
from survey.building.study_spec import BuildError
from survey.phrases.system import systems

pytestmark = pytest.mark.slow


def test_every_model_at_every_strength() -> None:
    all_systems = systems(["arranger", "gmvae"], [0.5, 1], {"arousal", "valence"})
    assert [(each.name, each.net.name, each.strength) for each in all_systems] == [
        ("arranger 0.5", "arranger", 0.5),
        ("arranger 1", "arranger", 1),
        ("gmvae 0.5", "gmvae", 0.5),
        ("gmvae 1", "gmvae", 1),
    ]
    assert [each.name for each in systems([None], [2], {"arousal"})] == ["arranger"]


def test_what_cannot_be_told_apart_is_refused(tmp_path: Path) -> None:
    same = shutil.copytree(checkpoint.find("gmvae"), tmp_path / "gmvae")
    with pytest.raises(BuildError, match=r"^Two models are called 'gmvae'"):
        systems(["gmvae", str(same)], [1], {"arousal"})
    with pytest.raises(BuildError, match="one strength or several different"):
        systems(["gmvae"], [1, 1.0], {"arousal"})
    with pytest.raises(BuildError, match=r"strength 0 is not between 0\.01 and 10"):
        systems(["gmvae"], [0], {"arousal"})
