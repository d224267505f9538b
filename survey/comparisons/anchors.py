"""Anchors: versions that are known to be worse, beside which the others are rated.

A system is one by its name. That an anchor is worse is known beforehand, so nothing is tested of
it: its comparisons have intervals and no p values, and those of the systems are corrected without.
"""

from __future__ import annotations

PREFIX = "anchor-"


def below(kilohertz: float) -> str:
    """What the reference without all that is above is called."""
    return f"{PREFIX}{kilohertz:g}kHz"


def is_anchor(system: str) -> bool:
    """Whether a system of this name is an anchor."""
    return system.startswith(PREFIX)


def are_tested(*systems: str) -> bool:
    """Whether the comparison of these systems is a test, that is, none of them is an anchor."""
    return not any(map(is_anchor, systems))
