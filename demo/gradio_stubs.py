"""Imports Gradio and keeps it from writing stubs, which take most of the time of the import.

For every component that it defines, Gradio parses the component's source and the stub (`.pyi`) that
lies beside it, for editors, and writes that anew if they differ: two seconds of each start. It
skips components without a source file, so here no component seems to have one.
"""

from __future__ import annotations

import inspect
import os
import sys
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # Gradio looks at it when imported
_getfile = inspect.getfile


def _no_file_for_stubs(item: Any) -> str:
    if sys._getframe(1).f_globals["__name__"] == "gradio.component_meta":
        raise OSError("no stub is wanted")
    return _getfile(item)


inspect.getfile = _no_file_for_stubs  # type: ignore[assignment]
try:
    import gradio  # noqa: F401
finally:
    inspect.getfile = _getfile
