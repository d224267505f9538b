"""A trained model on disk: weights, configuration, faders and checksums in one folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from fadernets import config, faders
from fadernets.faders import Fader
from fadernets.models import build

WEIGHTS, CONFIG, FADERS, SUMS = "model.safetensors", "config.json", "faders.json", "SHA256SUMS"
PRETRAINED = Path(__file__).parent / "pretrained"
DEFAULT = "arranger"


class CheckpointError(ValueError):
    """A folder that holds no model, or a damaged one."""


def available() -> list[str]:
    """Names of the shipped models."""
    return sorted(p.parent.name for p in PRETRAINED.glob(f"*/{WEIGHTS}"))


def find(name: str | Path | None = None) -> Path:
    """The folder of a shipped model by name, of any model by path, or of the default one.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    name = DEFAULT if name is None else name
    for folder in (PRETRAINED / str(name), Path(name)):
        if (folder / WEIGHTS).is_file():
            return folder
    shipped = ", ".join(available()) or "none"
    raise CheckpointError(
        f"no model named {str(name)!r} and no folder with one; shipped: {shipped}"
    )


def parts(name: str | Path | None = None) -> list[Path]:
    """The folders that a model is loaded from: its own, and that of the codes it goes with.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    folder = find(name)
    settings = config.load(folder / CONFIG)
    return [folder, find(settings.codes)] if settings.model == "reviser" else [folder]


def save(model: nn.Module, scales: dict[str, Fader], folder: Path) -> None:
    """Write a model in half precision, with its configuration, faders and checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().half().contiguous().cpu() for k, v in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    (folder / CONFIG).write_text(config.to_json(model.config))
    faders.save(scales, folder / FADERS)
    sums = [f"{_sha256(folder / name)}  {name}\n" for name in (WEIGHTS, CONFIG, FADERS)]
    (folder / SUMS).write_text("".join(sums))


def load(folder: Path, device: str = "cpu") -> tuple[nn.Module, dict[str, Fader]]:
    """A model, ready to decode, and its faders.

    Raises
    ------
    CheckpointError
        If a file is missing, altered or of another model.
    """
    try:
        verify(folder)
        model = build(config.load(folder / CONFIG))
        model.load_state_dict(load_file(folder / WEIGHTS))
        scales = faders.load(folder / FADERS)
    except CheckpointError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{folder} holds no usable model: {error}") from error
    return model.to(device).eval().requires_grad_(False), scales


def verify(folder: Path) -> None:
    """Compare every file with its checksum.

    Raises
    ------
    CheckpointError
        If one differs, is missing or has no checksum.
    """
    try:
        sums = dict(line.split()[::-1] for line in (folder / SUMS).read_text().splitlines())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder / SUMS} cannot be read: {error}") from error
    for name in (WEIGHTS, CONFIG, FADERS):
        path = folder / name
        if not path.is_file() or _sha256(path) != sums.get(name):
            raise CheckpointError(f"{path} is missing or not the file that was saved")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
