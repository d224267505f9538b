"""``/healthz``: whether page and listening test can do their work, for hosts and load balancers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from demo.compute.workers import Workers
    from demo.guard.files import Files

PATH = "/healthz"


def endpoint(
    workers: Workers, files: Files, survey: FastAPI | None
) -> Callable[[Request], Awaitable[Response]]:
    """The function that answers: 200 if all is well, else 503, and what is not.

    ``model``: workers that have loaded it are there. ``files``: the disk has room for uploads.
    ``survey``: what `survey.health` says, if there is one.
    """

    async def healthz(request: Request) -> Response:
        parts: dict[str, object] = {"model": workers.are_ready, "files": files.has_room}
        well = all(parts.values())
        if survey is not None:
            from survey import health  # the demo runs without the survey's libraries, too

            health_of_survey = await asyncio.to_thread(health.check, survey.state)
            parts["survey"] = health_of_survey.model_dump()
            well = well and health_of_survey.ok
        return JSONResponse(parts, 200 if well else 503, {"cache-control": "no-store"})

    return healthz
