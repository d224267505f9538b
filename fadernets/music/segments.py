"""Segments of a piece: bars, or four beats each, with what rings into them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fadernets.music.attributes import measure
from fadernets.music.notes import EARLY, RINGS_IN, Notes, cut, first_steps, visible
from fadernets.music.piece import Piece
from fadernets.music.segment_limits import NOTHING_PLAYED, problem
from fadernets.music.windows import ROUNDING, Span, Unit, Window, spans


@dataclass(frozen=True, eq=False)
class Segment:
    """One to four beats of a piece: a bar of its meter, several short ones or a part of a long one.

    Attributes
    ----------
    index : int
        Its place in the piece, from 0.
    start : float
        Beats from the piece's beginning.
    piece : Piece
    notes : Notes
        The notes that begin in it, as long as their keys are down and cut at its end; beats from
        `start`. These are what faders measure and change.
    problem : str or None
        Why nothing can be changed in it, in words; None when it can be changed.
    window : Window
        The notes, those that ring in and the steps: what the arranger changes.
    rows : int64 array, shape (n,)
        Of each note of `window`, its number in the piece.
    span : Span
        Where it begins and ends, and in which bar.
    """

    index: int
    start: float
    piece: Piece
    notes: Notes
    problem: str | None
    window: Window
    rows: np.ndarray
    span: Span

    @cached_property
    def sounding(self) -> Notes:
        """The notes that begin in it as heard, lengthened by the pedal."""
        return cut(self.piece.sounding, self.start, self.beats)

    @cached_property
    def paper_problem(self) -> str | None:
        """Why the paper's models cannot take it, None when they can.

        One of `fadernets.music.segment_limits.PROBLEMS`, by its sound, as in training.
        """
        return problem(self.sounding)

    @property
    def beats(self) -> float:
        """How long it is."""
        return self.span.end - self.span.start

    @property
    def middle(self) -> float:
        """Beats from the piece's beginning to its middle."""
        return self.start + self.beats / 2

    def measure(self, names: Iterable[str] | None = None) -> dict[str, float]:
        """Densities of its own steps, with the notes that ring into it, by name.

        Where a neighbour was changed before it, those that it had then.
        """
        before = self.window.before
        return measure(self.window.notes if before is None else before, names, self.window.steps)


def bars_of(piece: Piece, parts: Sequence[Span]) -> list[tuple[int, int]]:
    """The numbers of each segment's first and last bar, from 1; an upbeat is bar 0."""
    begins = np.array([span.start for span in parts]) + ROUNDING
    ends = np.array([span.end for span in parts]).clip(max=piece.length) - EARLY
    bars = np.floor(piece.bars(np.stack([begins, np.maximum(ends, begins)], axis=1)))
    return [(int(first), int(last)) for first, last in bars]


def segment_count(piece: Piece, unit: Unit = "bars") -> int:
    """Number of segments that cover a piece."""
    return len(spans(piece.meter, piece.length, unit))


def segments(
    piece: Piece, unit: Unit = "bars", numbers: Collection[int] | None = None
) -> list[Segment]:
    """The segments of a piece, in order; together they go from beat 0 to its end.

    Parameters
    ----------
    piece : Piece
    unit : {"bars", "beats"}
        Segments follow the piece's bars (`fadernets.music.windows`), or are of four beats each
        whatever the meter, as in the paper.
    numbers : collection of int, optional
        Give only these of them, by `Segment.index`.

    Raises
    ------
    TypeError
        If it is no piece.
    """
    if not isinstance(piece, Piece):
        kind = type(piece).__name__
        raise TypeError(f"segments are those of a piece, such as read(path) gives, no {kind}'s")
    cuts = spans(piece.meter, piece.length, unit)
    ringing = ringing_rows(piece.notes, np.array([span.start for span in cuts]))
    parts = []
    for index, (span, ring) in enumerate(zip(cuts, ringing, strict=True)):
        if numbers is not None and index not in numbers:
            continue
        beats = span.end - span.start
        own, notes = visible(piece.notes, span.start, beats)
        rows = np.concatenate([ring, own])
        rings_in = from_start(piece.notes[ring], span.start, beats)
        names = ("onset", "offset", "pitch", "velocity")
        both = Notes(*(np.append(getattr(rings_in, n), getattr(notes, n)) for n in names))
        steps = span.steps
        if unit == "bars":  # nothing can begin past the end of the piece
            end = max(min(span.end, piece.length), span.start)
            # The last note may begin so shortly before a step that it counts in that step.
            begun = first_steps(notes.onset[-1:]) + 1
            steps = max([Span(span.start, end, 0).steps, *begun.tolist()])
        parts.append(
            Segment(
                index,
                span.start,
                piece,
                notes,
                None if len(rows) else NOTHING_PLAYED,
                Window(
                    both,
                    steps,
                    span.beat_steps,
                    ring_on=both[piece.notes.offset[rows] >= span.end + RINGS_IN],
                    follows_beats=piece.follows_beats,
                    pedal=_presses(piece.pedal, span) - span.start,
                ),
                rows,
                span,
            )
        )
    return parts


def _presses(pedal: np.ndarray, span: Span) -> np.ndarray:
    """The presses of a pedal during which some of a segment is: (p, 2), beats of the piece."""
    first = np.searchsorted(pedal[:, 1], span.start, side="right")
    return pedal[first : np.searchsorted(pedal[:, 0], span.end, side="right")]


def ringing_rows(notes: Notes, starts: np.ndarray) -> list[np.ndarray]:
    """The numbers of the notes that ring into each segment, by onset, then pitch."""
    own = np.searchsorted(starts - EARLY, notes.onset, side="right") - 1
    last = np.searchsorted(starts + RINGS_IN, notes.offset, side="right") - 1
    times = np.maximum(last - own, 0)
    number = np.repeat(np.arange(len(notes)), times)
    place = np.arange(len(number)) - np.repeat(np.cumsum(times) - times, times)
    segment = own[number] + 1 + place
    order = np.argsort(segment, kind="stable")
    edges = np.searchsorted(segment[order], np.arange(len(starts) + 1))
    return [number[order[a:b]] for a, b in zip(edges, edges[1:], strict=False)]


def ending_rows(notes: Notes, starts: np.ndarray) -> list[np.ndarray]:
    """The numbers of the notes that sound in the step before each segment but not in it."""
    own = np.searchsorted(starts - EARLY, notes.onset, side="right") - 1
    near = np.searchsorted(starts - RINGS_IN, notes.offset, side="right") - 1
    has_next = own + 1 < len(starts)
    following = starts[np.minimum(own + 1, len(starts) - 1)]
    last = np.where(first_steps(notes.onset - following) >= -1, own + 1, near)
    last = np.where(has_next, last, own)
    ends = (last > own) & (notes.offset < starts[last.clip(max=len(starts) - 1)] + RINGS_IN)
    rows = np.flatnonzero(ends)
    rows = rows[np.argsort(last[rows], kind="stable")]
    edges = np.searchsorted(last[rows], np.arange(len(starts) + 1))
    return [rows[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def from_start(notes: Notes, start: float, beats: float) -> Notes:
    """Notes in beats from a segment's start, cut at its end."""
    offset = np.minimum(notes.offset - start, beats)
    return Notes(notes.onset - start, offset, notes.pitch, notes.velocity)
