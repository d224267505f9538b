"""Events written anew."""

from __future__ import annotations

import json

from demo.guard.events import checked
from demo.guard.routes import EVENT


def test_events_without_a_session_get_one_of_their_own():
    body = json.dumps({"data": [], "fn_index": 1}).encode()
    sessions = {json.loads(checked(EVENT, body, [1]))["session_hash"] for _ in range(3)}
    assert len(sessions) == 3
    assert None not in sessions
