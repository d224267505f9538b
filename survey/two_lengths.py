"""A request that says its body's length in two ways is refused, and its connection ends.

A proxy may believe Content-Length and the server behind it Transfer-Encoding: what one takes for a
request's body is to the other the next request, in somebody else's name. RFC 9112, section 6.3: a
server may refuse such a request, and has to close the connection after it in any case.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from survey.core.http_guard import HEADERS

SENTENCE = "Invalid HTTP request received."  # what uvicorn says of all other broken requests


class OneLength:
    """Refuses requests that have both Content-Length and Transfer-Encoding.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            names = {name for name, _ in scope["headers"]}
            if {b"content-length", b"transfer-encoding"} <= names:
                headers = {**HEADERS, "connection": "close"}
                await PlainTextResponse(SENTENCE, 400, headers)(scope, receive, send)
                return
        await self.app(scope, receive, send)
