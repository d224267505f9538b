"""``python -m survey``: the listening test alone, without the demo and its model.

Stopped by SIGTERM or Ctrl+C it ends within 10 seconds: requests under way get `GRACE_SECONDS`, then
`survey.app.close` closes the database; only a last upload to a dataset may take longer.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from fadernets.command_line.arguments import Parser
from survey.app import close, create_app, ending
from survey.core import http_errors, logs
from survey.core.connections import LIMITS, allow_files, listen, local_address, port_number
from survey.core.freed_memory import give_back_large_blocks
from survey.core.http_guard import Guard
from survey.core.process_end import end_requested, run, take_signals
from survey.core.public_path import PublicPath
from survey.core.settings import Settings
from survey.proxies import Proxies, Visitors
from survey.request_turns import Turns
from survey.server_ending import LastAnswers
from survey.two_lengths import OneLength

MOUNT = "/survey"
KEEP_ALIVE_SECONDS = 75  # longer than browsers leave between two requests of one trial
GRACE_SECONDS = 3  # for requests under way when the server is stopped


class SurveyServer(uvicorn.Server):
    """A server that ends where it was asked to before it took the signals."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As the base class."""
        await super().startup(sockets)
        if end_requested.is_set():
            self.should_exit = True


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 if the settings, the database or the port cannot be used."""
    parser = Parser(prog="python -m survey", description="The listening test.")
    parser.add_argument("--host", default="127.0.0.1", help="address of this machine to listen at")
    parser.add_argument("--port", type=port_number, default=7861)
    options = parser.parse_args(arguments)
    try:
        logs.set_up()
        settings = Settings.from_env()
        proxies = Proxies.from_env()
        _serve(create_app(settings), options.host, options.port, proxies)
    except ValueError as error:
        print(f"survey: {str(error).rstrip('.')}.", file=sys.stderr)
        return 2
    return 0


def _serve(app: FastAPI, host: str, port: int, proxies: Proxies) -> None:
    """Serve the survey alone until stopped, and close it."""
    public = app.state.settings.public_url
    take_signals()  # uvicorn takes them while it serves, and sends them again when it has ended
    try:
        allow_files()
        give_back_large_blocks()
        listener = listen(host, port)
        here = local_address(host, listener.getsockname()[1])
        where = f"{public}{MOUNT}/, served at {here}." if public else f"{here}{MOUNT}/"
        print(f"The survey is at {where}", flush=True)
        answering = OneLength(LastAnswers(Visitors(Turns(alone(app)), proxies), ending))
        # Addresses hold tokens and clients have addresses: nothing of a request is logged.
        config = uvicorn.Config(
            PublicPath(answering, public),
            access_log=False,
            log_level="warning",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            **LIMITS,
        )
        SurveyServer(config).run(sockets=[listener])
    finally:
        close(app)


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
