from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("FADERNETS_SYNTHESISER", raising=False)
    monkeypatch.delenv("FADERNETS_SOUNDFONT", raising=False)
