"""Large files cut into parts that can be carried from one machine to another, and joined again."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from fadernets.atomic_file import replacing

SHARD_BYTES = 16_000_000  # of a part at most
SUM = ".sha256"  # ends the name of the file with the checksum of the whole
PART = re.compile(r"(?P<name>.+)\.part\d{3}")


def cut(path: Path) -> None:
    """Cut a file that is too large into ``NAME.part000`` and so on; it is gone then itself."""
    if path.stat().st_size <= SHARD_BYTES:
        return
    total, number = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(SHARD_BYTES):
            total.update(part)
            path.with_name(f"{path.name}.part{number:03}").write_bytes(part)
            number += 1
    path.with_name(path.name + SUM).write_text(f"{total.hexdigest()}  {path.name}\n")
    path.unlink()


def files_in(folder: Path) -> dict[str, list[Path]]:
    """The files of a folder by the names that they had before they were cut, parts in order."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        match = PART.fullmatch(path.name)
        if not path.name.endswith(SUM):
            files.setdefault(match["name"] if match else path.name, []).append(path)
    return files


def join(parts: list[Path], out: Path) -> None:
    """Write a file of its parts, or copy one that was not cut.

    Raises
    ------
    ValueError
        If a part is missing or not what was cut.
    """
    total = hashlib.sha256()
    with replacing(out) as whole, whole.open("wb") as file:
        for path in parts:
            part = path.read_bytes()
            total.update(part)
            file.write(part)
        if PART.fullmatch(parts[0].name):
            stored = parts[0].with_name(out.name + SUM)
            if not stored.exists() or stored.read_text().split()[:1] != [total.hexdigest()]:
                raise ValueError(f"{parts[0].parent}: parts of {out.name} are missing or damaged")
