"""The whole server, demo and listening test, which says what it keeps of its visitors.

    python -m benchmarks.public_server

is ``python -m demo`` which, at a SIGUSR1, writes into the file that FADERNETS_PEEK names what it
keeps of its visitors.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from benchmarks.public.whole_server import PEEK
from fadernets.atomic_file import replacing


def peeked() -> dict[str, int]:
    """What this process keeps of visitors: open pieces, Gradio's sessions and their streams."""
    from gradio.queueing import Queue
    from gradio.state_holder import StateHolder

    from demo.compute.open_pieces import OpenPieces

    counts = {"pieces": 0, "sessions": 0, "streams": 0}
    for instance in gc.get_objects():
        if type(instance) is OpenPieces:
            counts["pieces"] += len(instance)
        elif isinstance(instance, StateHolder):
            counts["sessions"] += len(instance.session_data)
        elif type(instance) is Queue:
            counts["streams"] += len(instance.pending_messages_per_session)
    return counts


def main() -> int:
    """Serve, and write down what is kept whenever asked to."""

    def write(*_: Any) -> None:
        path = Path(os.environ[PEEK])
        with replacing(path) as part:
            part.write_text(json.dumps(peeked()))

    signal.signal(signal.SIGUSR1, write)
    from demo.__main__ import main as serve

    return serve()


if __name__ == "__main__":
    sys.exit(main())
