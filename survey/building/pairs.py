"""The pairs of a study: transfers, catch trials and practice, made of recorded takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fadernets import Notes, measure
from survey.building.clips import RecordedClip
from survey.building.selection import Take

CATCH = 2  # identical pairs of a study, and swapped ones
INTENDED = {"high": "higher", "low": "lower"}
OPPOSITE = {"high": "lower", "low": "higher"}
PREFIX = {"high": "lh", "low": "hl"}  # from low to high, from high to low


@dataclass(frozen=True, eq=False)
class Recording:
    """A take and its clips.

    Attributes
    ----------
    take : Take
    original : Clip
    results : strength -> Clip
    """

    take: Take
    original: RecordedClip
    results: dict[float, RecordedClip]


@dataclass(frozen=True)
class Pair:
    """A stimulus before it is in a database; fields as of `db.models.Stimulus`.

    Attributes
    ----------
    measured : attribute -> {"before", "after"}
        Densities of the first and of the second clip.
    """

    name: str
    kind: str
    intended: str
    strength: float
    source: str
    segment: int
    measured: dict[str, Any]
    first: RecordedClip
    second: RecordedClip


def pairs(
    recordings: Mapping[str, Sequence[Recording]],
    practice: Sequence[Recording],
    rng: np.random.Generator,
) -> list[Pair]:
    """All pairs of a study.

    Every segment at every strength; `CATCH` identical and `CATCH` swapped pairs, of other segments
    of the study where there are enough; one practice pair of each of the practice recordings.

    Parameters
    ----------
    recordings : target -> recordings
        Of the segments that go there.
    practice : sequence of Recording
    rng : numpy Generator
        Draws the segments of the catch trials.
    """
    made = []
    for target, some in recordings.items():
        for number, recording in enumerate(some, 1):
            name = f"{PREFIX[target]}-{number:02d}"
            several = len(recording.results) > 1
            made += [
                transfer(recording, strength, f"{name}-{strength:g}" if several else name)
                for strength in recording.results
            ]
    drawn = _catch(recordings, rng)
    for number, recording in enumerate(drawn[:CATCH], 1):
        made.append(identical(recording, f"identical-{number}"))
    for number, recording in enumerate(drawn[CATCH:], 1):
        made.append(swapped(recording, f"swapped-{number}"))
    for number, recording in enumerate(practice, 1):
        strongest = max(recording.results)
        pair = transfer(recording, strongest, f"practice-{number}")
        made.append(replace(pair, kind="practice"))
    return made


def transfer(recording: Recording, strength: float, name: str) -> Pair:
    """The original, then what it was transferred to."""
    take = recording.take
    return Pair(
        name=name,
        kind="transfer",
        intended=INTENDED[take.target],
        strength=strength,
        source=take.candidate.work,
        segment=take.candidate.index,
        measured=_measured(take.candidate.notes, take.results[strength]),
        first=recording.original,
        second=recording.results[strength],
    )


def identical(recording: Recording, name: str) -> Pair:
    """The original twice: whoever listens hears no change."""
    own = recording.take.candidate
    return Pair(
        name=name,
        kind="identical",
        intended="same",
        strength=0.0,
        source=own.work,
        segment=own.index,
        measured=_measured(own.notes, own.notes),
        first=recording.original,
        second=recording.original,
    )


def swapped(recording: Recording, name: str) -> Pair:
    """The strongest transfer first, the original second: arousal goes back."""
    take = recording.take
    strongest = max(recording.results)
    return replace(
        transfer(recording, strongest, name),
        kind="swapped",
        intended=OPPOSITE[take.target],
        measured=_measured(take.results[strongest], take.candidate.notes),
        first=recording.results[strongest],
        second=recording.original,
    )


def _measured(first: Notes, second: Notes) -> dict[str, dict[str, float]]:
    before, after = measure(first), measure(second)
    return {name: {"before": before[name], "after": after[name]} for name in before}


def _catch(
    recordings: Mapping[str, Sequence[Recording]], rng: np.random.Generator
) -> list[Recording]:
    """Recordings of the identical, then of the swapped pairs, from each direction in turn."""
    order = {t: [some[i] for i in rng.permutation(len(some))] for t, some in recordings.items()}
    targets = list(order)
    drawn = []
    for number in range(2 * CATCH):
        some = order[targets[number % len(targets)]]
        drawn.append(some[number // len(targets) % len(some)])
    return drawn
