"""What each output of a long command was made of, so that only what has changed is made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fadernets.atomic_file import replacing
from train.data.packed import INDEX

FILE = "made_of.json"


class MadeOf:
    """Inputs of the outputs in a folder, kept in a file there.

    An output of which nothing is known, from an older version or carried here without the file,
    counts as made of what is asked for now.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ValueError
        If the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / FILE
        try:
            stored = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise ValueError(
                f"{path} is damaged: remove it, and all that is there counts as current"
            ) from error
        self.inputs: dict[str, dict[str, Any]] = stored

    def inputs_of(self, output: Path) -> Mapping[str, Any]:
        """What an output was made of, so far as it is known."""
        return self.inputs.get(self._name(output), {})

    def changes(self, output: Path, inputs: Mapping[str, object]) -> list[str]:
        """What has changed since an output was made, each such as "steps was 9, is 8"."""
        before, now = self.inputs.get(self._name(output)), _stored(inputs)
        if before is None or before == now:
            return []
        names = [name for name in before | now if before.get(name) != now.get(name)]
        return [
            f"{name} was {_short(before.get(name))}, is {_short(now.get(name))}" for name in names
        ]

    def is_current(self, output: Path, inputs: Mapping[str, object]) -> bool:
        """Whether an output is there and made of these inputs."""
        return output.exists() and not self.changes(output, inputs)

    def keep(self, output: Path, inputs: Mapping[str, object]) -> None:
        """Write down what an output is made of."""
        self.inputs[self._name(output)] = _stored(inputs)
        with replacing(self.folder / FILE, shared=True) as part:
            part.write_text(json.dumps(self.inputs, indent=1) + "\n")

    def _name(self, output: Path) -> str:
        return output.relative_to(self.folder).as_posix()


def _stored(inputs: Mapping[str, object]) -> dict[str, Any]:
    """Inputs as they are read again: tuples are lists in JSON."""
    return json.loads(json.dumps(inputs))


def _short(value: object) -> str:
    """A value in a sentence, of a checksum its beginning."""
    text = "not set" if value is None else str(value)
    return text[:12] if len(text) > 40 else text


def checksum(*paths: Path) -> str:
    """SHA-256 of files; of a folder of `train.packed`, of its index."""
    total = hashlib.sha256()
    for path in paths:
        total.update((path / INDEX if path.is_dir() else path).read_bytes())
    return total.hexdigest()


def listing(folder: Path | None) -> str:
    """SHA-256 of the names, sizes and times of the files in a folder: reading all takes long."""
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder else []
    stats = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(json.dumps(stats).encode()).hexdigest()
