"""What the page asks for, read from the values that it sends and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from reprlib import repr as short
from typing import Literal

from fadernets.curve import Amount, Curve
from fadernets.lock_words import NO_WORDS, LockWords
from fadernets.mood_transfer import STRONGEST
from fadernets.score.settings import Amounts, Redrawn, Settings
from fadernets.score.values import Values as Values
from fadernets.score.values import amount as amount_of
from fadernets.score.values import flag as flag
from fadernets.score.values import number as number
from fadernets.score.values import require_range as require_range
from fadernets.score.values import whole as whole

HIGHEST_NUMBER = 2**53  # what a page can count to
TRACKS_NAMED = 1_000  # in a request, at most: as many as a file may have


@dataclass(frozen=True)
class EditRequest(Amounts):
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
    redrawn : tuple of Redrawn
        Bars that are drawn once more, one after the other.
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
    redrawn: tuple[Redrawn, ...] = ()

    @classmethod
    def read(cls, values: Values, count: int, faders: Sequence[str]) -> EditRequest:
        """Read a request for a piece of `count` segments and a model with `faders`.

        Raises
        ------
        ValueError
            As `Settings.read` does, or if there are no such segments.
        """
        settings = Settings.read(values, faders)
        first = whole(values, "first", 0, count - 1)
        last = whole(values, "last", first or 0, count - 1)
        if first is None or last is None:
            raise ValueError(f"{'first' if first is None else 'last'} is missing")
        return cls(first, last, everywhere=flag(values, "everywhere"), **vars(settings))

    @property
    def span(self) -> tuple[int, int]:
        """First and last segment."""
        return self.first, self.last

    @property
    def settings(self) -> Settings:
        """What is asked of the piece, whichever segments are looked at."""
        return Settings(**{each.name: getattr(self, each.name) for each in fields(Settings)})


@dataclass(frozen=True)
class SaveRequest:
    """A file to take away: of which kind, and of the selection or of the whole piece."""

    kind: Literal["midi", "wav", "ogg", "mp3"]
    scope: Literal["selection", "piece"]
    edit: EditRequest
    curves: bool = False  # whether a MIDI file carries what was asked for

    @classmethod
    def read(cls, values: Values, count: int, faders: Sequence[str]) -> SaveRequest:
        """As `EditRequest.read`; ValueError also for another kind or scope."""
        kind, scope = values.get("kind"), values.get("scope")
        if kind not in ("midi", "wav", "ogg", "mp3"):
            raise ValueError(f"kind {short(kind)} is neither midi, wav, ogg nor mp3")
        if scope not in ("selection", "piece"):
            raise ValueError(f"scope {short(scope)} is neither selection nor piece")
        edit = EditRequest.read(values, count, faders)
        return cls(kind, scope, edit, flag(values, "curves"))


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
    amount = amount_of({"strength": strength}, "strength", 0, STRONGEST)
    if amount is None:
        raise ValueError("strength is missing")
    amount = -amount if side == "low" else amount
    return amount.to_json() if isinstance(amount, Curve) else amount


def track_numbers(values: Values) -> list[int]:
    """Numbers of tracks, from 1; raises ValueError if ``tracks`` is no list of them."""
    tracks = values.get("tracks")
    if not isinstance(tracks, list) or len(tracks) > TRACKS_NAMED:
        raise ValueError(f"tracks {short(tracks)} is no list of tracks")
    return [whole({"track": track}, "track", 1, TRACKS_NAMED) or 0 for track in tracks]
