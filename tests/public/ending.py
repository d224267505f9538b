"""A server that is told to end does so within seconds, and leaves nothing behind."""

from __future__ import annotations

import http.client
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from tests.public.edits import (
    LONG_SEGMENTS,
    answer_shown,
    edit_json,
    in_background,
    long_piece,
    opened,
)
from tests.public.server import Answer, Server

CROWD = 8  # visitors who wait for their whole pieces


def ends_soon(server: Server, number: signal.Signals) -> None:
    """Visitors wait for short and for long work, and one keeps the page open; it leaves nothing."""
    piece = opened(server, long_piece())
    heart = http.client.HTTPConnection(urlsplit(server.url).netloc)
    heart.request("GET", "/gradio_api/heartbeat/tests")
    beating = heart.getresponse()
    workers = server.workers()
    crowd = [opened(server, long_piece(), session=f"end{i}") for i in range(CROWD)]
    all_of_it = {"last": LONG_SEGMENTS - 1, "rhythm": 0.3}
    under_way = [in_background(server.run, "ask", edit_json(one, **all_of_it)) for one in crowd]
    under_way.append(in_background(server.run, "ask", edit_json(piece, rhythm=0.4)))
    time.sleep(1.5)
    began = time.monotonic()
    server.process.send_signal(number)
    assert server.process.wait(timeout=30) == 0
    print(f"ended after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 20  # 10 on an idle machine
    for thread, _ in under_way:
        thread.join(30)
    beating.close()
    heart.close()
    for _, answers in under_way:
        assert answers and is_told(answers[0]), answers
    assert len(workers) >= 2
    all_end(workers)
    assert "Traceback" not in server.log_text(), server.log_text()
    assert not list(server.temporary.glob("fadernets-*")), "its folder of uploads is still there"
    # Whether its journal is there depends on the child that makes the first study.
    with closing(sqlite3.connect(server.data / "survey.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def all_end(workers: list[int]) -> None:
    until = time.monotonic() + 10
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.1)


def is_running(process: int) -> bool:
    """Whether it works still: one whose parent has ended may wait to be forgotten by another."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def is_told(answer: Answer) -> bool:
    """Whether somebody who waited has got the answer, or a sentence that says why not."""
    if answer.status == 503:
        sentence = answer.json()["error"] if answer.text.startswith("{") else answer.text
        return sentence.endswith(".")
    return answer_shown(answer) is not None or str(answer.json()["data"][1]).endswith(".")
