"""A ZIP file that a browser sends, of sounds with their table or of music: unpacked, or refused.

What a name says is not trusted: nothing is written outside of the folder, no more is unpacked than
was allowed for, and a table may name files of the archive alone.
"""

from __future__ import annotations

import errno
import stat
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from survey.building import stimuli_file
from survey.building.study_spec import BuildError

LARGEST_BYTES = 512 * 1024 * 1024  # of the file that is sent
LARGEST_UNPACKED = 2 * 1024 * 1024 * 1024  # bytes of all that is in it
LARGEST_TABLE = 5 * 1024 * 1024
MOST_FILES = 5001  # a table, and a file for each of its rows
LARGEST_DIRECTORY = 8 * 1024 * 1024  # bytes of the list of what is in it: 600 in memory an entry
LONGEST_NAME = 240  # characters
MUSIC = (".mid", ".midi")
TABLE, SOUNDS = ".csv", (".wav", ".flac", ".mp3", ".ogg", *MUSIC)
STEP = 1024 * 1024  # bytes
UNREADABLE = "This is no ZIP file that can be read."
Members = dict[PurePosixPath, zipfile.ZipInfo]
OF_THE_ARCHIVE = (None, errno.EINVAL)  # numbers of errors that reading one raises, not the disk


def unpack(archive: IO[bytes], folder: Path) -> Path:
    """Write the table and the sounds of an archive into an empty folder; where the table is.

    Files that are neither, such as a read-me, are passed over.

    Raises
    ------
    BuildError
        If it is no such archive, or too much is in it.
    OSError
        If the folder cannot be written to.
    """
    (table,) = (
        name
        for name in _unpack(archive, folder, (TABLE, *SOUNDS), _check_table)
        if name.suffix.lower() == TABLE
    )
    _refuse_others(folder / table, folder)
    return folder / table


def unpack_music(archive: IO[bytes], folder: Path) -> None:
    """Write the MIDI files of an archive into an empty folder; other files are passed over.

    Raises
    ------
    BuildError
        If it is no such archive, or too much is in it.
    OSError
        If the folder cannot be written to.
    """
    _unpack(archive, folder, MUSIC, _check_music)


def _unpack(
    archive: IO[bytes],
    folder: Path,
    suffixes: Sequence[str],
    check: Callable[[Members], None],
) -> Members:
    """Write the files of some kinds, if they are what is needed."""
    try:
        with zipfile.ZipFile(cast(IO[bytes], _Bounded(archive))) as opened:
            members = _members(opened, suffixes)
            check(members)
            _check_size(members)
            for name, member in members.items():
                _write(opened, member, folder / name)
            return members
    except BuildError:
        raise
    except OSError as error:
        if error.errno in OF_THE_ARCHIVE:
            raise BuildError(UNREADABLE) from error
        raise
    except Exception as error:  # zipfile raises whatever its parts do where bytes are wrong
        raise BuildError(UNREADABLE) from error


class _Bounded:
    """A file of which nobody reads more at once than an archive's list of contents may have.

    zipfile reads that list whole, and makes an object of every entry, before it can be asked how
    many there are.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        most = LARGEST_DIRECTORY + 1
        part = self._file.read(min(size, most) if size >= 0 else most)
        if len(part) == most:
            raise BuildError(f"The archive has too many files; {MOST_FILES} can be taken in.")
        return part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _members(opened: zipfile.ZipFile, suffixes: Sequence[str]) -> Members:
    """What of an archive is unpacked, by a name that stays within its folder."""
    members: Members = {}
    for member in opened.infolist():
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if member.is_dir() or name.suffix.lower() not in suffixes:
            continue
        if "__MACOSX" in name.parts or name.name.startswith("."):
            continue
        plain = all(part not in ("..", ".") and part.isprintable() for part in name.parts)
        if name.is_absolute() or not plain or ":" in str(name) or len(str(name)) > LONGEST_NAME:
            raise BuildError("A file of the archive has a name that leads elsewhere.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BuildError(f"{name} of the archive is a link, and no file.")
        if member.flag_bits & 1:
            raise BuildError("The archive is encrypted; send it without a password.")
        if name in members:
            raise BuildError(f"The archive has {name} twice.")
        members[name] = member
    return members


def _check_music(members: Members) -> None:
    if not members:
        raise BuildError(f"The archive has no MIDI files ({' or '.join(MUSIC)}).")


def _check_table(members: Members) -> None:
    """Refuse what has no table, or several."""
    tables = [name for name in members if name.suffix.lower() == TABLE]
    if len(tables) != 1:
        count = "none" if not tables else str(len(tables))
        raise BuildError(f"The archive needs one table of its sounds, a CSV file; it has {count}.")
    if members[tables[0]].file_size > LARGEST_TABLE:
        raise BuildError(f"{tables[0].name} is larger than {LARGEST_TABLE // 1024**2} MB.")


def _check_size(members: Members) -> None:
    """Refuse more than can be taken in."""
    if len(members) > MOST_FILES:
        raise BuildError(f"The archive has {len(members)} files; {MOST_FILES} can be taken in.")
    if sum(member.file_size for member in members.values()) > LARGEST_UNPACKED:
        raise BuildError(f"Unpacked the archive has more than {LARGEST_UNPACKED // 1024**3} GB.")


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one file; no more of it than its entry says, whatever comes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bytes_left = member.file_size
    with opened.open(member) as packed, path.open("xb") as file:
        while part := packed.read(min(STEP, bytes_left + 1)):
            bytes_left -= len(part)
            if bytes_left < 0:
                raise BuildError(UNREADABLE)
            file.write(part)


def _refuse_others(table: Path, folder: Path) -> None:
    """A table that names files outside of its archive would have the server read its own."""
    within = folder.resolve()
    for item in stimuli_file.read(table):
        for file in item.files.values():
            if "\0" in str(file.path) or not file.path.resolve().is_relative_to(within):
                raise BuildError(f"{table.name} names a file that is not in the archive.")
