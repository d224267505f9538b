"""One function over many files on all cores, tidy however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    report: Callable[[Result], None],
) -> list[Result]:
    """The function's result for every item, in order of completion, with a progress bar.

    Parameters
    ----------
    function : callable
        Of a module, so that another process finds it.
    items : sequence
    workers : int
        Processes.
    report : callable
        Called with every result as it comes.

    Raises
    ------
    concurrent.futures.process.BrokenProcessPool
        If a worker dies.
    """
    results = []
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _end_with_parent)
    try:
        # Workers inherit that Ctrl-C is ignored.
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            futures = [pool.submit(function, item) for item in items]
        finally:
            signal.signal(signal.SIGINT, interrupt)
        for future in tqdm(as_completed(futures), total=len(futures), unit="file", disable=None):
            results.append(future.result())
            report(results[-1])
    finally:
        pool.shutdown(cancel_futures=True)
    return results


def _end_with_parent() -> None:
    """Let a worker end when the process that started it is killed: it would wait for ever."""

    def wait() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
