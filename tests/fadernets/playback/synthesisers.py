"""Tests that run with each synthesiser."""

from __future__ import annotations

import shutil

import pytest

BOTH = pytest.mark.parametrize(
    "synthesiser",
    [
        "midirenderer",
        pytest.param(
            "fluidsynth",
            marks=pytest.mark.skipif(
                not shutil.which("fluidsynth"), reason="the fluidsynth program is not installed"
            ),
        ),
    ],
)
