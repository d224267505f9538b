"""Start the demo: ``python -m demo [--host H] [--port P]``; prints where it is."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from fadernets.command_line.arguments import Parser
from survey.core.connections import allow_files, listen, local_address, port_number
from survey.core.freed_memory import give_back_large_blocks
from survey.core.process_end import end_requested, leave_if_asked, run, take_signals

if TYPE_CHECKING:
    from demo.survey_mount import SurveyMount
    from survey.proxies import Proxies

HOST, PORT = "127.0.0.1", 7860


class DemoServer(uvicorn.Server):
    """A server that says where it can be reached as soon as it can, and then does something."""

    def __init__(
        self, config: uvicorn.Config, address: str, proxies: Proxies, then: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.address, self.proxies, self.then = address, proxies, then

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if end_requested.is_set():  # just before this server took the signals
            self.should_exit = True
        elif self.started:
            print(f"Music FaderNets is at {self.address} (stop with Ctrl+C)", flush=True)
            print(f"The listening test is at {self.address}survey/", flush=True)
            print(self.proxies, flush=True)
            self.then()


def main() -> int:
    """Serve until interrupted; 2 with one sentence if that cannot be."""
    args = _arguments()
    take_signals()  # Ctrl+C in what follows would be told by a traceback
    try:
        listener = listen(args.host, args.port)
    except ValueError as error:
        print(f"demo: {error}.", file=sys.stderr)
        return 2
    from demo.compute.jobs import WorkError
    from demo.guard.selfcheck import OpenError
    from demo.survey_mount import survey_mount  # Gradio and the survey take seconds to import
    from survey.core import logs

    try:
        logs.set_up()
        allow_files()
        give_back_large_blocks()
        leave_if_asked()
        with survey_mount(args.model) as test:
            leave_if_asked()
            _serve(args.model, test, listener, args.host)
    except (ValueError, WorkError, OpenError) as error:
        print(f"demo: {str(error).rstrip('.')}.", file=sys.stderr)
        return 2
    return 0


def _serve(model: str | None, test: SurveyMount, listener: socket.socket, host: str) -> None:
    """Both applications at one address, until interrupted."""
    from demo.app import SERVER, SURVEY, create_app
    from survey.proxies import Proxies

    config = uvicorn.Config(
        create_app(model, {SURVEY: test.app}),
        log_level="warning",
        log_config=None,
        **SERVER,
    )
    address = f"{local_address(host, listener.getsockname()[1])}/"
    DemoServer(config, address, Proxies.from_env(), test.begin).run(sockets=[listener])


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="demo", description="Music FaderNets in the browser.")
    parser.add_argument(
        "--host",
        metavar="H",
        default=os.environ.get("FADERNETS_HOST") or HOST,
        help="address of this machine to listen at; otherwise FADERNETS_HOST, or 127.0.0.1",
    )
    parser.add_argument(
        "--port",
        metavar="P",
        type=port_number,
        default=os.environ.get("FADERNETS_PORT") or PORT,
        help="otherwise FADERNETS_PORT, or 7860",
    )
    parser.add_argument(
        "--model",
        metavar="M",
        default=os.environ.get("FADERNETS_MODEL"),
        help="a shipped model or a checkpoint's folder; otherwise FADERNETS_MODEL, or arranger",
    )
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
