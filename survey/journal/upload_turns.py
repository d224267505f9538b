"""Uploads one at a time, when asked and at the end, in a thread that nobody has to wait for."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any


class UploadError(ValueError):
    """The dataset or bucket cannot be used; the message is one sentence for a person."""


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


class UploadTurns(ABC):
    """Uploads of a folder: when asked, every few minutes if `_go_on` runs, and at the end.

    Parameters
    ----------
    name : str
        The thread's.
    """

    def __init__(self, name: str) -> None:
        self._ended = threading.Event()
        self._gate = threading.Lock()
        self._next: Future[Any] | None = None
        self._upload_thread = UploadThread(name)

    @abstractmethod
    def _upload(self) -> Any:
        """Upload once; an error says that it failed."""

    def trigger(self) -> Future[Any]:
        """Begin an upload when those asked for before it have ended."""
        return self._upload_thread.submit(self._upload)

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
            self._ended.set()
            self._upload_thread.stop()

    def _go_on(self, seconds: float) -> None:
        """Ask for an upload every so many seconds, until the end."""
        while not self._ended.wait(seconds):
            self.request_upload()
