"""A process of the server's own that builds: at low priority, on one core, gone with the server.

Rendering and transferring hold Python's interpreter lock; in a thread they would make participants
wait. This module, started with the name of a command and its arguments, runs it as such a process.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
from pathlib import Path

from db.database import Database
from survey.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NICENESS = 10
SECRETS = ("FADERNETS_ADMIN_TOKEN", "HF_TOKEN")  # that a build has no use for


def environment(database: Database, settings: Settings) -> dict[str, str]:
    """The environment of a child that builds for this database and folder."""
    env = {key: value for key, value in os.environ.items() if key not in SECRETS}
    url = database.url
    if database.is_sqlite and url.database:
        url = url.set(database=str(Path(url.database).absolute()))
    paths = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    return env | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "FADERNETS_DATA": str(settings.data.absolute()),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def settle() -> None:
    """To be called by the child first: let others go before, and end when the server does.

    The server holds the other end of the child's standard input, and never writes to it.
    """
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _leave_with_parent() -> None:
    os.read(0, 1)  # not through sys.stdin, whose lock would be in the way at this process' end
    os._exit(1)


if __name__ == "__main__":
    settle()  # before PyTorch is imported, which takes a second
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
