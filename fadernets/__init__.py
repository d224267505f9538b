"""Music FaderNets: sliders for rhythm density, note density and arousal of piano music.

After Tan and Herremans, "Music FaderNets: Controllable Music Generation Based On High-Level
Features via Low-Level Feature Modelling", ISMIR 2020.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.notes import Notes

if TYPE_CHECKING:
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

    load = FaderNet.load

__all__ = ["ATTRIBUTES", "Codes", "FaderNet", "Notes", "load", "measure"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Names that need torch, which takes a second to import, come when first asked for."""
    if name in ("Codes", "FaderNet", "load"):
        from fadernets import net

        return net.FaderNet.load if name == "load" else getattr(net, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, those that come later among them."""
    return sorted([*__all__, "__version__"])
