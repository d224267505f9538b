from __future__ import annotations

import pytest
import torch

from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser


@pytest.fixture(scope="module")
def reviser() -> Reviser:
    """A toy that has learnt nothing."""
    torch.manual_seed(0)
    return Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
