"""Which requests reach Gradio, and in what form; everything else ends here.

Addresses that are not in `demo.guard.routes` are not there. An event is checked and written anew
(`demo.guard.events`), and its work is given up when the visitor who waits for it has gone.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Collection, Hashable
from contextlib import AbstractContextManager
from urllib.parse import parse_qs

from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.guard.bodies import body_of, while_awaited, with_length
from demo.guard.events import checked
from demo.guard.kept_answers import KeptAnswers
from demo.guard.public_address import visitor
from demo.guard.refusals import (
    BUSY,
    NO_FILE,
    NO_HOST,
    QUEUED,
    STARTING,
    UNREADABLE,
    refusal,
    sentence,
    statuses_of_event,
)
from demo.guard.routes import (
    ANSWER,
    API,
    CALL,
    EVENT,
    FILE,
    KEPT,
    KEYWORDS,
    LEAVE,
    STREAM,
    UPLOAD,
    path_of,
    route_of,
)
from demo.guard.uploads import IncomingUploads, Upload, boundary

LARGEST_EVENT_BYTES = 64 * 1024  # of its body; what a page asks for takes a few hundred
ENVELOPE_BYTES = 64 * 1024  # of an upload's body beside the file
DRAINED_BYTES = 100_000_000  # still read of an upload that is refused as too large
LONGEST_HOST = 255  # a name has no more letters
ONE_RANGE = re.compile(rb"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})")

log = logging.getLogger(__name__)


class Gate:
    """Lets through what the page and its named endpoints need.

    Parameters
    ----------
    app : ASGI application
        Gradio's, perhaps with others mounted in it.
    beside : collection of str
        Addresses of those others, which look after themselves.
    private, public : collections of int
        Numbers of the page's own events, and of those that programs may call.
    names : collection of str
        Names of the latter.
    largest_file : int
        Bytes of an upload.
    owns : function
        Whether a path is a file of this server's own folder.
    is_full : function
        Whether no more files of a visitor's can be taken in.
    count : function
        Called with the path of every upload that was taken in, and whose it is.
    count_bytes : function
        Called with the bytes of every other one, likewise.
    coming : function
        What to be in while an upload of so many bytes comes in, and whose it is.
    page_closed : function
        Called with a session when the visitor's page has been closed.
    waits : function
        Whether answers wait for a session in Gradio's queue.
    session_of : function
        The session of a program's call, by the call's number.
    listening : function
        What to be in while answers are sent to a session.
    is_open : function
        Whether the server has tried its own locks; until then nothing is served.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        beside: Collection[str],
        private: Collection[int],
        public: Collection[int],
        names: Collection[str],
        largest_file: int,
        owns: Callable[[str], bool],
        is_full: Callable[[Hashable], bool],
        count: Callable[[str, Hashable], None],
        count_bytes: Callable[[int, Hashable], None],
        coming: Callable[[int, Hashable], AbstractContextManager[None]],
        page_closed: Callable[[str], None],
        waits: Callable[[str], bool],
        session_of: Callable[[str], str],
        listening: Callable[[str], AbstractContextManager[None]],
        is_open: Callable[[], bool],
    ) -> None:
        self.app, self.beside = app, tuple(beside)
        self.private, self.public, self.names = set(private), set(public), set(names)
        self.largest_upload = largest_file + ENVELOPE_BYTES
        self.owns, self.is_full, self.page_closed = owns, is_full, page_closed
        self.count, self.count_bytes, self.coming = count, count_bytes, coming
        self.waits, self.is_open = waits, is_open
        self.session_of, self.listening = session_of, listening
        self._too_large = f"The file is too large: {largest_file // 10**6} MB is the most."
        self._uploads, self._kept = IncomingUploads(), KeptAnswers(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if any(name == b"host" and len(host) > LONGEST_HOST for name, host in scope["headers"]):
            await sentence(NO_HOST, 400)(scope, receive, send)  # it comes back in every address
            return
        path = path_of(scope)
        if not self.is_open() and path != f"{API}/startup-events":
            # Gradio asks its own page whether it is there before it goes on.
            status = 200 if scope["method"] == "HEAD" else 503
            await sentence(STARTING, status, {"Retry-After": "3"})(scope, receive, send)
            return
        if any(path == other or path.startswith(f"{other}/") for other in self.beside):
            await self.app(scope, receive, send)
            return
        route = route_of(scope["method"], path, scope["query_string"])
        if route is None:
            await Response(status_code=404)(scope, receive, send)
            return
        kind, parts = route
        if not self._may(kind, parts, scope["query_string"]):
            await Response(status_code=404)(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._pass(kind, parts, scope, receive, sending)
        except ClientDisconnect:  # the upload broke off; its sender may still read an answer
            if not has_begun:
                await sentence(NO_FILE, 400)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - Gradio's; its text and traceback hold values
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
            # A reader that leaves and a form that cannot be read are no faults of the server; for a
            # part without a file name Gradio raises a TypeError.
            is_no_form = kind == UPLOAD and isinstance(error, (FormParserError, TypeError))
            is_no_parameter = kind == KEYWORDS and isinstance(error, TypeError)
            expected = has_begun or is_no_form or is_no_parameter
            level = logging.INFO if expected else logging.WARNING
            log.log(level, "%s failed: %s at %s", kind, type(error).__name__, where)
            if not has_begun:
                await refusal(kind, error)(scope, receive, send)
            else:  # end the answer, or uvicorn logs that it is incomplete
                await send({"type": "http.response.body", "body": b""})

    async def _pass(
        self, kind: str, parts: dict[str, str | None], scope: Scope, receive: Receive, send: Send
    ) -> None:
        if kind in (EVENT, CALL, KEYWORDS):
            await self._event(kind, scope, receive, send)
        elif kind == UPLOAD:
            await self._upload(scope, receive, send)
        elif kind == ANSWER:
            with self.listening(self.session_of(parts["event"] or "")):
                await self.app(scope, receive, send)
        elif kind == STREAM:
            with self.listening(_session(scope["query_string"])):
                await self.app(scope, receive, send)
        elif kind == LEAVE:
            try:
                await self.app(scope, receive, send)
            finally:
                self.page_closed(parts["session"] or "")
        elif kind == KEPT:
            await self._kept(scope, receive, send)
        elif kind == FILE:
            await self.app({**scope, "headers": _with_one_range(scope)}, receive, send)
        else:
            await self.app(scope, receive, send)

    def _may(self, kind: str, parts: dict[str, str | None], query: bytes) -> bool:
        """Whether the route's own values are allowed."""
        if kind == FILE:
            return self.owns(parts["path"] or "")
        if kind == STREAM:
            return self.waits(_session(query))
        return parts.get("name") is None or parts["name"] in self.names

    async def _event(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive, LARGEST_EVENT_BYTES)
        if body is None:
            await sentence("The request is too large.", 413)(scope, receive, send)
            return
        try:
            numbers = self.public if "/queue/" in path_of(scope) else self.private
            event = checked(kind, body, numbers)
        except ValueError:  # Pydantic's errors are, too; they hold what was sent
            await sentence(UNREADABLE, 422)(scope, receive, send)
            return
        scope = {**scope, "headers": with_length(scope, len(event))}
        statuses = statuses_of_event()
        is_queued_out = False

        async def sending(message: Message) -> None:
            nonlocal is_queued_out
            if message["type"] == "http.response.start" and message["status"] == 503:
                is_queued_out = True  # Gradio's own text tells how long its queue is
                await sentence(QUEUED, 503, {"Retry-After": "30"})(scope, receive, send)
            if is_queued_out:
                return
            if message["type"] == "http.response.start" and message["status"] == 500 and statuses:
                message = {**message, "status": statuses[-1]}
            await send(message)

        await while_awaited(self.app, scope, event, receive, sending)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file in if it is not too large, few others are coming in, and there is room."""
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > self.largest_upload:
            # A browser shows the sentence only after it has sent the whole body.
            await body_of(receive, limit=DRAINED_BYTES, keep=False)
            await sentence(self._too_large, 413)(scope, receive, send)
            return
        whose = visitor(HTTPConnection(scope))
        if self.is_full(whose):
            await body_of(receive, limit=self.largest_upload, keep=False)
            await sentence(BUSY, 503, {"Retry-After": "30"})(scope, receive, send)
            return
        upload = Upload(receive, self.largest_upload, boundary(scope), whose)
        announced = int(length) or self.largest_upload  # in parts of untold number
        refused, answer = 0, bytearray()

        async def sending(message: Message) -> None:
            # Gradio's own message for an upload that it cannot read names its internals.
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refused = message["status"]
                problem = self._too_large if refused == 413 else NO_FILE
                await sentence(problem, refused)(scope, receive, send)
            elif not refused:
                answer.extend(message.get("body", b""))
                await send(message)

        try:
            with self._uploads.among(upload), self.coming(announced, whose):
                # What names an upload's progress would be kept for good, and no page asks for it.
                await self.app({**scope, "query_string": b""}, upload.message, sending)
        except ClientDisconnect:
            if not upload.given_up.is_set():
                raise
            await sentence(BUSY, 503, {"Retry-After": "30"})(scope, receive, send)
        finally:
            came = json.loads(answer) if answer and not refused else []
            for path in came:
                self.count(path, whose)
            if not came:
                self.count_bytes(upload.received, whose)


def _session(query: bytes) -> str:
    """The session that a query names."""
    return parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]


def _with_one_range(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers without ranges at which Gradio fails: of none or several the file comes whole."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return [pair for pair in headers if pair[0] != b"range" or ONE_RANGE.fullmatch(pair[1])]
