"""The page's events and programs' calls, read and written anew with their known fields only."""

from __future__ import annotations

import math
import secrets
from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, Field, JsonValue, TypeAdapter

from demo.guard.routes import CALL, KEYWORDS, SESSION


class Event(BaseModel):
    """What a page or a program sends to have a function called; other fields are dropped."""

    data: list[JsonValue] = Field(max_length=32)
    fn_index: int = Field(ge=0, le=10_000)
    session_hash: str | None = Field(None, pattern=f"^{SESSION}$")
    trigger_id: int | None = None


class Call(BaseModel):
    """What a program sends to a named endpoint."""

    data: list[JsonValue] = Field(max_length=32)
    session_hash: str | None = Field(None, pattern=f"^{SESSION}$")


_KEYWORDS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def checked(kind: str, body: bytes, numbers: Collection[int]) -> bytes:
    """The body of an event or a call with its known fields only.

    Parameters
    ----------
    kind : str
        `EVENT`, `CALL` or `KEYWORDS` of `demo.guard.routes`.
    body : bytes
    numbers : collection of int
        Of the events that may be sent to the request's address.

    Raises
    ------
    ValueError
        If the body is anything else; the message may hold what was sent.
    """
    if kind == KEYWORDS:
        values = _KEYWORDS.validate_json(body)
        values.pop("oauth_token", None)
        _check_finite(values)
        return _KEYWORDS.dump_json(values)
    if kind == CALL:
        call = Call.model_validate_json(body, strict=True)
        _check_finite(call.data)
        return call.model_dump_json().encode()
    event = Event.model_validate_json(body, strict=True)
    _check_finite(event.data)
    if event.fn_index not in numbers:
        raise ValueError("not an event of this page")
    # Without one Gradio makes a blank session from nothing, which takes longer than an event.
    event.session_hash = event.session_hash or secrets.token_hex(8)
    return event.model_dump_json().encode()


def _check_finite(value: JsonValue) -> None:
    """Raise ValueError for NaN and infinity, which Pydantic reads and would write as null."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            _check_finite(part)


def event_numbers(blocks: Any) -> tuple[set[int], set[int], set[str]]:
    """Numbers of the page's own events and of the public ones, and the names of the latter.

    Parameters
    ----------
    blocks : gradio.Blocks
    """
    events = [event for event in blocks.fns.values() if event.fn is not None]
    public = [event for event in events if event.api_visibility == "public"]
    private = {event._id for event in events} - {event._id for event in public}
    return private, {event._id for event in public}, {event.api_name for event in public}
