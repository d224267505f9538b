import pytest
import torch

from fadernets import checkpoint
from fadernets.command_line import progress
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.config import ModelConfig
from fadernets.music import midi
from tests.fadernets.command_line.commands import music


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """No progress lines appear because the machine is busy."""
    monkeypatch.setattr(progress, "STATUS_SECONDS", 600.0)


@pytest.fixture
def source(tmp_path):
    midi.write(music(), tmp_path / "in.mid")
    return tmp_path / "in.mid"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a small untrained model, for tests that do not look at the notes."""
    torch.manual_seed(5)
    faders = {
        name: Fader(name, (0.1, high), (-1.0, 1.0)) for name, high in [("rhythm", 0.9), ("note", 9)]
    }
    folder = tmp_path_factory.mktemp("small")
    checkpoint.save(build(ModelConfig(hidden=16, latent=8, embedding=8)), faders, folder)
    return str(folder)
