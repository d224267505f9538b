"""A folder of JSON lines copied to a private dataset of the Hugging Face Hub, and back.

The copying is `huggingface_hub.CommitScheduler`'s; this module adds that it can be stopped, says
whether it works, and keeps erased lines out of the dataset's history.
"""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path
from typing import Any

from huggingface_hub import CommitScheduler, HfApi
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError

from survey.journal.jsonl import LINES, merge
from survey.journal.upload_turns import UploadError, UploadTurns

DATASET = "dataset"


class Uploads(UploadTurns, CommitScheduler):
    """Uploads of a folder: every few minutes, when asked, and at the end.

    Whoever writes to the folder holds `lock`.

    Parameters
    ----------
    api : HfApi
        With a token that may write.
    dataset : str
        ``owner/name``; made, private, if it is not there.
    folder : Path
    minutes : float
        Minutes between uploads.

    Attributes
    ----------
    failure : str or None
        Why the last upload failed; None if it did not.
    succeeded : int
        Uploads that brought something there.
    """

    def __init__(self, api: HfApi, dataset: str, folder: Path, minutes: float) -> None:
        self.failure: str | None = None
        self.succeeded = 0
        self._rewritten = self._squashed = 0
        UploadTurns.__init__(self, "uploads")
        CommitScheduler.__init__(  # begins `_run_scheduler`
            self,
            repo_id=dataset,
            repo_type=DATASET,
            folder_path=folder,
            every=minutes,
            private=True,
            allow_patterns=LINES,
            hf_api=api,
        )

    def rewritten(self) -> None:
        """Lines were taken out of files: earlier versions must go from the dataset too."""
        self._rewritten += 1

    def stop(self) -> None:
        """End all threads, without an upload."""
        UploadTurns.stop(self)
        CommitScheduler.stop(self)
        atexit.unregister(self._push_to_hub)

    def _upload(self) -> Any:
        return self._push_to_hub()

    def push_to_hub(self) -> Any:
        """As the base class; after lines were taken out, the dataset forgets earlier versions."""
        due = self._rewritten
        try:
            info = super().push_to_hub()
            if due > self._squashed:
                self.api.super_squash_history(repo_id=self.repo_id, repo_type=DATASET)
                self._squashed = due
        except Exception as error:
            self.failure = _first_line(error)
            raise
        self.failure = None
        self.succeeded += info is not None
        return info

    def _run_scheduler(self) -> None:
        # The base class sleeps on after it was stopped.
        self.request_upload()
        self._go_on(self.every * 60)


def connect(api: HfApi, dataset: str, folder: Path, minutes: float) -> Uploads:
    """Copy the dataset's files into the folder, beside those already there, and begin to upload.

    Raises
    ------
    UploadError
        If the dataset is not private or cannot be used.
    OSError
        If the folder cannot be written.
    """
    try:
        _fetch(api, dataset, folder)
        return Uploads(api, dataset, folder, minutes)
    except (HTTPError, HFValidationError) as error:
        raise UploadError(f"The dataset {dataset} cannot be used: {_first_line(error)}") from error


def _fetch(api: HfApi, dataset: str, folder: Path) -> None:
    try:
        info = api.repo_info(dataset, repo_type=DATASET)
    except RepositoryNotFoundError:
        return  # it will be made
    if not info.private:
        raise UploadError(
            f"The dataset {dataset} is public: make it private, for it would hold "
            "participants' answers."
        )
    with tempfile.TemporaryDirectory() as scratch:
        api.snapshot_download(dataset, repo_type=DATASET, local_dir=scratch, allow_patterns=LINES)
        for path in sorted(Path(scratch).glob(LINES)):
            merge(path, folder / path.name)


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
