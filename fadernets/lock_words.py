"""Locks in words, as the command line, the page and programs write them.

``melody``, ``bass``, ``left`` and ``right`` (hands), ``rhythm``, ``pitches``, ``track:2`` and
``note:17`` or ``note:17-20``. Tracks and notes are numbered from 1, as `describe` lists them: the
notes of the piece by onset, then pitch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from fadernets.music import hands, midi
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.piece import Piece

HANDS: tuple[Literal["left", "right"], ...] = ("left", "right")
SWITCHES = tuple(field.name for field in fields(Locks) if field.type == "bool")
NAMES = (*SWITCHES[:2], *HANDS, *SWITCHES[2:])
MAX_WORDS = 1_000
_PLAIN = re.compile("[A-Za-z0-9: -]{1,30}")  # what a sentence may repeat: no path, no markup
_NUMBERED = re.compile(r"(track|note):([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?")


@dataclass(frozen=True)
class LockWords:
    """What is locked, not yet looked up in a piece.

    >>> words = LockWords.read("bass,melody,note:3-5")
    >>> words.names, words.notes, words.sentence
    (('melody', 'bass'), ((3, 5),), 'the melody, the bass and 3 chosen notes stay')

    Attributes
    ----------
    names : tuple of str
        Those of `NAMES`, in that order.
    tracks, notes : tuple of (int, int)
        First and last number, from 1, of each range.
    """

    names: tuple[str, ...] = ()
    tracks: tuple[tuple[int, int], ...] = ()
    notes: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, text: object) -> LockWords:
        """Words with commas between them, a list of words, or None for none.

        Raises
        ------
        ValueError
            If it is neither, or a word is no lock; one sentence.
        """
        words = text.split(",") if isinstance(text, str) and text else text or ()
        if not isinstance(words, list | tuple) or len(words) > MAX_WORDS:
            raise ValueError("lock is no list of locks such as melody,bass")
        names: set[str] = set()
        tracks: set[tuple[int, int]] = set()
        notes: set[tuple[int, int]] = set()
        for word in words:
            match = _NUMBERED.fullmatch(word.strip()) if isinstance(word, str) else None
            if match:
                first, last = int(match[2]), int(match[3] or match[2])
                if last < first:
                    raise ValueError(f"{match[0]} is no range: it ends before it begins")
                (tracks if match[1] == "track" else notes).add((first, last))
            elif isinstance(word, str) and word.strip() in NAMES:
                names.add(word.strip())
            else:
                is_plain = isinstance(word, str) and _PLAIN.fullmatch(word)
                raise ValueError(
                    f"{repr(word) if is_plain else 'one word'} is no lock: there are "
                    f"{', '.join(NAMES)}, track:2 and note:17 or note:17-20"
                )
        ordered = tuple(name for name in NAMES if name in names)
        return cls(ordered, tuple(sorted(tracks)), tuple(sorted(notes)))

    def __bool__(self) -> bool:
        return bool(self.names or self.tracks or self.notes)

    @property
    def words(self) -> list[str]:
        """What `read` reads."""
        spans = [("track:", each) for each in self.tracks] + [
            ("note:", each) for each in self.notes
        ]
        numbered = [
            f"{kind}{first}" if first == last else f"{kind}{first}-{last}"
            for kind, (first, last) in spans
        ]
        return [*self.names, *numbered]

    @property
    def sentence(self) -> str:
        """Such as "the melody stays"; "" where nothing is locked."""
        parts = [f"the {name}{' hand' * (name in HANDS)}" for name in self.names]
        tracks = [f"{a}" if a == b else f"{a}-{b}" for a, b in self.tracks]
        track_count, note_count = (
            sum(last - first + 1 for first, last in ranges) for ranges in (self.tracks, self.notes)
        )
        if track_count:
            parts.append(f"track{'s' * (track_count > 1)} {', '.join(tracks)}")
        if note_count:
            parts.append(f"{note_count} chosen note{'s' * (note_count > 1)}")
        if not parts:
            return ""
        is_plural = len(parts) > 1 or "pitches" in self.names or track_count + note_count > 1
        joined = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
        return f"{joined} stay{'s' * (not is_plural)}"

    def on(self, piece: Piece) -> Locks:
        """The locks that the words are on a piece as it was read.

        Raises
        ------
        ValueError
            If the piece has no such note, or its file no such track; one sentence.
        """
        if not self:
            return NO_LOCKS
        self.check(piece)
        chosen = np.zeros(len(piece.notes), bool)
        for first, last in self.notes:
            chosen[first - 1 : last] = True
        parts = {part for first, last in self.tracks for part in range(first - 1, last)}
        if parts:
            chosen |= midi.played_by(piece, parts)
        switches: dict[str, Any] = {name: name in self.names for name in SWITCHES}
        locks = Locks(**switches)
        if own := [hand for hand in HANDS if hand in self.names]:
            played = hands.of_hands(piece)
            chosen |= np.logical_or.reduce([played[hand] for hand in own])
            if len(own) == 1:
                (hand,) = own
                locks = replace(locks, hand=hand, hand_notes=piece.notes[played[hand]])
                parts |= _parts_of(piece, played[hand])
            else:
                locks = replace(locks, hand="both")
        if piece.original and parts.issuperset(piece.original.parts):
            locks = replace(locks, hand="both")  # no track is left for new notes
        notes = piece.notes[chosen] if chosen.any() else None
        return replace(locks, notes=notes, parts=tuple(sorted(parts)))

    def check(self, piece: Piece) -> None:
        """Raise what `on` would, without looking up what is locked, which takes its time."""
        # A range may have a billion numbers: its ends are enough.
        last = max((last for _, last in self.notes), default=0)
        if last > (count := len(piece.notes)):
            raise ValueError(f"there is no note {last} to lock: the piece has {count}")
        last = max((last for _, last in self.tracks), default=0)
        if last > (count := len(piece.original.tracks) if piece.original else 0):
            raise ValueError(f"there is no track {last} to lock: the piece has {count}")


NO_WORDS = LockWords()


def _parts_of(piece: Piece, played: np.ndarray) -> set[int]:
    """The parts of a piece's file that play nothing but the notes chosen."""
    if piece.original is None:
        return set()
    rows, parts = midi.players(piece)  # at once: there may be hundreds of parts in a large file
    return set(piece.original.parts) - set(parts[~played[rows]].tolist())
