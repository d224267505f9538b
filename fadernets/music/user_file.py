"""Files of users', written in the place of what they had there."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from fadernets.atomic_file import replacing
from fadernets.music.midifile.error import MidiError

ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def save(data: bytes, path: str | Path) -> None:
    """Write bytes to a file, whole or not at all.

    A file that is there keeps its owner and group, as far as we may give it to them, and who may
    read and write it, and a link goes on leading to its file.

    Raises
    ------
    MidiError
        If it cannot be written, or nobody may write it.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a device or a folder, not to be replaced
            path.write_bytes(data)
            return
        old = path.stat() if path.exists() else None
        if old is not None and not old.st_mode & ANYBODY_WRITES:  # a new file in its place hides it
            raise PermissionError(errno.EACCES, "it is read-only")
        with replacing(Path(os.path.realpath(path)), shared=True) as part:
            part.touch(0o666 if old is None else 0o600)  # meanwhile nobody else may read it
            part.write_bytes(data)
            if old is not None:
                _own(part, old)
    except OSError as error:
        raise MidiError(f"{path} cannot be written: {reason(error)}.") from error


def _own(path: Path, old: os.stat_result) -> None:
    """Give a new file to the owner and the group of an old one, with its permissions."""
    for ids in ((old.st_uid, -1), (-1, old.st_gid)):
        with suppress(PermissionError, AttributeError):  # not ours to give; there are none
            os.chown(path, *ids)
    path.chmod(stat.S_IMODE(old.st_mode))


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, in the system's words."""
    return (error.strerror or str(error)).lower()
