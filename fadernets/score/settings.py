"""The settings of a piece: what faders and moods ask for, seed and locks.

One reading of them is for the page, the command line and programs. As JSON they are by name:
``{"rhythm": {"beats": [[0, 0.0], [16, 0.5]]}, "arousal": -1, "seed": 3, "lock": ["melody"]}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fadernets import curve
from fadernets.curve import Amount, Curve
from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_words import NO_WORDS, LockWords
from fadernets.mood_transfer import MOODS, STRONGEST
from fadernets.music.attributes import ATTRIBUTES
from fadernets.score.values import Values, amount, flag, mapping, number, whole

HIGHEST_SEED = 999_999
MOST_REDRAWN = 32  # each is planned by itself
MOST_BEATS = 100_000


@dataclass(frozen=True)
class Redrawn:
    """Bars that are drawn once more, by a seed of their own, while all others stay.

    Attributes
    ----------
    begin, end : float
        Beats of the piece; a segment belongs to it if its middle does.
    seed : int
    """

    begin: float
    end: float
    seed: int

    def has(self, beat: float) -> bool:
        """Whether a beat lies in it."""
        return self.begin <= beat < self.end

    @classmethod
    def read(cls, value: object) -> tuple[Redrawn, ...]:
        """Read a list of ``[begin, end, seed]``, in the order of drawing; None is none.

        Raises
        ------
        ValueError
            If it is no such list, or longer than `MOST_REDRAWN`.
        """
        rows = [] if value is None else value
        if not isinstance(rows, list | tuple) or len(rows) > MOST_REDRAWN:
            raise ValueError(f"redrawn is no list of up to {MOST_REDRAWN} [begin, end, seed]")
        read = []
        for row in rows:
            if not isinstance(row, list | tuple) or len(row) != 3:
                raise ValueError("redrawn has a part that is no [begin, end, seed]")
            values = dict(zip(("begin", "end", "seed"), row, strict=True))
            begin, end = (number(values, name, 0, MOST_BEATS) for name in ("begin", "end"))
            seed = whole(values, "seed", 0, HIGHEST_SEED)
            if begin is None or end is None or seed is None or end <= begin:
                raise ValueError("redrawn has a part that does not go from beat to beat by a seed")
            read.append(cls(begin, end, seed))
        return tuple(read)


@dataclass(frozen=True, kw_only=True)
class PieceSettings:
    """What is asked of a piece.

    Attributes
    ----------
    faders : name -> float or Curve
        Offsets, -1 to 1, of the faders that were moved, from what each segment has.
    arousal : float or Curve
        -1 is all the way to calm, 1 to energetic, 0 leaves the arousal; more goes beyond.
    valence : float or Curve
        -1 is all the way to sad, 1 to joyful, 0 leaves the valence.
    seed : int or None
        None plays the likeliest notes.
    positions : name -> float or Curve
        Positions, 0 to 1, that segments get alike, whatever they have; in gaps of a curve none.
    strict : bool
        Whether a density that nobody asked to change stays exactly as it is.
    redrawn : tuple of Redrawn
        Bars that are drawn once more, one after the other.
    expression : name -> float or Curve
        -1, half as much, to 1, twice as much, of those of `EXPRESSIONS` that were moved.
    """

    faders: Mapping[str, Amount] = field(default_factory=dict)
    arousal: Amount = 0.0
    valence: Amount = 0.0
    seed: int | None = None
    positions: Mapping[str, Amount] = field(default_factory=dict)
    lock: LockWords = NO_WORDS
    strict: bool = False
    redrawn: tuple[Redrawn, ...] = ()
    expression: Mapping[str, Amount] = field(default_factory=dict)

    @property
    def moods(self) -> dict[str, Amount]:
        """How far the moods that were moved shall go, below 0 towards low."""
        strengths: dict[str, Amount] = {mood: getattr(self, mood) for mood in MOODS}
        return {mood: strength for mood, strength in strengths.items() if curve.moves(strength)}

    @property
    def is_neutral(self) -> bool:
        """Whether nothing was moved, so that the result is the original itself."""
        return not (self.faders or self.positions or self.moods or self.expression)

    @classmethod
    def read(cls, values: Values, faders: Sequence[str]) -> PieceSettings:
        """Read settings for a model with `faders`; names that are none of settings are left out.

        The faders' amounts are offsets; where ``absolute`` is true they are positions.

        Raises
        ------
        ValueError
            If a value is neither a number nor a curve or is outside its range, or is for a fader
            that the model has not.
        """
        raw_positions = mapping(values, "positions")
        for name in ATTRIBUTES:
            if name not in faders and (
                values.get(name) is not None or raw_positions.get(name) is not None
            ):
                raise ValueError(f"the model has no fader for {name}")
        absolute = flag(values, "absolute")
        amounts = {name: amount(values, name, 0 if absolute else -1) for name in faders}
        positions = {name: amount(raw_positions, name, 0, gaps=True) for name in faders}
        expression = {name: amount(values, name, -1) for name in EXPRESSIONS}
        if absolute:
            amounts, positions = {}, amounts
        return cls(
            faders=_moved(amounts),
            arousal=amount(values, "arousal", -STRONGEST, STRONGEST) or 0.0,
            valence=amount(values, "valence", -STRONGEST, STRONGEST) or 0.0,
            seed=whole(values, "seed", 0, HIGHEST_SEED),
            positions={name: value for name, value in positions.items() if value is not None},
            lock=LockWords.read(values.get("lock")),
            strict=flag(values, "strict"),
            redrawn=Redrawn.read(values.get("redrawn")),
            expression=_moved(expression),
        )

    def to_json(self) -> dict[str, Any]:
        """What `read` reads; what is not set is left out."""
        amounts = {**self.faders, **self.moods, **self.expression}
        document: dict[str, Any] = {name: _plain(value) for name, value in amounts.items()}
        if self.positions:
            document["positions"] = {name: _plain(v) for name, v in self.positions.items()}
        if self.seed is not None:
            document["seed"] = self.seed
        if self.lock:
            document["lock"] = self.lock.words
        if self.redrawn:
            document["redrawn"] = [[each.begin, each.end, each.seed] for each in self.redrawn]
        return document | ({"strict": True} if self.strict else {})


def _moved(amounts: Mapping[str, Amount | None]) -> dict[str, Amount]:
    """The amounts that are anything but 0 at any time."""
    return {
        name: value for name, value in amounts.items() if value is not None and curve.moves(value)
    }


def _plain(value: Amount) -> object:
    return value.to_json() if isinstance(value, Curve) else value
