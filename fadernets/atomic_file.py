"""Files that are replaced whole or not at all: a reader never sees half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"  # how the name of a file ends that is being written


@contextmanager
def replacing(path: Path, *, shared: bool = False, durable: bool = False) -> Iterator[Path]:
    """A hidden path beside `path`, to be written in the block and renamed to `path` after it.

    After an error `path` is as before and the part is removed. A killed process leaves its part.

    Parameters
    ----------
    path : Path
        A file, or a folder that is not there yet.
    shared : bool
        Whether several threads or processes may write `path` at once. Each has a part of its own
        then; otherwise the next writer removes the part of a killed one.
    durable : bool
        Whether a file outlives a power cut once the block has ended.

    Raises
    ------
    OSError
        If the part cannot be renamed or, when durable, written to the disk.
    """
    # A random part does not contain the file's name, which may be as long as a name can be.
    part = path.with_name(f".{secrets.token_hex(8) if shared else path.name}{PART}")
    _remove(part)
    try:
        yield part
        if durable:
            _sync(part)
        part.replace(path)
        if durable:
            sync_folder(path.parent)
    finally:
        _remove(part)


def sync_folder(folder: Path) -> None:
    """Make the names of a folder's files outlive a power cut; Windows opens no folders for that."""
    if hasattr(os, "O_DIRECTORY"):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int = os.O_RDWR) -> None:
    handle = os.open(path, flags)  # Windows writes out what may be written alone
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)
