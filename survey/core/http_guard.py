"""What every response says to the browser, and what requests may be like at all."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 128 * 1024  # bytes of a request's body
UPLOADS: dict[str, int] = {}  # ends of addresses that take more, after they know who sends: bytes
ENVELOPE_BYTES = 128 * 1024  # of an upload's body beside the file
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self' https://huggingface.co"
)
HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": POLICY,
    "permissions-policy": "camera=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
    "cache-control": "no-store",
}


class Guard:
    """Adds `HEADERS` that a response does not set itself; refuses bodies of too many bytes.

    A NUL in an address becomes a character that names nothing either, but that databases take. A
    redirect leads to a path: a server behind a proxy does not know its own scheme and host.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "location" in headers:
                    headers["location"] = _within(headers["location"])
            await send(message)

        most, announced, received = _most(scope), _announced(scope), 0

        async def receiving() -> Message:
            nonlocal received
            if announced > most:
                raise HTTPException(413)
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        if "\0" in scope["path"]:
            scope = {**scope, "path": scope["path"].replace("\0", "\ufffd")}
        await self.app(scope, receiving, sending)


def _most(scope: Scope) -> int:
    """How many bytes the body of a request may have."""
    sizes = [size for end, size in UPLOADS.items() if scope["path"].endswith(end)]
    return max(sizes) + ENVELOPE_BYTES if sizes and scope["method"] == "POST" else BODY_BYTES


def _announced(scope: Scope) -> int:
    """The length that a request says its body has: 0 if it says none, too much if nonsense."""
    header = dict(scope["headers"]).get(b"content-length", b"0")
    return int(header) if header.isdigit() and len(header) < 20 else 10**20


def _within(location: str) -> str:
    """A redirect's target without scheme and host; it is one of ours always."""
    if "://" in location.partition("?")[0]:  # not parsed: a request's Host may be any nonsense
        location = location.partition("://")[2].partition("/")[2]
    return "/" + location.lstrip("/")
