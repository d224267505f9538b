"""The pairs of a study: transfers, catch trials and practice, made of recorded takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fadernets import Notes, measure
from survey.building.clips import RecordedClip
from survey.building.selection import SegmentTake
from survey.records.record_types import Measured

CATCH = 2  # identical pairs of a study, and swapped ones
INTENDED = {"high": "higher", "low": "lower"}
OPPOSITE = {"high": "lower", "low": "higher"}
PREFIX = {"high": "lh", "low": "hl"}  # from low to high, from high to low


@dataclass(frozen=True, eq=False)
class Recording:
    """A take and its clips.

    Attributes
    ----------
    take : SegmentTake
    original : RecordedClip
    results : strength -> RecordedClip
    """

    take: SegmentTake
    original: RecordedClip
    results: dict[float, RecordedClip]


@dataclass(frozen=True)
class StimulusPair:
    """A stimulus before it is in a database; fields as of `db.models.Stimulus`.

    Attributes
    ----------
    measured : attribute -> Measured
    checkpoint : str or None
        None: that of the whole study.
    more : tuple of RecordedClip
        Of stimuli that are no pairs, the clips after the second.
    settings : str
        How its clips were made, as a table of sounds says; kept with the study alone.
    """

    name: str
    kind: str
    intended: str | None
    strength: float
    source: str
    segment: int | None
    measured: dict[str, Measured]
    first: RecordedClip
    second: RecordedClip
    checkpoint: str | None = None
    item: str = ""
    systems: tuple[str, ...] = ()
    text: str = ""
    more: tuple[RecordedClip, ...] = ()
    settings: str = ""

    @property
    def clips(self) -> tuple[RecordedClip, ...]:
        """All its clips."""
        return (self.first, self.second, *self.more)


def pairs(
    recordings: Mapping[str, Sequence[Recording]],
    practice: Sequence[Recording],
    rng: np.random.Generator,
) -> list[StimulusPair]:
    """All pairs of a study.

    Every segment at every strength; `CATCH` identical and `CATCH` swapped pairs, of other segments
    of the study where there are enough; one practice pair of each of the practice recordings.

    Parameters
    ----------
    recordings : target -> recordings
        Of the segments whose arousal goes there.
    practice : sequence of Recording
    rng : numpy Generator
        Draws the segments of the catch trials.
    """
    all_pairs = []
    for target, of_target in recordings.items():
        for number, recording in enumerate(of_target, 1):
            name = f"{PREFIX[target]}-{number:02d}"
            has_several = len(recording.results) > 1
            all_pairs += [
                transfer(recording, strength, f"{name}-{strength:g}" if has_several else name)
                for strength in recording.results
            ]
    catches = _catch(recordings, rng)
    for number, recording in enumerate(catches[:CATCH], 1):
        all_pairs.append(identical(recording, f"identical-{number}"))
    for number, recording in enumerate(catches[CATCH:], 1):
        all_pairs.append(swapped(recording, f"swapped-{number}"))
    for number, recording in enumerate(practice, 1):
        strongest = max(recording.results)
        pair = transfer(recording, strongest, f"practice-{number}")
        all_pairs.append(replace(pair, kind="practice"))
    return all_pairs


def transfer(recording: Recording, strength: float, name: str) -> StimulusPair:
    """The original, then what it was transferred to."""
    take = recording.take
    return StimulusPair(
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


def identical(recording: Recording, name: str) -> StimulusPair:
    """The original twice: no change is to be heard."""
    segment = recording.take.candidate
    return StimulusPair(
        name=name,
        kind="identical",
        intended="same",
        strength=0.0,
        source=segment.work,
        segment=segment.index,
        measured=_measured(segment.notes, segment.notes),
        first=recording.original,
        second=recording.original,
    )


def swapped(recording: Recording, name: str) -> StimulusPair:
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


def identical_of(pair: StimulusPair, name: str) -> StimulusPair:
    """The first clip of a pair twice."""
    return replace(
        pair, name=name, kind="identical", intended="same", strength=0, second=pair.first
    )


def swapped_of(pair: StimulusPair, name: str) -> StimulusPair:
    """The second clip of a pair, then its first."""
    opposite = {"lower": "higher", "higher": "lower"}[str(pair.intended)]
    turned = replace(pair, first=pair.second, second=pair.first)
    return replace(turned, name=name, kind="swapped", intended=opposite)


def _measured(first: Notes, second: Notes) -> dict[str, Measured]:
    before, after = measure(first), measure(second)
    return {name: {"before": before[name], "after": after[name]} for name in before}


def _catch(
    recordings: Mapping[str, Sequence[Recording]], rng: np.random.Generator
) -> list[Recording]:
    """Recordings of the identical, then of the swapped pairs, from each direction in turn."""
    shuffled = {
        target: [of_target[i] for i in rng.permutation(len(of_target))]
        for target, of_target in recordings.items()
    }
    targets = list(shuffled)
    chosen = []
    for number in range(2 * CATCH):
        of_target = shuffled[targets[number % len(targets)]]
        # Starts again from the first where a direction has too few segments.
        chosen.append(of_target[number // len(targets) % len(of_target)])
    return chosen
