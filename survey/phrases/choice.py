"""Which phrases a table has: drawn at random from what is heard as calm or energetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fadernets.music import midi
from fadernets.music.piece import Piece
from survey.analysis.number_format import counted
from survey.building.corpus import Progress, Work
from survey.building.selection import (
    MOST_EACH,
    Fingerprint,
    SelectionError,
    drawn,
    usable_count,
)
from survey.phrases.phrase import Phrase, phrases
from survey.phrases.system import System
from survey.phrases.way import Way

LEAST_CHANGED = 0.5  # of a phrase's segments that every model has to be able to change


@dataclass(frozen=True, eq=False)
class PhraseTake:
    """A chosen phrase and what became of it.

    Attributes
    ----------
    phrase : Phrase
    way : Way
    original : bytes
        A MIDI file.
    results : dict
        Name of the system to a MIDI file.
    changed : dict
        Name of the system to how many of the phrase's segments it could change.
    """

    phrase: Phrase
    way: Way
    original: bytes
    results: dict[str, bytes]
    changed: dict[str, int]


def candidates(
    works: Sequence[Work],
    systems: Sequence[System],
    seconds: tuple[float, float],
    progress: Progress,
) -> tuple[list[Phrase], dict[str, str]]:
    """All phrases of some pieces of which every model can change enough, none twice.

    Returns
    -------
    candidates : list of Phrase
    without : name of a piece -> why it has none
    """
    candidates: list[Phrase] = []
    without: dict[str, str] = {}
    known: set[Fingerprint] = set()  # also of other pieces: one may be there in two files
    for number, work in enumerate(works):
        progress("listening", number, len(works))
        own = phrases(work, *seconds, known)
        usable = [phrase for phrase in own if _can_be_changed(phrase, systems)]
        candidates += usable
        if not usable:
            without[work.name] = (
                "a model can change too little of its phrases"
                if own
                else f"no bars of it last {seconds[0]:g} to {seconds[1]:g} s, little is played in "
                "them, or another piece has the same"
            )
    progress("listening", len(works), len(works))
    return candidates, without


def _can_be_changed(phrase: Phrase, systems: Sequence[System]) -> bool:
    """Whether every system can change enough of a phrase."""
    least = LEAST_CHANGED * len(phrase.segments)
    return all(len(system.takes(phrase.segments)) >= least for system in systems)


def choose(
    works: Sequence[Work],
    candidates: Sequence[Phrase],
    systems: Sequence[System],
    ways: Sequence[Way],
    count: int,
    rng: np.random.Generator,
    progress: Progress,
) -> list[PhraseTake]:
    """Phrases for every way, with their transfers by every system; none comes twice.

    A way that lowers arousal has phrases of the most energetic third of all, one that raises it of
    the calmest; a way that leaves arousal has any. They are drawn from as many pieces as possible.
    How well a transfer sounds does not count: a phrase is passed over only if a system left all of
    its notes as they were.

    Parameters
    ----------
    count : int
        Phrases that each way shall have.

    Raises
    ------
    SelectionError
        If there are fewer.
    """
    pieces = {work.name: work.piece for work in works}
    low, high = np.quantile([p.arousal for p in candidates] or [0.5], [1 / 3, 2 / 3]).tolist()
    fits: dict[str, Callable[[float], bool]] = {
        "higher": lambda arousal: arousal <= low,
        "lower": lambda arousal: arousal >= high,
        "": lambda arousal: True,
    }
    for way in ways:  # before anything is changed, which takes much longer
        fitting = [p for p in candidates if fits[way.direction](p.arousal)]
        if (most := usable_count(fitting)) < count:
            raise _too_few(way, most, fitting, count)
    chosen: list[PhraseTake] = []
    for way in ways:
        used_phrases = {id(take.phrase) for take in chosen}
        usable = [
            p for p in candidates if fits[way.direction](p.arousal) and id(p) not in used_phrases
        ]
        own: list[PhraseTake] = []
        for phrase in drawn(usable, rng):
            if len(own) == count:
                break
            take = _take(phrase, way, pieces[phrase.work], systems)
            own += [take] if take else []
            progress("changing", len(chosen) + len(own), count * len(ways))
        if len(own) < count:
            raise _too_few(way, len(own), usable, count)
        chosen += own
    return chosen


def _too_few(way: Way, usable: int, phrases: Sequence[Phrase], count: int) -> SelectionError:
    pieces = counted(len({phrase.work for phrase in phrases}), "piece")
    return SelectionError(
        f"Only {counted(usable, 'phrase')} can be used for {way.name}, {MOST_EACH} at most of each "
        f"of {pieces}, and {count} are needed, practice included: give more pieces or other "
        "lengths, or ask for fewer phrases."
    )


def _take(phrase: Phrase, way: Way, piece: Piece, systems: Sequence[System]) -> PhraseTake | None:
    """A phrase by every system; None if one of them left it as it was."""
    span = (phrase.begin, phrase.end)
    original, results = midi.file_bytes(piece, span), {}
    for system in systems:
        result = system.changed(piece, phrase.segments, way.moods)
        results[system.name] = midi.file_bytes(result, span)
        if results[system.name] == original:
            return None
    changed = {system.name: len(system.takes(phrase.segments)) for system in systems}
    return PhraseTake(phrase, way, original, results, changed)
