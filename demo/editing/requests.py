"""What the page asks for, read from the values that it sends and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Literal

from fadernets import curve
from fadernets.curve import Amount, Curve
from fadernets.lock_words import NO_WORDS, LockWords
from fadernets.mood_transfer import MOODS, STRONGEST
from fadernets.music.attributes import ATTRIBUTES

HIGHEST_SEED = 999_999
HIGHEST_NUMBER = 2**53  # what a page can count to
TRACKS_NAMED = 1_000  # in a request, at most: as many as a file may have

Values = Mapping[str, object]  # JSON's, by name, not checked yet


@dataclass(frozen=True)
class EditRequest:
    """Which segments are to change, and how.

    Attributes
    ----------
    first, last : int
        The first and the last segment, from 0.
        Where they change `everywhere`, those that are looked at.
    faders : name -> float or Curve
        Offsets, -1 to 1, of the faders that were moved, from what each segment has.
    positions : name -> float or Curve
        Positions, 0 to 1, that segments get alike, whatever they have; in gaps of a curve none.
    arousal : float or Curve
        -1 is all the way to calm, 1 to energetic, 0 leaves the arousal; more goes beyond.
    valence : float or Curve
        -1 is all the way to sad, 1 to joyful, 0 leaves the valence.
    seed : int or None
        None plays the likeliest notes.
    strict : bool
        Whether a density that nobody asked to change stays exactly as it is.
    everywhere : bool
        Whether the amounts hold for the whole piece, and not for the segments alone.
    """

    first: int
    last: int
    faders: Mapping[str, Amount] = field(default_factory=dict)
    arousal: Amount = 0.0
    valence: Amount = 0.0
    seed: int | None = None
    positions: Mapping[str, Amount] = field(default_factory=dict)
    lock: LockWords = NO_WORDS
    strict: bool = False
    everywhere: bool = False

    @classmethod
    def read(cls, values: Values, count: int, faders: Sequence[str]) -> EditRequest:
        """Read a request for a piece of `count` segments and a model with `faders`.

        The faders' amounts are offsets; where ``absolute`` is true they are positions.

        Raises
        ------
        ValueError
            If a value is neither a number nor a curve or is outside its range, or is for a fader
            that the model has not.
        """
        given = _mapping(values, "positions")
        for name in ATTRIBUTES:
            if name not in faders and (values.get(name) is not None or given.get(name) is not None):
                raise ValueError(f"the model has no fader for {name}")
        absolute = flag(values, "absolute")
        amounts = {name: _amount(values, name, 0 if absolute else -1) for name in faders}
        positions = {name: _amount(given, name, 0, gaps=True) for name in faders}
        if absolute:
            amounts, positions = {}, amounts
        first = whole(values, "first", 0, count - 1)
        last = whole(values, "last", first or 0, count - 1)
        if first is None or last is None:
            raise ValueError(f"{'first' if first is None else 'last'} is missing")
        return cls(
            first,
            last,
            {
                name: amount
                for name, amount in amounts.items()
                if amount is not None and curve.moves(amount)
            },
            _amount(values, "arousal", -STRONGEST, STRONGEST) or 0.0,
            _amount(values, "valence", -STRONGEST, STRONGEST) or 0.0,
            whole(values, "seed", 0, HIGHEST_SEED),
            {name: amount for name, amount in positions.items() if amount is not None},
            LockWords.read(values.get("lock")),
            flag(values, "strict"),
            flag(values, "everywhere"),
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last segment."""
        return self.first, self.last

    @property
    def moods(self) -> dict[str, Amount]:
        """How far the moods that were moved shall go, below 0 towards low."""
        strengths: dict[str, Amount] = {mood: getattr(self, mood) for mood in MOODS}
        return {mood: strength for mood, strength in strengths.items() if curve.moves(strength)}

    @property
    def is_neutral(self) -> bool:
        """Whether nothing was moved, so that the result is the original itself."""
        return not self.faders and not self.positions and not self.moods


@dataclass(frozen=True)
class SaveRequest:
    """A file to take away: of which kind, and of the selection or of the whole piece."""

    kind: Literal["midi", "wav", "ogg", "mp3"]
    scope: Literal["selection", "piece"]
    edit: EditRequest

    @classmethod
    def read(cls, values: Values, count: int, faders: Sequence[str]) -> SaveRequest:
        """As `EditRequest.read`; ValueError also for another kind or scope."""
        kind, scope = values.get("kind"), values.get("scope")
        if kind not in ("midi", "wav", "ogg", "mp3"):
            raise ValueError(f"kind {short(kind)} is neither midi, wav, ogg nor mp3")
        if scope not in ("selection", "piece"):
            raise ValueError(f"scope {short(scope)} is neither selection nor piece")
        return cls(kind, scope, EditRequest.read(values, count, faders))


def number(values: Values, name: str, low: float, high: float) -> float | None:
    """A number by its name, None if there is none.

    Raises
    ------
    ValueError
        If it is not a number or outside its range.
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{name} {short(value)} is not a number")
    require_range(name, value, low, high)
    return value


def _mapping(values: Values, name: str) -> Values:
    """Values by their names in a value, none if there is none; raises ValueError if it is none."""
    value = values.get(name)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"{name} {short(value)} have no names")
    return value or {}


def _amount(
    values: Values, name: str, low: float, high: float = 1, *, gaps: bool = False
) -> Amount | None:
    """A number, a curve or its JSON text by its name, within bounds; None if there is none."""
    value = values.get(name)
    if not isinstance(value, list | dict) and not curve.is_curve_text(value):
        return number(values, name, low, high)
    try:
        return curve.amount(value, low, high, gaps=gaps)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def towards(side: str, strength: object) -> object:
    """The arousal or the valence, as `EditRequest.read` takes it, of a side and a strength.

    Parameters
    ----------
    side : {"low", "high"}
    strength : object
        0 to `fadernets.mood_transfer.STRONGEST`, a number or a curve's JSON.

    Raises
    ------
    ValueError
        If the strength is something else.
    """
    amount = _amount({"strength": strength}, "strength", 0, STRONGEST)
    if amount is None:
        raise ValueError("strength is missing")
    amount = -amount if side == "low" else amount
    return amount.to_json() if isinstance(amount, Curve) else amount


def require_range(name: str, value: float, low: float, high: float) -> None:
    """Raises ValueError if a number is outside its range."""
    if not low <= value <= high:
        raise ValueError(f"{name} {short(value)} is outside {low:g} to {high:g}")


def whole(values: Values, name: str, low: int, high: int) -> int | None:
    """As `number`, a whole one."""
    value = number(values, name, low, high)
    if value is not None and value != int(value):
        raise ValueError(f"{name} {short(value)} is not a whole number")
    return None if value is None else int(value)


def track_numbers(values: Values) -> list[int]:
    """Numbers of tracks, from 1; raises ValueError if ``tracks`` is no list of them."""
    tracks = values.get("tracks")
    if not isinstance(tracks, list) or len(tracks) > TRACKS_NAMED:
        raise ValueError(f"tracks {short(tracks)} is no list of tracks")
    return [whole({"track": track}, "track", 1, TRACKS_NAMED) or 0 for track in tracks]


def flag(values: Values, name: str) -> bool:
    """A yes or no by its name, no if there is none; raises ValueError if it is neither."""
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} {short(value)} is neither true nor false")
    return bool(value)
