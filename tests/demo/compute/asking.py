"""Requests to workers as a page sends them."""

from __future__ import annotations

import json

from demo.compute.jobs import Job
from demo.editing.piece_session import PieceSession


def job(number: int, due: float, session: PieceSession | None = None) -> Job:
    return Job(due, number, "answer", session)


def values(session: PieceSession, **changes) -> dict:
    last = len(session.segments) - 1
    return {"number": 1, "piece": session.id, "first": 0, "last": last, "original": False} | changes


async def asking(workers, session, *, cost, key=None, **changes):
    edit = values(session, **changes)
    answer = workers.run("answer", edit, session=session, cost=cost, key=key)
    return json.loads(await answer)
