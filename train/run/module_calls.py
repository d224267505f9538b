"""Modules of this project run as processes, all of which end at Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from train.run.side_by_side import environment

RUNNING: set[subprocess.Popen] = set()  # what `call` has started
ENDING = threading.Event()  # what runs is to end


def begin_calls() -> None:
    """Let `call` run modules again after `end_calls`."""
    ENDING.clear()


def call(module: str, *arguments: object) -> bool:
    """Run a module of this project; returns whether it succeeded."""
    words = list(map(str, arguments))
    print(f"{module} {' '.join(words)}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on
    )
    RUNNING.add(process)
    if ENDING.is_set():  # since the process was being started
        process.terminate()
    try:
        status = process.wait()
    except KeyboardInterrupt:
        end_calls()
        raise
    finally:
        RUNNING.discard(process)
    if status and status != -signal.SIGTERM:
        print(f"{module} {' '.join(words)} failed ({status})", flush=True)
    return not status


def end_calls() -> None:
    """End what `call` has started or is starting, and wait for that."""
    ENDING.set()
    for process in list(RUNNING):
        process.terminate()
    for process in list(RUNNING):
        process.wait()
