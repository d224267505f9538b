"""Music FaderNets: sliders for rhythm density, note density and arousal of piano music.

After Tan and Herremans, "Music FaderNets: Controllable Music Generation Based On High-Level
Features via Low-Level Feature Modelling", ISMIR 2020.
"""

from fadernets.attributes import ATTRIBUTES, measure
from fadernets.net import Codes, FaderNet
from fadernets.notes import Notes

load = FaderNet.load

__all__ = ["ATTRIBUTES", "Codes", "FaderNet", "Notes", "load", "measure"]
__version__ = "0.1.0"
