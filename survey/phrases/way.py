"""Ways in which music is changed: where its moods go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fadernets.mood_transfer import MOODS, PRESETS, SIDES
from survey.building.study_spec import BuildError

DIRECTIONS: dict[str, Literal["lower", "higher"]] = {"low": "lower", "high": "higher"}


@dataclass(frozen=True)
class Way:
    """Where moods go.

    Attributes
    ----------
    name : str
    moods : dict
        Mood to side, "low" or "high".
    """

    name: str
    moods: dict[str, str]

    @property
    def direction(self) -> Literal["lower", "higher", ""]:
        """How arousal is meant to change, if it is."""
        return DIRECTIONS[self.moods["arousal"]] if "arousal" in self.moods else ""


WAYS = {
    way.name: way
    for way in (
        *(Way(side, {"arousal": side}) for side in SIDES),
        *(Way(name, moods) for name, moods in PRESETS.items()),
        *(Way(f"{mood}-{side}", {mood: side}) for mood in MOODS[1:] for side in SIDES),
    )
}


def ways(names: Sequence[str]) -> list[Way]:
    """Ways by their names.

    Raises
    ------
    BuildError
        If there is no such way, or one comes twice.
    """
    unknown = [name for name in names if name not in WAYS]
    if unknown:
        raise BuildError(f"There is no way {unknown[0]!r}; there are: {', '.join(WAYS)}.")
    if not names or len(set(names)) < len(names):
        raise BuildError("Give one way or several different ones.")
    return [WAYS[name] for name in names]
