"""The gate before Gradio, with an application behind it that records its requests."""

from __future__ import annotations

import asyncio
import json

import pytest

from demo.guard.gate import LARGEST_EVENT_BYTES
from demo.guard.refusals import QUEUED
from tests.demo.guard.gates import EVENT, ask, run


def test_only_known_fields_of_an_event_get_through(gate, behind):
    unknown_fields = {"batched": True, "event_id": "e", "oauth_token": "t", "simple_format": True}
    unknown_fields |= {"event_data": {"a": 1}, "request": {"b": 2}}
    status, _ = run(
        gate, "POST", "/gradio_api/run/predict", json.dumps(EVENT | unknown_fields).encode()
    )
    assert status == 200
    assert json.loads(behind.bodies[0]) == EVENT | {"trigger_id": None}
    headers = dict(behind.scopes[0]["headers"])
    assert headers[b"content-length"] == str(len(behind.bodies[0])).encode()
    assert headers[b"content-type"] == b"application/json"


@pytest.mark.parametrize(
    ("path", "number", "status"),
    [
        ("run/predict", 1, 200), ("run/predict", 3, 422), ("run/predict", 4, 422),
        ("queue/join", 3, 200), ("queue/join", 1, 422),
    ],
)  # fmt: skip
def test_the_page_and_programs_have_their_own_events(gate, behind, path, number, status):
    body = json.dumps(EVENT | {"fn_index": number}).encode()
    assert run(gate, "POST", f"/gradio_api/{path}", body)[0] == status
    assert len(behind.bodies) == (status == 200)


@pytest.mark.parametrize("number", ["NaN", "1e400", "-Infinity", '{"a": [[1e999]]}'])
@pytest.mark.parametrize("path", ["run/predict", "call/slide", "call/v2/slide"])
def test_no_number_that_would_become_null(gate, behind, path, number):
    """Null means "not given", and so would ask for something else."""
    body = f'{{"data": ["x", {number}], "fn_index": 1}}'.encode()
    status, answer = run(gate, "POST", f"/gradio_api/{path}", body)
    assert status == 422 and json.loads(answer)["error"] == "This is not an event of the page."
    assert behind.bodies == []


def test_a_refusal_has_the_status_that_was_noted_for_it(gate, behind):
    """Also when several events are refused at once."""
    path, body = "/gradio_api/run/predict", json.dumps(EVENT).encode()
    behind.refusals = [422, 500, 422]

    async def several():
        return await asyncio.gather(*(ask(gate, "POST", path, body) for _ in range(4)))

    assert [status for status, _ in asyncio.run(several())] == [422, 500, 422, 200]


def test_a_full_queue_is_a_sentence_of_ours(gate, behind):
    behind.status = 503
    body = json.dumps({"data": []}).encode()
    status, answer = run(gate, "POST", "/gradio_api/call/slide", body)
    assert status == 503 and json.loads(answer)["error"] == QUEUED


def test_large_bodies_end_at_the_gate(gate, behind):
    large = json.dumps(EVENT | {"data": ["x" * LARGEST_EVENT_BYTES]}).encode()
    assert run(gate, "POST", "/gradio_api/run/predict", large)[0] == 413
    endless = [{"type": "http.request", "body": b"x" * 9000, "more_body": True}] * 20
    assert run(gate, "POST", "/gradio_api/run/predict", messages=endless)[0] == 413
    assert behind.bodies == []


def test_streams_of_sessions_that_wait_for_nothing_are_not_there(gate):
    async def stream(session):
        return (await ask(gate, "GET", "/gradio_api/queue/data", query=session))[0]

    assert asyncio.run(stream(b"session_hash=waits")) == 200
    assert asyncio.run(stream(b"session_hash=nosuch")) == 404
    assert asyncio.run(stream(b"")) == 404


def test_nothing_is_served_before_the_locks_were_tried(gate, behind):
    gate.is_open = lambda: False
    assert run(gate, "GET", "/")[0] == run(gate, "POST", "/gradio_api/upload", b"x")[0] == 503
    assert run(gate, "HEAD", "/")[0] == 200
    assert behind.scopes == []


def test_an_event_ends_when_the_visitor_hangs_up(gate, behind):
    async def hang_up():
        behind.hold = asyncio.Event()
        body = {"type": "http.request", "body": json.dumps(EVENT).encode(), "more_body": False}
        messages = [body, {"type": "http.disconnect"}]
        path = "/gradio_api/run/predict"
        await asyncio.wait_for(ask(gate, "POST", path, messages=messages), 5)
        assert behind.cancelled == 1

    asyncio.run(hang_up())


def test_an_event_ends_with_the_server(gate, behind):
    async def stop():
        behind.hold = asyncio.Event()
        path, body = "/gradio_api/run/predict", json.dumps(EVENT).encode()
        task = asyncio.ensure_future(ask(gate, "POST", path, body))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert behind.cancelled == 1

    asyncio.run(stop())


def test_what_fails_behind_the_gate_is_a_sentence_and_a_line(gate, behind, caplog):
    behind.error = TypeError("a value that was sent: /secret")
    status, body = run(gate, "POST", "/gradio_api/run/predict", json.dumps(EVENT).encode())
    assert status == 422 and json.loads(body)["error"] == "This is not an event of the page."
    status, body = run(gate, "GET", "/config")
    assert status == 500 and json.loads(body)["error"].endswith(".")
    assert [record.message.split(" at ")[0] for record in caplog.records] == [
        "event failed: TypeError",
        "kept failed: TypeError",
    ]
    assert "secret" not in caplog.text


def test_a_parameter_that_is_not_there_is_no_warning(gate, behind, caplog):
    caplog.set_level("INFO")
    behind.error = TypeError("no parameter named /secret")
    status, _ = run(gate, "POST", "/gradio_api/call/v2/slide", b'{"nosuch": 1}')
    assert status == 422
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "secret" not in caplog.text


def test_leaving_is_told(gate):
    run(gate, "GET", "/gradio_api/heartbeat/abc")
    assert gate.sessions_left == ["abc"]


@pytest.mark.parametrize("root", ["", "/music"])
def test_what_lies_beside_passes_and_own_files_only(gate, behind, root):
    assert run(gate, "GET", "/survey/x?", root=root)[0] == 200
    assert run(gate, "DELETE", "/healthz", root=root)[0] == 200
    assert run(gate, "GET", "/gradio_api/file=/own/a.mid", root=root)[0] == 200
    passed = len(behind.scopes)
    for path in ("/surveyx", "/gradio_api/file=/own/b.mid", "/gradio_api/deep_link", "/monitoring"):
        assert run(gate, "GET", path, root=root)[0] == 404
    assert run(gate, "GET", "/", query=b"deep_link=x", root=root)[0] == 404
    assert run(gate, "GET", "/", query=b"%64eep_link=x", root=root)[0] == 404
    assert len(behind.scopes) == passed


@pytest.mark.parametrize(
    ("path", "query", "session"),
    [
        ("/gradio_api/call/slide/call1", b"", "own"),
        ("/gradio_api/call/v2/slide/call1", b"", "own"),
        ("/gradio_api/queue/data", b"session_hash=waits", "waits"),
    ],
)
def test_who_waits_for_an_answer_is_known(gate, path, query, session):
    status, _ = asyncio.run(ask(gate, "GET", path, query=query))
    assert status == 200
    assert gate.heard == [f"{session} listens", f"{session} has left"]
