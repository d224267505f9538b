"""What a roll shows, checked: notes, beats and bars in seconds, and a recording if there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

MOST_NOTES = 20_000
MOST_TIMES = 20_000  # of beats, and of bars
LONGEST_SECONDS = 3600.0
KEYS = frozenset({"notes", "beats", "bars", "pedal", "length", "audio"})


def checked(value: Any) -> dict[str, Any] | None:
    """A value of `PianoRoll` in full; one that is in full stays as it is.

    Parameters
    ----------
    value : mapping, sequence or None
        Notes `(onset, duration, pitch, velocity)`: onset at least 0 and duration more than 0 in
        seconds, MIDI pitch 0 to 127, velocity 1 to 127. Or a mapping with `notes` and, if wanted,
        `beats` and `bars` (seconds), `pedal` (pairs of seconds: down, up), `length` (seconds; that
        of the notes otherwise) and `audio` (path of a recording that a browser plays).

    Returns
    -------
    dict or None
        `notes`, `beats`, `bars` and `pedal` as lists in order of time, `length` and `audio` (a path
        or None); None if there is no value.

    Raises
    ------
    ValueError
        If something is not as said, with a sentence that says what.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        value = {"notes": value}
    if unknown := sorted(str(key) for key in value.keys() - KEYS):
        raise ValueError(f"a piano roll knows no {', '.join(unknown)}; {', '.join(sorted(KEYS))}")
    notes = sorted(map(_note, _sequence(value.get("notes", ()), "notes", MOST_NOTES)))
    end = max((onset + duration for onset, duration, _, _ in notes), default=0.0)
    length = value.get("length")
    length = end if length is None else _seconds(length, "length")
    if length < end:
        raise ValueError(f"the length is {length:g} s, but a note ends at {end:g} s")
    return {
        "notes": notes,
        "beats": _times(value.get("beats"), "beats"),
        "bars": _times(value.get("bars"), "bars"),
        "pedal": sorted(map(_press, _sequence(value.get("pedal"), "pedal", MOST_TIMES))),
        "length": length,
        "audio": _path(value.get("audio")),
    }


def _sequence(values: Any, name: str, most: int) -> Sequence[Any]:
    """A list, or an array of NumPy's, that is not too long."""
    values = values.tolist() if hasattr(values, "tolist") else values
    if values is None:
        return ()
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise ValueError(f"{name}: a list is needed")
    if len(values) > most:
        raise ValueError(f"{name}: at most {most}, and not {len(values)}")
    return values


def _number(value: Any, name: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name}: a number is needed")
    return float(value)


def _seconds(value: Any, name: str) -> float:
    """A time in a roll."""
    number = _number(value, name)
    if not 0 <= number <= LONGEST_SECONDS:
        raise ValueError(f"{name}: 0 to {LONGEST_SECONDS:g} seconds, and not {number:g}")
    return number


def _times(values: Any, name: str) -> list[float]:
    """Times in their order."""
    return sorted(_seconds(value, name) for value in _sequence(values, name, MOST_TIMES))


def _press(press: Any) -> list[float]:
    """When the pedal goes down and up."""
    down_up = [_seconds(time, "pedal") for time in _sequence(press, "pedal", 2)]
    if len(down_up) != 2 or down_up[0] > down_up[1]:
        raise ValueError("pedal: pairs of seconds are needed, down before up")
    return down_up


def _whole(value: Any, name: str, least: int) -> int:
    """A whole number of MIDI."""
    number = _number(value, name)
    if number != int(number) or not least <= number <= 127:
        raise ValueError(f"{name}: a whole number from {least} to 127, and not {number:g}")
    return int(number)


def _note(row: Any) -> list[float]:
    """Onset, duration, pitch and velocity of a note."""
    values = _sequence(row, "a note", 4)
    if len(values) != 4:
        raise ValueError("a note: onset, duration, pitch and velocity are needed")
    onset = _seconds(values[0], "onset")
    duration = _number(values[1], "duration")
    if duration <= 0:
        raise ValueError(f"duration: more than 0 seconds, and not {duration:g}")
    _seconds(onset + duration, "the end of a note")
    return [onset, duration, _whole(values[2], "pitch", 0), _whole(values[3], "velocity", 1)]


def _path(audio: Any) -> str | None:
    """A recording's path."""
    if audio is None:
        return None
    if not isinstance(audio, str | Path):
        raise ValueError("audio: the path of a file is needed")
    return str(audio)
