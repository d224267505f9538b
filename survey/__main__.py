"""``python -m survey``: the listening test alone, without the demo and its model.

Stopped by SIGTERM or Ctrl+C it ends within 10 seconds: requests under way get `GRACE_SECONDS`, then
`survey.app.close` closes the database; only a last upload to a dataset may take longer.
"""

from __future__ import annotations

import argparse
import sys

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from survey.app import close, create_app, ending
from survey.core import http_errors, logs
from survey.core.connections import LIMITS, allow_files
from survey.core.freed_memory import give_back_large_blocks
from survey.core.http_guard import Guard
from survey.core.process_end import run, take_signals
from survey.core.public_path import PublicPath
from survey.core.settings import Settings
from survey.proxies import Proxies, Visitors
from survey.request_turns import Turns
from survey.server_ending import LastAnswers
from survey.two_lengths import OneLength

MOUNT = "/survey"
KEEP_ALIVE_SECONDS = 75  # longer than browsers leave between two requests of one trial
GRACE_SECONDS = 3  # for requests under way when the server is stopped


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 if the settings or the database cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m survey", description="The listening test.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7861)
    options = parser.parse_args(arguments)
    try:
        logs.set_up()
        settings = Settings.from_env()
        proxies = Proxies.from_env()
        app = create_app(settings)
    except ValueError as error:
        print(f"survey: {error}", file=sys.stderr)
        return 2
    here = f"http://{options.host}:{options.port}"
    if settings.public_url:
        print(f"The survey is at {settings.public_url}{MOUNT}/, served at {here}.", flush=True)
    else:
        print(f"The survey is at {here}{MOUNT}/", flush=True)
    allow_files()
    give_back_large_blocks()
    take_signals()  # uvicorn takes them first, and sends them again when it has ended
    answering = OneLength(LastAnswers(Visitors(Turns(alone(app)), proxies), ending))
    try:
        # Addresses hold tokens and clients have addresses: nothing of a request is logged.
        uvicorn.run(
            PublicPath(answering, settings.public_url),
            host=options.host,
            port=options.port,
            access_log=False,
            log_level="warning",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            **LIMITS,
        )
    finally:
        close(app)
    return 0


def alone(app: FastAPI) -> FastAPI:
    """A server on which there is nothing but the survey; it refuses all else as the survey does."""
    routes = [Mount(MOUNT, app), Route(MOUNT, home), Route("/", home)]
    server = FastAPI(routes=routes, docs_url=None, redoc_url=None, openapi_url=None)
    server.add_middleware(Guard)
    http_errors.install(server, lambda request, body: None)
    return server


def home(request: Request) -> Response:
    """Who opens the server's address wants the survey."""
    return RedirectResponse(f"{request.scope.get('root_path', '').rstrip('/')}{MOUNT}/")


if __name__ == "__main__":
    run(main)
