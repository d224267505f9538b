"""What a Space on ZeroGPU, the hardware of free accounts, has to show when it is launched.

Hugging Face ends a Space there that has named no function for the card. All work here is the
processor's: the function that is named does nothing, and nothing calls it.
"""

from __future__ import annotations

import importlib
import os
import sys


def name_a_function() -> None:
    """Name a function for the card, if this is a Space on ZeroGPU; to be called before the launch.

    The host's package `spaces` has Gradio report what was named. It also changes PyTorch, where it
    can import it; the server itself has none, and its workers need theirs as it is.
    """
    if os.environ.get("SPACES_ZERO_GPU", "").lower() not in ("1", "t", "true"):
        return
    hides_torch = "torch" not in sys.modules
    if hides_torch:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        spaces = importlib.import_module("spaces")
    finally:
        if hides_torch:
            del sys.modules["torch"]
    spaces.GPU(_nothing)


def _nothing() -> None:
    """Nothing."""
