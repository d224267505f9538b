"""Requests that a server cannot finish because it ends are told so, and to come again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from survey.core.http_guard import HEADERS

RETRY_AFTER = {"Retry-After": "5"}  # seconds, in which a server that is restarted may be back
SENTENCE = "The server is ending or starting anew just now; please try again in a moment."


def _plain(scope: Scope) -> Response:
    return PlainTextResponse(SENTENCE, 503, {**HEADERS, **RETRY_AFTER})


class LastAnswers:
    """Answers, with status 503, requests that are cancelled before anything was answered.

    uvicorn cancels what is under way some seconds after a signal, and answers 500 otherwise, which
    says that the server is at fault.

    Parameters
    ----------
    app : ASGI application
    answer : scope -> response, optional
        What is said; otherwise one sentence in English.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Scope], Response] = _plain) -> None:
        self.app, self.answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except asyncio.CancelledError:
            if has_begun:
                raise
            await self.answer(scope)(scope, receive, send)
