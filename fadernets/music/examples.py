"""Example pieces, calm ones first, from the corpus of scores that comes with music21.

A score has no velocities. `_velocity` makes plain ones from its dynamics, its bars and a swell over
about four bars, so that loudness can be seen and changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, NO_PEDAL, Notes, struck_once
from fadernets.music.piece import Piece

if TYPE_CHECKING:
    from music21.stream import Score

LOUDNESS = {"ppp": 34, "pp": 42, "p": 52, "mp": 62, "mf": 72, "f": 84, "ff": 96, "fff": 106}
DOWNBEAT = 8  # MIDI velocity added on the first beat of a bar
SWELL = (0, 4, 6, 3)  # added in the four quarters of a phrase of `PHRASE` beats
PHRASE = 16


@dataclass(frozen=True)
class Example:
    """A piece to try the faders on.

    Attributes
    ----------
    key : str
        Short name, fit for an address.
    composer, title : str
    work : str
        Its file, below the corpus' folder in music21.
    tempo : float
        Quarter notes per minute; many of the scores give none.
    dynamics : str
        Up to the score's first mark.
    """

    key: str
    composer: str
    title: str
    work: str
    tempo: float
    dynamics: str = "mf"

    @property
    def label(self) -> str:
        """Composer and kind, to choose by."""
        return f"{self.composer} {self.key.capitalize()}"

    @property
    def name(self) -> str:
        """Composer and title."""
        return f"{self.composer}: {self.title}"


# Music and scores are in the public domain; the files name those who entered them.
EXAMPLES: dict[str, Example] = {
    example.key: example
    for example in (
        Example("chorale", "Bach", "O Haupt voll Blut und Wunden", "bach/bwv244.54.mxl", 60, "p"),
        Example("prelude", "Bach", "Prelude in C major", "bach/bwv846.mxl", 72, "mp"),
        Example("mazurka", "Chopin", "Mazurka op. 6 no. 2", "chopin/mazurka06-2.krn", 150),
        Example(
            "sonata", "Mozart", "Sonata in C, K. 545", "mozart/k545/movement1_exposition.mxl", 132
        ),
        Example(
            "polonaise", "C. Schumann", "Polonaise op. 1", "schumann_clara/polonaise_op1n1.mxl", 92
        ),
        Example("rag", "Joplin", "Maple Leaf Rag", "joplin/maple_leaf_rag.mxl", 92),
    )
}
FIRST = "mazurka"  # the one that the page opens with


@cache
def load(key: str) -> Piece:
    """An example as a piece, from its first full bar; read once, under a second each.

    Raises
    ------
    ValueError
        If there is no such example.
    """
    if key not in EXAMPLES:
        raise ValueError(f"no example {key!r}; there are: {', '.join(EXAMPLES)}")
    return read(EXAMPLES[key])


def read(example: Example) -> Piece:
    """Any work of the corpus as a piece, from its first full bar."""
    score = _score(example.work)
    start = min((bar.offset for bar in _bars(score) if not bar.paddingLeft), default=0.0)
    length, meter = score.highestTime - start, _meter(score, start)
    rows = np.array(list(_rows(score, example.dynamics)))
    rows[:, :2] -= start
    rows = rows[rows[:, 0] >= 0]
    notes = struck_once(Notes.of(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]))
    return Piece(
        notes=notes,
        pedal=NO_PEDAL,
        tempo=np.array([[0.0, example.tempo]]),
        meter=meter,
        length=float(max(length, notes.offset.max())),
        name=example.name,
    )


def _score(work: str) -> Score:
    try:
        import music21  # takes most of a second, and only examples need it
        from music21.common import getCorpusFilePath
    except ModuleNotFoundError as error:
        if error.name != "music21":
            raise
        raise ModuleNotFoundError(
            "the example pieces are music21's: pip install 'fadernets[examples]'", name="music21"
        ) from error

    path = Path(getCorpusFilePath(), work)
    return cast("Score", music21.converter.parse(path, forceSource=True, storePickle=False))


def _bars(score: Score) -> Iterator[Any]:
    return iter(score.parts[0].getElementsByClass("Measure"))


def _meter(score: Score, start: float) -> np.ndarray:
    """Rows (beat, numerator, denominator), the first at beat 0."""
    signs = score.parts[0].flatten().getElementsByClass("TimeSignature")
    rows = {max(0.0, float(s.offset) - start): (s.numerator, s.denominator) for s in signs}
    return np.array([(beat, *meter) for beat, meter in sorted(rows.items())], float)


def _rows(score: Score, dynamics: str) -> Iterator[tuple[float, float, int, int]]:
    """Onset and offset in beats, pitch and velocity of every note; ornaments are left out.

    Joins tied notes of the score itself: a copy would take longer than all the rest.
    """
    # music21's `beatStrength` of a note searches for its bar and its meter, each time anew.
    downbeats = {float(bar.offset) for bar in _bars(score) if not bar.paddingLeft}
    score.stripTies(inPlace=True)
    flat = score.flatten()
    marks = [(float(d.offset), d.value) for d in flat.getElementsByClass("Dynamic")]
    at, names = zip(*sorted(marks), strict=True) if marks else ((), ())
    for struck in flat.notes:
        if not struck.quarterLength or struck.duration.isGrace:
            continue
        onset = float(struck.offset)
        last = int(np.searchsorted(at, onset, side="right")) - 1
        mark = names[last] if last >= 0 else dynamics
        velocity = _velocity(mark, onset, onset in downbeats)
        for pitch in struck.pitches:
            if LOWEST_PITCH <= pitch.midi <= HIGHEST_PITCH:
                yield onset, onset + float(struck.quarterLength), pitch.midi, velocity


def _velocity(mark: str, onset: float, downbeat: bool) -> int:
    """MIDI velocity by dynamic mark, beat in the piece and place in the bar."""
    swell = SWELL[int(onset % PHRASE * len(SWELL) / PHRASE)]
    return LOUDNESS.get(mark, LOUDNESS["mf"]) + swell + DOWNBEAT * downbeat
