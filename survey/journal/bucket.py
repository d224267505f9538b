"""A folder of JSON lines copied into another, of a bucket that is mounted as a volume, and back.

A bucket is no place for a database: it has no locks, appends nothing, and shows what was written a
while later. So whole files are written there, under another name first, by one server.
"""

from __future__ import annotations

import threading
from pathlib import Path

from fadernets.atomic_file import PART
from survey.journal.jsonl import LINES, merge, replace
from survey.journal.upload_turns import UploadError, UploadTurns


class BucketCopies(UploadTurns):
    """Copies of a folder's files in a bucket: every few minutes, when asked, and at the end.

    Whoever writes to the folder holds `lock`. It is used as `survey.journal.uploads.Uploads` is.

    Parameters
    ----------
    bucket : Path
        Folder of the bucket, which no other server writes to.
    folder : Path
        What is copied.
    minutes : float
        Minutes between copies.

    Attributes
    ----------
    failure : str or None
        Why the last copy failed; None if it did not.
    succeeded : int
        Copies that were whole.
    """

    def __init__(self, bucket: Path, folder: Path, minutes: float) -> None:
        super().__init__("uploads to the bucket")
        self.bucket, self.folder = bucket, folder
        self.lock = threading.Lock()
        self.failure: str | None = None
        self.succeeded = 0
        self._copied: dict[str, bytes] = {}
        self._disk = disk(bucket)
        self._known = {path.name for path in folder.glob(LINES)}
        threading.Thread(
            target=self._go_on, args=(60 * minutes,), name="uploads, in turn", daemon=True
        ).start()

    def rewritten(self) -> None:
        """Lines were taken out of files: nothing is to be done, for no earlier version is kept."""

    def _upload(self) -> None:
        """Write what the bucket has not; a file that is no longer in the folder goes from it, too.

        One that was never in the folder stays: the bucket may show it late. Where the bucket is no
        longer mounted nothing is written: on the disk below, which is wiped, it would seem safe.
        """
        try:
            if self._is_unmounted():
                raise OSError("it is no longer mounted")
            with self.lock:
                files = {path.name: path.read_bytes() for path in self.folder.glob(LINES)}
            for name, data in files.items():
                if self._copied.get(name) != data or not (self.bucket / name).exists():
                    replace(self.bucket / name, data)
                    self._copied[name] = data
            for name in self._known - files.keys():
                (self.bucket / name).unlink(missing_ok=True)
            self._known = set(files)
        except OSError as error:
            self.failure = f"the bucket's folder takes nothing: {error.strerror or error}".lower()
            raise
        self.failure = None
        self.succeeded += 1

    def _is_unmounted(self) -> bool:
        """Whether the folder is on another disk now, without a file of those that were copied.

        A bucket that was mounted again is on another disk as well, but has them.
        """
        if not self._copied or disk(self.bucket) == self._disk:
            return False
        return not any((self.bucket / name).exists() for name in self._copied)


def connect(bucket: Path, folder: Path, minutes: float, *, wiped: bool) -> BucketCopies:
    """Copy the bucket's files into a folder, beside those already there, and begin to copy back.

    Parameters
    ----------
    wiped : bool
        Whether the folder's disk is wiped at restart, so that the bucket must not be on it.

    Raises
    ------
    UploadError
        If there is no such bucket, or nothing can be read or written there.
    OSError
        If the folder cannot be written.
    """
    if not bucket.is_dir():
        raise UploadError(f"FADERNETS_BUCKET is {bucket}, and there is no such folder: mount it.")
    if wiped and is_same_disk(bucket, folder):
        raise UploadError(
            f"FADERNETS_BUCKET is {bucket}, which is on the disk that is wiped: no bucket is "
            "mounted there."
        )
    try:
        for part in bucket.glob("*" + PART):  # of a server that was killed
            part.unlink(missing_ok=True)
        there = sorted(bucket.glob(LINES))
        for path in there:
            path.read_bytes()
    except OSError as error:
        raise UploadError(f"The bucket's folder {bucket} cannot be used: {error}") from error
    for path in there:
        merge(path, folder / path.name)
    return BucketCopies(bucket, folder, minutes)


def is_same_disk(one: Path, other: Path) -> bool:
    """Whether two folders are on one disk."""
    return disk(one) == disk(other)


def disk(folder: Path) -> int:
    """The number of the disk, or of the volume mounted there, that a folder is on."""
    return folder.stat().st_dev
