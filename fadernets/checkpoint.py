"""A trained model on disk: weights, configuration, faders and checksums in one folder.

What is said of a model's files alone, such as the names of its faders, takes no PyTorch, which is
imported where weights are read or written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from fadernets import faders
from fadernets.faders import Fader

if TYPE_CHECKING:
    from torch import Tensor

    from fadernets.arranger.discriminator import Discriminator
    from fadernets.models import Model

WEIGHTS, CONFIG, FADERS, SUMS = "model.safetensors", "config.json", "faders.json", "SHA256SUMS"
VALENCE = "valence.safetensors"  # only of models that know it
DISCRIMINATOR = "discriminator.safetensors"  # only of arrangers that have one
OPTIONAL = VALENCE, DISCRIMINATOR
PRETRAINED = Path(__file__).parent / "pretrained"
DEFAULT = "arranger"
UNUSABLE = (
    OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError
)  # fmt: skip


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
        if os.path.isfile(folder / WEIGHTS):  # also of a name that no file can have
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
    from fadernets.models import config

    folder = find(name)
    settings = config.load(folder / CONFIG)
    return [folder, find(settings.codes)] if settings.model == "reviser" else [folder]


def fader_names(name: str | Path | None = None) -> tuple[str, ...]:
    """Names of a model's faders, as its files say, without loading the model.

    Raises
    ------
    CheckpointError
        If there is no such model or its faders cannot be read.
    """
    path = find(name) / FADERS
    try:
        return tuple(faders.load(path))
    except UNUSABLE as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def save(model: Model, scales: dict[str, Fader], folder: Path) -> None:
    """Write a model in half precision, with its configuration, faders and checksums."""
    from safetensors.torch import save_file

    from fadernets.models import config

    folder.mkdir(parents=True, exist_ok=True)
    save_file(_halves(model.state_dict()), folder / WEIGHTS)
    (folder / CONFIG).write_text(config.to_json(model.config))
    faders.save(scales, folder / FADERS)
    (folder / DISCRIMINATOR).unlink(missing_ok=True)  # that of other weights
    save_valence(model, folder)


def save_valence(model: Model, folder: Path) -> None:
    """Write what a model knows of valence beside its other files, which stay as they are."""
    from safetensors.torch import save_file

    (folder / VALENCE).unlink(missing_ok=True)
    if poles := getattr(model, "valence", {}):
        save_file(_halves(poles), folder / VALENCE)
    _save_sums(folder)


def save_discriminator(discriminator: Discriminator, folder: Path) -> None:
    """Write an arranger's discriminator beside its other files, which stay as they are."""
    from safetensors.torch import save_file

    save_file(_halves(discriminator.state_dict()), folder / DISCRIMINATOR)
    _save_sums(folder)


def load_discriminator(folder: Path) -> Discriminator | None:
    """The discriminator of a folder that `load` has verified; None if it has none.

    Raises
    ------
    CheckpointError
        If it is damaged, or of another number of features than this version's.
    """
    from safetensors.torch import load_file

    from fadernets.arranger.discriminator import Discriminator, columns

    path = folder / DISCRIMINATOR
    if not path.exists():
        return None
    try:
        discriminator = Discriminator(columns())
        discriminator.load_state_dict(load_file(path))
    except UNUSABLE as error:
        raise CheckpointError(f"{path} holds no usable discriminator: {error}") from error
    return discriminator.eval().requires_grad_(False)


def save_scales(scales: dict[str, Fader], folder: Path) -> None:
    """Write the faders of a model beside its other files, which stay as they are."""
    faders.save(scales, folder / FADERS)
    _save_sums(folder)


def _save_sums(folder: Path) -> None:
    sums = [f"{_sha256(folder / name)}  {name}\n" for name in _files(folder)]
    (folder / SUMS).write_text("".join(sums))


def _halves(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().half().contiguous().cpu() for name, value in tensors.items()}


def _files(folder: Path) -> tuple[str, ...]:
    """What a folder's checksums are of."""
    return WEIGHTS, CONFIG, FADERS, *(name for name in OPTIONAL if (folder / name).exists())


def load(folder: Path, device: str = "cpu") -> tuple[Model, dict[str, Fader]]:
    """A model, ready to decode, and its faders.

    Raises
    ------
    CheckpointError
        If a file is missing, altered or of another model.
    """
    from safetensors.torch import load_file

    from fadernets.models import build, config
    from fadernets.models.mixture import MixtureVAE

    try:
        verify(folder)
        model = build(config.load(folder / CONFIG))
        model.load_state_dict(load_file(folder / WEIGHTS))
        if (folder / VALENCE).exists():
            if not isinstance(model, MixtureVAE):
                raise ValueError(f"a model {model.config.model!r} has no poles of valence")
            model.learn_valence(load_file(folder / VALENCE))
        scales = faders.load(folder / FADERS)
    except CheckpointError:
        raise
    except UNUSABLE as error:
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
    listed = [name for name in OPTIONAL if name in sums]
    for name in dict.fromkeys((*_files(folder), *listed)):
        path = folder / name
        if not path.is_file() or _sha256(path) != sums.get(name):
            raise CheckpointError(f"{path} is missing or not the file that was saved")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
