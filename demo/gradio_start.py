"""Imports Gradio and keeps four habits from it, which take time or memory.

For every component that it defines, Gradio parses the component's source and the stub (`.pyi`) that
lies beside it, for editors, and writes that anew if they differ: two seconds. It skips components
without a source file, so here no component seems to have one.

It keeps what happened in each visitor's session; `demo.guard.sessions` keeps none.

Around every event Gradio switches Matplotlib's backend, and for that it loads Matplotlib with the
first one: half a second, and memory for good. No event of ours draws a figure.

Where the package `mcp` is installed, which `demo.mcp_server` needs, Gradio loads it for an MCP
server of its own: two thirds of a second. The page has none, so here no such package seems to be
there.

What is imported stays, so garbage is not looked for meanwhile: that is a tenth of the import.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
from contextlib import nullcontext
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # Gradio looks at it when imported
_getfile = inspect.getfile


def _no_file_for_stubs(item: Any) -> str:
    if sys._getframe(1).f_globals["__name__"] == "gradio.component_meta":
        raise OSError("no stub is wanted")
    return _getfile(item)


inspect.getfile = _no_file_for_stubs  # type: ignore[assignment]
_hides_mcp = "mcp" not in sys.modules
if _hides_mcp:
    sys.modules["mcp"] = None  # type: ignore[assignment]
_collects = gc.isenabled()
gc.disable()
try:
    import gradio.routes
    import gradio.utils
finally:
    inspect.getfile = _getfile
    if _hides_mcp:
        del sys.modules["mcp"]
    if _collects:
        gc.enable()

from demo.guard.sessions import NoSessions  # noqa: E402

gradio.utils.MatplotlibBackendMananger = nullcontext  # type: ignore[misc, assignment]
gradio.routes.StateHolder = NoSessions  # type: ignore[misc]
