"""What is known of how a study's sounds came about."""

from __future__ import annotations

import json

import pytest

from db.models import Study
from survey.publishing.study_facts import phrases_options

OPTIONS = "--ways calm --seed 1"


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (json.dumps({"bars": [1, 4], "options": OPTIONS}), OPTIONS),
        (json.dumps({"options": OPTIONS}), ""),  # of other sounds
        (json.dumps({"bars": [1, 4], "options": 7}), ""),
        (json.dumps({"bars": [1, 4]}), ""),  # phrases of an earlier version
        ("[1]", ""),
        ("44.1 kHz, dithered", ""),
        ("[" * 100_000, ""),
        (None, ""),
    ],
)
def test_settings_of_sounds_may_be_any_text(settings: str | None, options: str) -> None:
    item = {"clips": []} if settings is None else {"clips": [], "settings": settings}
    assert phrases_options(Study(build={"items": {"one": item}})) == options
    assert phrases_options(Study(build={})) == ""
