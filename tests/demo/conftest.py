"""A model and a running demo: the shipped model, unless FADERNETS_MODEL names another."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from fadernets.net import FaderNet
from tests.public.server import serving


@pytest.fixture(scope="session")
def net() -> FaderNet:
    return FaderNet.load(os.environ.get("FADERNETS_MODEL"))


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a demo runs."""
    with serving("make-run", tmp_path_factory.mktemp("demo")) as server:
        yield server.url
    assert "Traceback" not in server.said(), server.said()
