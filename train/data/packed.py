"""Prepared files as one folder of plain arrays; `train.packed` is the command.

For corpora that several machines prepare in parts, or that are larger than memory.
`train.data.dataset` maps the arrays of such a folder instead of reading them: the system reads from
the disk the rows that a batch needs, and caches them as long as there is room.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.lib import format as npy
from tqdm import tqdm

from fadernets.atomic_file import replacing
from train.data.definitions import SOUND

INDEX = "index.json"
INCOMPLETE = (EOFError, zipfile.BadZipFile, zlib.error)  # what np.load raises for such a file
DAMAGED = (*INCOMPLETE, KeyError, OSError, TypeError, ValueError)  # and for a foreign one
OF_PIECES = ("piece_name", "piece_corpus")
OF_SEGMENTS = ("tokens", "length", "key", "start", "arousal", "valence", "piece", "split",
               "random_split")  # fmt: skip
UNLABELLED_ARRAYS = (*OF_SEGMENTS, *OF_PIECES)  # all besides the labels, one array an attribute
DEFINITION = "definition"  # of the labels, one of `train.data.definitions`
BY_KEYS = "_by_keys"  # behind an attribute's name: its labels without the pedal


class PackedFile(TypedDict):
    """A prepared file by its name, and how many segments and pieces it brought."""

    name: str
    segments: int
    pieces: int


class Index(TypedDict):
    """What a packed folder holds, and the hash of each array by its name."""

    definition: str
    segments: int
    pieces: int
    files: list[PackedFile]
    sha256: dict[str, str]


def attributes_of(names: Iterable[str]) -> tuple[str, ...]:
    """The attributes whose labels are among the arrays of a prepared file."""
    return tuple(name for name in names if name not in (*UNLABELLED_ARRAYS, DEFINITION))


def pack(files: Sequence[Path], out: Path) -> Index:
    """Write the segments of prepared files one after the other into a folder.

    The numbers of a file's pieces continue those of the file before. One file is read at a time.

    Parameters
    ----------
    files : sequence of Path
        Each of `train.prepare`, each with a split of its own.
    out : Path
        Appears only when everything is written.

    Raises
    ------
    ValueError
        If there is no file, one is none of `train.prepare`'s, two hold a piece of one name, or two
        hold labels of different attributes or by different definitions.
    OSError
        If the folder is there already or cannot be written.
    """
    if not files:
        raise ValueError("no file to pack")
    if out.exists():
        raise FileExistsError(f"{out} is there already")
    shapes, brought, names = _looked_at(files)
    definition = _definition(files)
    with replacing(out) as part:
        part.mkdir(parents=True)
        arrays = {
            name: npy.open_memmap(part / f"{name}.npy", "w+", dtype, shape)
            for name, (dtype, shape) in shapes.items()
        }
        arrays["piece_name"][:] = names
        row = piece = 0
        for path, (segments, pieces) in tqdm(brought.items(), desc="files", disable=None):
            with np.load(path) as stored:
                for name in shapes:
                    if name in OF_PIECES:
                        continue
                    first = piece if name == "piece" else 0
                    arrays[name][row : row + segments] = stored[name] + stored[name].dtype.type(
                        first
                    )
                arrays["piece_corpus"][piece : piece + pieces] = stored["piece_corpus"]
            row, piece = row + segments, piece + pieces
        for array in arrays.values():
            array.flush()
        index: Index = {
            "definition": definition,
            "segments": row,
            "pieces": piece,
            "files": [
                {"name": path.name, "segments": segments, "pieces": pieces}
                for path, (segments, pieces) in brought.items()
            ],
            "sha256": {name: _sha256(part / f"{name}.npy") for name in shapes},
        }
        (part / INDEX).write_text(json.dumps(index, indent=1) + "\n")
    return index


def not_prepared(path: Path, error: Exception) -> ValueError:
    """The refusal of what `train.prepare` did not write.

    What NumPy says of a file of another kind, how to load it "unsafely", is left out.
    """
    reason = "" if "unsafely" in str(error) else f": {error}"
    return ValueError(f"{path} is no file of train.prepare{reason}")


def _looked_at(
    files: Sequence[Path],
) -> tuple[dict[str, tuple[np.dtype, tuple[int, ...]]], dict[Path, tuple[int, int]], np.ndarray]:
    """Kinds and sizes of the arrays, (segments, pieces) of each file, and all pieces' names."""
    brought, names, kinds, labelled = {}, [], {}, {}
    for path in files:
        try:
            with np.load(path) as stored:
                labelled[path] = attributes_of(stored.files)
                stored_names = (*OF_SEGMENTS, *labelled[path], *OF_PIECES)
                kinds = {name: stored[name].dtype for name in stored_names}
                width = {name: stored[name].shape[1:] for name in stored_names}
                brought[path] = len(stored["piece"]), len(stored["piece_corpus"])
                names.append(stored["piece_name"])
        except DAMAGED as error:
            raise not_prepared(path, error) from error
        if set(labelled[path]) != set(labelled[files[0]]):
            own, first = (", ".join(labelled[p]) or "nothing" for p in (path, files[0]))
            raise ValueError(f"{path} has labels of {own}, {files[0]} of {first}")
    together = np.concatenate(names)
    unique, counts = np.unique(together, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"piece {unique[counts > 1][0]!r} is in more than one file")
    segments, pieces = (sum(n) for n in zip(*brought.values(), strict=True))
    shapes = {
        name: (kind, (pieces if name in OF_PIECES else segments, *width[name]))
        for name, kind in kinds.items()
    }
    shapes["piece_name"] = together.dtype, together.shape
    return shapes, brought, together


def _definition(files: Sequence[Path]) -> str:
    """The definition that the labels of all files follow."""
    definitions = {}
    for path in files:
        with np.load(path) as stored:
            definitions[path] = str(stored[DEFINITION]) if DEFINITION in stored else SOUND
    first = definitions[files[0]]
    for path, definition in definitions.items():
        if definition != first:
            raise ValueError(f"{path} has labels by {definition}, {files[0]} by {first}")
    return first


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrays_of(folder: Path) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of a packed folder, mapped rather than read, and what tells it from others.

    All are read through once for their hashes: 0.6 s a gigabyte that is cached, and no memory.

    Raises
    ------
    ValueError
        If the folder is none of `pack`'s or an array is missing, cut short or otherwise changed.
    """
    try:
        text = (folder / INDEX).read_bytes()
        index = json.loads(text)
        names = (*UNLABELLED_ARRAYS, *attributes_of(index["sha256"]))
        hashes = {name: index["sha256"][name] for name in names}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder} is no folder of train.packed: {error}") from error
    return (
        {
            **{name: _mapped(folder / f"{name}.npy", sha256) for name, sha256 in hashes.items()},
            DEFINITION: np.array(index.get(DEFINITION, SOUND)),
        },
        hashlib.sha256(text).hexdigest(),
    )


def _mapped(path: Path, sha256: str) -> np.ndarray:
    """An array of this hash, or a ValueError that names its file."""
    try:
        # "c" maps pages that may be written to but never reach the file: PyTorch wants such ones.
        array = np.load(path, mmap_mode="c")
        actual = _sha256(path)
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{path} is no array of train.packed: {error}") from error
    if actual != sha256:
        raise ValueError(f"{path} is damaged: its hash is not the one in {INDEX}")
    return array
