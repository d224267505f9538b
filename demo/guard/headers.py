"""What every response of the page tells the browser."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE = "script_nonce"  # in a request's scope: which inline scripts of its page may run

# Gradio's page has inline styles, and makes functions of the text that `gradio.HTML` is given:
# hence the two "unsafe". Two kinds of inline script run: those of the page's own template, by a
# number used once, and those of its head, by their hashes. A script that somebody else got into
# the page does not run. The page loads nothing from other hosts, has no plug-ins and no other base,
# and sends forms nowhere else. Spaces show it in a frame.
POLICY = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval' {inline}",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": (
        "camera=(), geolocation=(), microphone=(), midi=(self), payment=(), usb=()"
    ),
    "cross-origin-opener-policy": "same-origin-allow-popups",
}


class SecurityHeaders:
    """Adds `HEADERS` and `POLICY` where a response does not set its own.

    Parameters
    ----------
    app : ASGI application
    scripts : sequence of str
        Inline scripts that may run, as they stand between their tags.
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[str] = ()) -> None:
        self.app = app
        hashes = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
        self._hashes = [f"'sha256-{value}'" for value in hashes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        inline = " ".join((f"'nonce-{nonce}'", *self._hashes))
        policy = "; ".join(POLICY).format(inline=inline)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", policy)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        scope = {**scope, NONCE: nonce}
        await self.app(scope, receive, sending if scope["type"] == "http" else send)
