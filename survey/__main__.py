"""``python -m survey``: the listening test alone, without the demo and its model."""

from __future__ import annotations

import argparse
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from survey.app import close, create_app
from survey.settings import Settings

MOUNT = "/survey"
KEEP_ALIVE = 75  # seconds; longer than browsers leave between two requests of one trial


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 if the settings or the database cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m survey", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7861)
    given = parser.parse_args(arguments)
    try:
        app = create_app(Settings.from_env())
    except ValueError as error:
        print(f"survey: {error}", file=sys.stderr)
        return 2
    home = Route("/", lambda request: RedirectResponse(f"{MOUNT}/"))
    server = Starlette(routes=[Mount(MOUNT, app), home])
    print(f"The survey is at http://{given.host}:{given.port}{MOUNT}/", flush=True)
    try:
        # Addresses hold tokens and clients have addresses: nothing of a request is logged.
        uvicorn.run(
            server,
            host=given.host,
            port=given.port,
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
        )
    finally:
        close(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
