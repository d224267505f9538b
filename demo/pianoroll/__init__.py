"""A piano roll with a player, as a component for Gradio: `PianoRoll`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .component import PianoRoll

__all__ = ["PianoRoll"]


def __getattr__(name: str) -> Any:
    """`PianoRoll` where it is asked for: a page of its parts alone need not load it.

    Gradio writes a stub beside the file of every component that is loaded.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from .component import PianoRoll

    return PianoRoll
