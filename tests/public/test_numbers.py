"""Numbers beyond any that the page sends are refused like others that cannot be used."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ONE_WAY
from tests.public.server import Server

FIELDS = (
    *("number", "first", "last", "peak", "chunk", "gain", "rhythm", "note", "arousal", "valence"),
    *("positions", "seed", "lock", "redrawn", "redrawn_now", "seeds", "tracks"),
)
MORE = {
    "ask": {},
    "hear": {"chunk": 0},
    "vary": {"seeds": [1]},
    "save": {"kind": "midi", "scope": "selection"},
    "choose": {"tracks": [1]},
}
HUGE = 10**400


@pytest.mark.parametrize("event", MORE)
@ONE_WAY
def test_whole_numbers_beyond_any_float_are_no_fault_of_the_server(server: Server, event: str):
    piece = server.open_example("prelude")
    before = server.log_text()
    for field in FIELDS:
        for value in (HUGE, -HUGE, [HUGE], [[0, HUGE, 1]]):
            values = {"piece": piece["id"], "number": 1, "first": 0, "last": 0, **MORE[event]}
            answer = server.run(event, json.dumps({**values, field: value}))
            assert answer.status == 200, (field, answer.text)
            assert "Something went wrong" not in answer.text, field
            assert "could not be worked out" not in answer.text, field
    assert "failed" not in server.log_text().removeprefix(before)
