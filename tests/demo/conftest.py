"""The model that the demo's tests run: the shipped one, unless FADERNETS_MODEL names another."""

from __future__ import annotations

import os

import pytest

from fadernets.net import FaderNet


@pytest.fixture(scope="session")
def net() -> FaderNet:
    return FaderNet.load(os.environ.get("FADERNETS_MODEL"))
