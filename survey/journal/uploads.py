"""A folder of JSON lines copied to a private dataset of the Hugging Face Hub, and back.

The copying is `huggingface_hub.CommitScheduler`'s; this module adds that it can be stopped, says
whether it works, and keeps erased lines out of the dataset's history.
"""

from __future__ import annotations

import atexit
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from huggingface_hub import CommitScheduler, HfApi
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError

from survey.journal.jsonl import LINES, merge

DATASET = "dataset"


class UploadError(ValueError):
    """The dataset cannot be used; the message is one sentence for a person."""


class UploadThread:
    """A thread that does one thing after the other, and does not keep a process from ending.

    The threads of an executor do keep it: an upload that hangs would delay the host's restart.

    Parameters
    ----------
    name : str
        The thread's.
    """

    def __init__(self, name: str) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        """Add work; it begins when all work added before it has ended."""
        future: Future[Any] = Future()
        self._queue.put((future, work))
        return future

    def stop(self) -> None:
        """End after the work under way; work that waits is cancelled."""
        while not self._queue.empty():
            waiting = self._queue.get()
            if waiting is not None:
                waiting[0].cancel()
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            future, work = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 (it reaches whoever waits for the future)
                future.set_exception(error)


class Uploads(CommitScheduler):
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
        self._ended = threading.Event()
        self._gate = threading.Lock()
        self._next: Future[Any] | None = None
        self._worker = UploadThread("uploads")
        super().__init__(
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

    def request_upload(self) -> None:
        """Start an upload after the one under way; requests until then count once."""
        with self._gate:
            if self._ended.is_set():
                return
            waiting = self._next
            if waiting is None or waiting.running() or waiting.done():
                self._next = self.trigger()

    def flush(self, seconds: float) -> bool:
        """Upload now and wait for it; False if it failed or took longer."""
        with self._gate:
            if self._ended.is_set():
                return False
            future = self.trigger()
        try:
            return future.exception(seconds) is None
        except TimeoutError:
            return False

    def close(self, seconds: float) -> bool:
        """Upload a last time, then end all threads; False if the upload failed or took longer."""
        if self._ended.is_set():
            return True
        good = self.flush(seconds)
        self.stop()
        return good

    def stop(self) -> None:
        """End all threads, without an upload."""
        with self._gate:
            super().stop()
            self._ended.set()
            self._worker.stop()
        atexit.unregister(self._push_to_hub)

    def trigger(self) -> Future[Any]:
        """As the base class, but in a thread that nobody has to wait for."""
        return self._worker.submit(self._push_to_hub)

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
        while not self._ended.is_set():
            self.request_upload()
            self._ended.wait(self.every * 60)


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
