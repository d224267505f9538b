"""What the page asks for, read from the values that it sends and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short
from typing import Literal

from fadernets.curve import Curve
from fadernets.mood_transfer import STRONGEST, asked_moods
from fadernets.score.settings import PieceSettings
from fadernets.score.values import Values as Values
from fadernets.score.values import amount as amount_of
from fadernets.score.values import flag as flag
from fadernets.score.values import number as number
from fadernets.score.values import require_range as require_range
from fadernets.score.values import whole as whole

HIGHEST_NUMBER = 2**53  # what a page can count to
TRACKS_NAMED = 1_000  # in a request, at most: as many as a file may have


@dataclass(frozen=True)
class EditRequest(PieceSettings):
    """Settings, and which segments they are for.

    Attributes
    ----------
    first, last : int
        The first and the last segment, from 0.
        Where they change `everywhere`, those that are looked at.
    everywhere : bool
        Whether the amounts hold for the whole piece, and not for the segments alone.
    """

    first: int
    last: int
    everywhere: bool = False

    @classmethod
    def of(cls, values: Values, count: int, faders: Sequence[str]) -> EditRequest:
        """Read a request for a piece of `count` segments and a model with `faders`.

        Raises
        ------
        ValueError
            As `PieceSettings.read` does, or if there are no such segments.
        """
        settings = PieceSettings.read(values, faders)
        first = whole(values, "first", 0, count - 1)
        last = whole(values, "last", first or 0, count - 1)
        if first is None or last is None:
            raise ValueError(f"{'first' if first is None else 'last'} is missing")
        return cls(first, last, flag(values, "everywhere"), **vars(settings))

    @property
    def span(self) -> tuple[int, int]:
        """First and last segment."""
        return self.first, self.last


@dataclass(frozen=True)
class SaveRequest:
    """A file to take away: of which kind, and of the selection or of the whole piece."""

    kind: Literal["midi", "wav", "ogg", "mp3"]
    scope: Literal["selection", "piece"]
    edit: EditRequest
    curves: bool = False  # whether a MIDI file carries what was asked for

    @classmethod
    def read(cls, values: Values, count: int, faders: Sequence[str]) -> SaveRequest:
        """As `EditRequest.of`; ValueError also for another kind or scope."""
        kind, scope = values.get("kind"), values.get("scope")
        if kind not in ("midi", "wav", "ogg", "mp3"):
            raise ValueError(f"kind {short(kind)} is neither midi, wav, ogg nor mp3")
        if scope not in ("selection", "piece"):
            raise ValueError(f"scope {short(scope)} is neither selection nor piece")
        edit = EditRequest.of(values, count, faders)
        return cls(kind, scope, edit, flag(values, "curves"))


def towards(side: str, strength: object) -> object:
    """The arousal or the valence, as `EditRequest.of` takes it, of a side and a strength.

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


def moods_towards(
    sides: Mapping[str, str | None], preset: str | None, strengths: Mapping[str, object]
) -> dict[str, object]:
    """Arousal and valence, as `EditRequest.of` takes them, of a transfer: mood -> amount.

    Parameters
    ----------
    sides, preset
        As `fadernets.mood_transfer.asked_moods` takes them.
    strengths : mood -> object
        As `towards` takes it.

    Raises
    ------
    ValueError
        As both of these do.
    """
    mood_sides = asked_moods(sides, preset)
    return {mood: towards(side, strengths[mood]) for mood, side in mood_sides.items()}


def track_numbers(values: Values) -> list[int]:
    """Numbers of tracks, from 1; raises ValueError if ``tracks`` is no list of them."""
    tracks = values.get("tracks")
    if not isinstance(tracks, list) or len(tracks) > TRACKS_NAMED:
        raise ValueError(f"tracks {short(tracks)} is no list of tracks")
    return [whole({"track": track}, "track", 1, TRACKS_NAMED) or 0 for track in tracks]
