"""``/healthz``: whether page and listening test can do their work, for hosts and load balancers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from demo.app import Demo

PATH = "/healthz"


def endpoint(demo: Demo, survey: ASGIApp | None) -> Callable[[Request], Response]:
    """The function that answers: 200 if all is well, else 503, and what is not.

    ``model``: a worker that has loaded it is there. ``files``: there is room for uploads.
    """

    def healthz(request: Request) -> Response:
        parts = {"model": demo.workers.are_ready, "files": not demo.files.is_full}
        status = 200 if all(parts.values()) else 503
        return JSONResponse(parts, status, {"cache-control": "no-store"})

    return healthz
