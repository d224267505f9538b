"""Imports Gradio without having it write stubs, which takes longer than all else that it does then.

For every component that it defines, Gradio parses the component's source and the stub (`.pyi`) that
lies beside it, for editors, and writes that anew if they differ: two seconds of each start. It
leaves out components that have no file, so that is what it is told of all of them.
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
