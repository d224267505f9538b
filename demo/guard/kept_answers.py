"""The page and what describes it, made once and kept: Gradio makes each anew for whoever asks.

They are the same for all but the server's own address, which a request may name, and the number by
which the page's scripts may run: both are put in when an answer is sent.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.guard.headers import NONCE
from demo.guard.public_address import SERVER_HEADER
from demo.guard.routes import path_of


@dataclass(frozen=True)
class _KeptAnswer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class KeptAnswers:
    """Answers for an application whose answers depend on the address of a request alone.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[tuple[str, str], _KeptAnswer] = {}
        # What stands for the server's origin and for the number; nobody can guess either.
        self._origin = f"http://{secrets.token_hex(16)}.invalid"
        self._number = secrets.token_hex(16)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below = quote(scope.get("root_path", ""))
        which = path_of(scope).rstrip("/"), below  # one of a few: queries do not count
        answer = self._kept.get(which) or await self._made(scope, below)
        if answer.status == 200:
            self._kept[which] = answer
        origin = Headers(scope=scope).get(SERVER_HEADER.decode(), "").removesuffix(below)
        body = answer.body.replace(self._origin.encode(), origin.encode())
        body = body.replace(self._number.encode(), str(scope.get(NONCE, "")).encode())
        start: Message = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": list(answer.headers),
        }
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await send(start)
        content = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": content})

    async def _made(self, scope: Scope, below: str) -> _KeptAnswer:
        """The application's answer, with the marks in it."""
        host = self._origin.partition("://")[2].encode()
        plain: Scope = {
            **scope,
            "method": "GET",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"host", host), (SERVER_HEADER, f"{self._origin}{below}".encode())],
            NONCE: self._number,
        }
        status, headers, body = 500, [], bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def gather(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                body.extend(message.get("body", b""))

        await self.app(plain, receive, gather)
        return _KeptAnswer(status, headers, bytes(body))
