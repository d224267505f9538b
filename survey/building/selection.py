"""Which segments a study has: drawn at random from what is heard as calm or energetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from fadernets import Notes
from fadernets.music.notes import BEATS, STEPS_PER_BEAT
from fadernets.music.segments import Segment, segments
from survey.building.corpus import Progress, Work

if TYPE_CHECKING:
    from fadernets import FaderNet  # brings PyTorch

SHORTEST, LONGEST = 1.0, 6.0  # seconds of a segment's four beats
MOST_CANDIDATES = 25  # segments of a piece whose arousal is computed, drawn at random
MOST_EACH = 3  # segments of a piece in each direction
BATCH = 16  # segments transferred at a time
TARGETS = ("high", "low")
Listener = Callable[[Sequence[Notes]], np.ndarray]  # how probable high arousal is, of each
START = {"high": "low", "low": "high"}  # the arousal of segments, by where they go

Fingerprint = tuple[tuple[int, ...], ...]


class OfWork(Protocol):
    """Something of a piece that may be chosen."""

    @property
    def work(self) -> str:
        """Name of the piece."""


Candidate = TypeVar("Candidate", bound=OfWork)


class SelectionError(ValueError):
    """There are too few segments; the message is one sentence for a person."""


@dataclass(frozen=True, eq=False)
class SegmentCandidate:
    """A segment that may be chosen.

    Attributes
    ----------
    work : str
        Name of its piece.
    index : int
        Its place in the piece, from 0.
    notes : Notes
        Beats from its start, lengthened by the pedal.
    tempo : float array, shape (t, 2)
        Rows (beat from its start, quarter notes per minute), the first at 0.
    seconds : float
        How long its four beats last.
    arousal : float
        Probability of high arousal, by whoever listens.
    """

    work: str
    index: int
    notes: Notes
    tempo: np.ndarray
    seconds: float
    arousal: float = float("nan")


@dataclass(frozen=True, eq=False)
class SegmentTake:
    """A chosen segment and what the model made of it.

    Attributes
    ----------
    candidate : SegmentCandidate
    target : {"high", "low"}
    results : strength -> Notes
    """

    candidate: SegmentCandidate
    target: str
    results: dict[float, Notes]


@dataclass(eq=False)
class Pool:
    """All candidates, and the pieces and segments that were left out.

    Attributes
    ----------
    candidates : list of SegmentCandidate
    left_out : name of a piece -> why
    limits : (float, float)
        Arousal up to which a segment counts as low, and from which as high.
    own_sides : bool
        Whether low has to be below 0.5 as well, and high above: on the other side a transfer need
        not move any code of the model that says so.
    unchanged : list of (name of a piece, index)
        Drawn, but the transfer gave the same notes or none.
    """

    candidates: list[SegmentCandidate]
    left_out: dict[str, str]
    limits: tuple[float, float]
    own_sides: bool = False
    unchanged: list[tuple[str, int]] = field(default_factory=list)

    def of(self, arousal: str) -> list[SegmentCandidate]:
        """The candidates of low or of high arousal."""
        low, high = self.limits
        if arousal == "low":
            some = [c for c in self.candidates if c.arousal <= low]
            return [c for c in some if c.arousal < 0.5 or not self.own_sides]
        some = [c for c in self.candidates if c.arousal >= high]
        return [c for c in some if c.arousal > 0.5 or not self.own_sides]


def pool(
    works: Sequence[Work],
    listener: Listener,
    rng: np.random.Generator,
    progress: Progress,
    own_sides: bool = False,
) -> Pool:
    """Candidates of some pieces, no two alike, with the arousal that a listener hears.

    Low is the lowest third and high the highest third, with `own_sides` each only on its own side
    of 0.5.
    """
    candidates: list[SegmentCandidate] = []
    left_out: dict[str, str] = {}
    fingerprints: set[Fingerprint] = set()
    for number, work in enumerate(works):
        progress("listening", number, len(works))
        segments_of_work, problem = _candidates(work, fingerprints, rng)
        if problem:
            left_out[work.name] = problem
            continue
        arousal = listener([c.notes for c in segments_of_work])
        candidates += [
            SegmentCandidate(c.work, c.index, c.notes, c.tempo, c.seconds, value)
            for c, value in zip(segments_of_work, arousal.tolist(), strict=True)
        ]
    progress("listening", len(works), len(works))
    arousals = [c.arousal for c in candidates] or [0.5]
    low, high = np.quantile(arousals, [1 / 3, 2 / 3]).tolist()
    return Pool(candidates, left_out, (low, high), own_sides)


def require_pieces(pieces: int, count: int) -> None:
    """Refuse, before arousal is computed, if so many pieces cannot give enough segments.

    Raises
    ------
    SelectionError
        If `count` segments of a direction are more than they may give.
    """
    most = MOST_EACH * pieces
    if most < count:
        raise SelectionError(
            f"Of {pieces} pieces at most {MOST_EACH} segments each can be taken in each direction, "
            f"and {count} are needed, practice included: {_instead(most)}."
        )


def require(pool: Pool, count: int) -> None:
    """Refuse, before any transfer, if there are too few candidates.

    Raises
    ------
    SelectionError
        If there are fewer than `count` for a target.
    """
    usable = {target: usable_count(pool.of(START[target])) for target in TARGETS}
    target = min(TARGETS, key=usable.__getitem__)
    if usable[target] < count:
        raise _too_few(pool, target, usable[target], count)


def choose(
    pool: Pool,
    net: FaderNet,
    target: str,
    count: int,
    strengths: Sequence[float],
    rng: np.random.Generator,
) -> list[SegmentTake]:
    """Segments whose arousal is to go to a target, with their transfers at every strength.

    Drawn at random from as many pieces as possible, at most `MOST_EACH` from a piece. How well a
    transfer sounds does not count, or the study would be of selected examples; a segment is passed
    over only if the transfer gave the same notes or none. Adds these to `pool.unchanged`.

    Raises
    ------
    SelectionError
        If there are fewer than `count`.
    """
    candidates = pool.of(START[target])
    order = drawn(candidates, rng)
    takes: list[SegmentTake] = []
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        notes = [candidate.notes for candidate in batch]
        played = {strength: net.transfer(notes, target, strength) for strength in strengths}
        for place, candidate in enumerate(batch):
            results = {strength: played[strength][place] for strength in strengths}
            if len(takes) == count:
                return takes
            if all(_is_other(candidate.notes, result) for result in results.values()):
                takes.append(SegmentTake(candidate, target, results))
            else:
                pool.unchanged.append((candidate.work, candidate.index))
    if len(takes) < count:
        raise _too_few(pool, target, len(takes), count)
    return takes


def _too_few(pool: Pool, target: str, usable: int, count: int) -> SelectionError:
    pieces = len({candidate.work for candidate in pool.of(START[target])})
    return SelectionError(
        f"Only {usable} segments of {START[target]} arousal can be used, {MOST_EACH} at most of "
        f"each of {pieces} pieces, and {count} are needed, practice included: {_instead(usable)}."
    )


def _instead(usable: int) -> str:
    fewer = f"ask for {usable - 1} pairs at most" if usable > 1 else "try other music"
    return f"give more pieces or {fewer}"


def usable_count(candidates: Sequence[OfWork]) -> int:
    """How many of them may be drawn, as far as pieces limit it."""
    return sum(min(n, MOST_EACH) for n in Counter(c.work for c in candidates).values())


def fingerprint(notes: Notes) -> Fingerprint:
    """A value that equal segments share: pitches, starts and ends to the sixteenth, no loudness."""
    steps = np.rint(np.stack([notes.onset, notes.offset]) * STEPS_PER_BEAT).astype(int)
    return tuple(sorted(zip(*steps.tolist(), notes.pitch.tolist(), strict=True)))


def _is_other(before: Notes, after: Notes) -> bool:
    return len(after) > 0 and fingerprint(before) != fingerprint(after)


def _candidates(
    work: Work, fingerprints: set[Fingerprint], rng: np.random.Generator
) -> tuple[list[SegmentCandidate], str | None]:
    """New candidates of a piece, or why there are none."""
    usable = [s for s in segments(work.piece, "beats") if s.paper_problem is None]
    timed = [(segment, _seconds(work, segment)) for segment in usable]
    fitting = [row for row in timed if SHORTEST <= row[1] <= LONGEST]
    if not usable:
        return [], "no segment of it can be used by the model"
    if not fitting:
        slow = timed[0][1] > LONGEST
        side = f"more than {LONGEST:g}" if slow else f"less than {SHORTEST:g}"
        return [], f"too {'slow' if slow else 'fast'}: four beats last {side} seconds"
    fresh: list[SegmentCandidate] = []
    for place in rng.permutation(len(fitting)).tolist():
        segment, seconds = fitting[place]
        mark = fingerprint(segment.sounding)
        if mark not in fingerprints and len(fresh) < MOST_CANDIDATES:
            fingerprints.add(mark)
            tempo = _tempo(work, segment)
            fresh.append(
                SegmentCandidate(work.name, segment.index, segment.sounding, tempo, seconds)
            )
    return fresh, None if fresh else "its segments are the same as another piece's"


def _seconds(work: Work, segment: Segment) -> float:
    ends = np.array([segment.start, segment.start + BEATS])
    begin, end = work.piece.seconds(ends)
    return float(end - begin)


def _tempo(work: Work, segment: Segment) -> np.ndarray:
    """The piece's tempo map within a segment."""
    rows = work.piece.tempo
    first = int(np.searchsorted(rows[:, 0], segment.start, side="right")) - 1
    inside = rows[first:][rows[first:, 0] < segment.start + BEATS].astype(float)
    inside[:, 0] = np.maximum(inside[:, 0] - segment.start, 0.0)
    return inside


def drawn(candidates: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
    """The candidates in random order, but the first of every piece before any piece's second."""
    counts: Counter[str] = Counter()
    rounds: list[list[Candidate]] = [[] for _ in range(MOST_EACH)]
    for place in rng.permutation(len(candidates)).tolist():
        candidate = candidates[place]
        if counts[candidate.work] < MOST_EACH:
            rounds[counts[candidate.work]].append(candidate)
            counts[candidate.work] += 1
    return [candidate for candidates in rounds for candidate in candidates]
