"""A piece: notes, pedal, tempo and meter; cut into segments, stitched back into one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np

from fadernets.music.attributes import measure
from fadernets.music.midifile.part import Part
from fadernets.music.notes import EARLY, RINGS_IN, Notes, concatenate, cut, sustain, visible
from fadernets.music.segment_limits import NOTHING_PLAYED, problem
from fadernets.music.windows import ROUNDING, Span, Unit, Window, first_bar, spans

NO_PEDAL = np.zeros((0, 2))


@dataclass(frozen=True, eq=False)
class Original:
    """The MIDI file of a piece: what is saved again, with other notes.

    Attributes
    ----------
    data : bytes
    name : str
        What sentences call it.
    tracks : tuple of Part
        All that have notes.
    parts : tuple of int
        Which of these are the piece.
    damage : tuple of str
        What is wrong with the file, in sentences.
    notices : tuple of str
        Further sentences for the user: what of the file stays as it is.
    """

    data: bytes
    name: str
    tracks: tuple[Part, ...]
    parts: tuple[int, ...]
    damage: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of piano music, in beats (quarter notes) from its beginning.

    Attributes
    ----------
    notes : Notes
        As played: a note ends where its key is released or struck again.
    pedal : float array, shape (p, 2)
        Down and up of each sustain pedal press, in order, not overlapping.
    tempo : float array, shape (t, 2)
        Rows (beat, quarter notes per minute) in order; the first at beat 0.
    meter : int or float array, shape (m, 3)
        Rows (beat, numerator, denominator) in order; the first at beat 0.
    length : float
        Beats: the end of the last note or of the file, whichever is later.
    name : str
        What to call it; a file name, for instance.
    original : Original or None
        The file that it was read from, or that a piece changed to this one was.
    """

    notes: Notes
    pedal: np.ndarray
    tempo: np.ndarray
    meter: np.ndarray
    length: float
    name: str = ""
    original: Original | None = None

    @cached_property
    def sounding(self) -> Notes:
        """The notes as heard, lengthened by the pedal."""
        return sustain(self.notes, self.pedal)

    @cached_property
    def _clock(self) -> np.ndarray:
        """Seconds at which each row of the tempo map begins: float64, shape (t,)."""
        beats, qpm = self.tempo[:, 0], self.tempo[:, 1]
        return np.concatenate([[0.0], np.cumsum(np.diff(beats) * 60 / qpm[:-1])])

    @overload
    def seconds(self, beats: float) -> float: ...
    @overload
    def seconds(self, beats: np.ndarray) -> np.ndarray: ...
    def seconds(self, beats: float | np.ndarray) -> float | np.ndarray:
        """When beats come, in seconds, through the tempo map. Any shape; a float gives a float."""
        row = np.searchsorted(self.tempo[1:, 0], beats, side="right")
        return self._clock[row] + (beats - self.tempo[row, 0]) * 60 / self.tempo[row, 1]

    @overload
    def beats(self, seconds: float) -> float: ...
    @overload
    def beats(self, seconds: np.ndarray) -> np.ndarray: ...
    def beats(self, seconds: float | np.ndarray) -> float | np.ndarray:
        """Which beats come at seconds, the inverse of `seconds`. Any shape."""
        row = np.searchsorted(self._clock[1:], seconds, side="right")
        return self.tempo[row, 0] + (seconds - self._clock[row]) * self.tempo[row, 1] / 60

    def bars(self, beats: np.ndarray) -> np.ndarray:
        """Numbers of bars at beats, with fractions: 1 where the first bar begins, 0 at an upbeat.

        A change of meter begins a bar.
        """
        starts = self.meter[:, 0]
        lengths = 4 * self.meter[:, 1] / self.meter[:, 2]
        whole = np.ceil(np.diff(starts) / lengths[:-1] - 1e-9)  # a bar cut short counts as well
        first = first_bar(self.meter) + np.concatenate([[0.0], np.cumsum(whole)])
        row = np.searchsorted(starts[1:], beats, side="right")
        return first[row] + (beats - starts[row]) / lengths[row]

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user about the file."""
        return self.original.damage + self.original.notices if self.original else ()

    @property
    def weight(self) -> int:
        """About how much memory it takes, in notes of 100 bytes."""
        return len(self.notes) + (len(self.original.data) // 100 if self.original else 0)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.seconds(self.length))


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

    def measure(self, names: Iterable[str] | None = None) -> dict[str, float]:
        """Densities of its own steps, with the notes that ring into it, by name.

        Where a neighbour was changed before it, those that it had then.
        """
        before = self.window.before
        return measure(self.window.notes if before is None else before, names, self.window.steps)


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
    """
    cuts = spans(piece.meter, piece.length, unit)
    ringing = _ringing(piece.notes, np.array([span.start for span in cuts]))
    parts = []
    for index, (span, ring) in enumerate(zip(cuts, ringing, strict=True)):
        if numbers is not None and index not in numbers:
            continue
        beats = span.end - span.start
        own, notes = visible(piece.notes, span.start, beats)
        rows = np.concatenate([ring, own])
        rings_in = _from(piece.notes[ring], span.start, beats)
        names = ("onset", "offset", "pitch", "velocity")
        both = Notes(*(np.append(getattr(rings_in, n), getattr(notes, n)) for n in names))
        steps = span.steps
        if unit == "bars":  # nothing can begin past the end of the piece
            steps = Span(span.start, max(min(span.end, piece.length), span.start), 0).steps
        parts.append(
            Segment(
                index,
                span.start,
                piece,
                notes,
                None if len(rows) else NOTHING_PLAYED,
                Window(both, steps, ring_on=both[piece.notes.offset[rows] >= span.end + RINGS_IN]),
                rows,
                span,
            )
        )
    return parts


def _ringing(notes: Notes, starts: np.ndarray) -> list[np.ndarray]:
    """Of each segment, the numbers of the notes that ring into it, by onset, then pitch."""
    own = np.searchsorted(starts - EARLY, notes.onset, side="right") - 1
    last = np.searchsorted(starts + RINGS_IN, notes.offset, side="right") - 1
    times = np.maximum(last - own, 0)
    number = np.repeat(np.arange(len(notes)), times)
    place = np.arange(len(number)) - np.repeat(np.cumsum(times) - times, times)
    segment = own[number] + 1 + place
    order = np.argsort(segment, kind="stable")
    edges = np.searchsorted(segment[order], np.arange(len(starts) + 1))
    return [number[order[a:b]] for a, b in zip(edges, edges[1:], strict=False)]


def _from(notes: Notes, start: float, beats: float) -> Notes:
    """Notes in beats from a segment's start, cut at its end."""
    offset = np.minimum(notes.offset - start, beats)
    return Notes(notes.onset - start, offset, notes.pitch, notes.velocity)


def struck_once(notes: Notes) -> Notes:
    """The notes as one string per key can play them; any unit of time.

    Several strikes of a key at one instant are one, as long as the longest and as loud as the
    loudest. A key struck again while it is down ends its note there.

    >>> list(struck_once(Notes.of([0, 0, 1], [1, 3, 2], [60] * 3, [80, 70, 60])))
    [(0.0, 1.0, 60, 80), (1.0, 2.0, 60, 60)]
    """
    return one_string(notes)[0]


def one_string(notes: Notes) -> tuple[Notes, np.ndarray]:
    """As `struck_once`, and of each of n notes its number in the result: int64, (n,)."""
    if not len(notes):
        return notes, np.zeros(0, np.int64)
    order = np.lexsort((-notes.offset, notes.onset, notes.pitch))
    onset, pitch = notes.onset[order], notes.pitch[order]
    first = np.ones(len(order), bool)
    first[1:] = (onset[1:] != onset[:-1]) | (pitch[1:] != pitch[:-1])
    begin = np.flatnonzero(first)
    loudest = np.maximum.reduceat(notes.velocity[order], begin)
    strings = Notes(onset[begin], notes.offset[order][begin], pitch[begin], loudest)
    rising = np.lexsort((strings.pitch, strings.onset))
    number = np.empty(len(rising), np.int64)
    number[rising] = np.arange(len(rising))
    of_notes = np.empty(len(order), np.int64)
    of_notes[order] = number[np.cumsum(first) - 1]
    return sustain(strings[rising], NO_PEDAL), of_notes


def stitch(piece: Piece, changed: Mapping[int, Notes], unit: Unit = "bars") -> Piece:
    """A piece with other notes in some of its segments.

    All else stays, the pedal too: notes have the lengths of keys, and the pedal takes over what it
    took over before. A note that the segment has already, of the same onset and pitch, stays that
    note, with its end behind the segment's if it has the end that the segment shows. So does one
    that only moved by a semitone. What rings into the segment goes on ringing, unless new notes
    strike its key or the segment is given that note, which begins before beat 0, with another end.

    Parameters
    ----------
    piece : Piece
    changed : mapping from segment index to Notes
        In beats from the segment's start, as `Segment.notes`. What lies outside the segment, or
        past the end of the piece, is cut off.
    unit : {"bars", "beats"}
        Of the segments, as `segments` had it.

    Raises
    ------
    TypeError
        If `changed` is no mapping, or maps to something else than notes.
    ValueError
        If the piece has no segment of such an index.
    """
    if not isinstance(changed, Mapping):
        raise TypeError("new notes go with the index of their segment, such as {0: notes}")
    cuts = spans(piece.meter, piece.length, unit)
    for index, notes in changed.items():
        if not isinstance(notes, Notes):
            raise TypeError(f"segment {index} is given a {type(notes).__name__} and no Notes")
        if not 0 <= index < len(cuts):
            raise ValueError(f"segment {index} is outside 0 to {len(cuts) - 1}")
    if not changed:
        return piece
    # Where later segments end notes that ring into them; a note's own segment may end it before.
    until = np.full(len(piece.notes), np.inf)
    ringing = _ringing(piece.notes, np.array([span.start for span in cuts]))
    for index, notes in changed.items():
        rows = ringing[index]
        span = cuts[index]
        span_notes = _from(piece.notes[rows], span.start, span.end - span.start)
        given = dict(zip(_places(notes), notes.offset.tolist(), strict=True))
        for row, place, off in zip(rows, _places(span_notes), span_notes.offset, strict=True):
            if abs(given.get(place, off) - off) > ROUNDING:
                until[row] = min(until[row], span.start + max(given[place], 0.0))
    held = replace(piece.notes, offset=np.minimum(piece.notes.offset, until))
    stays = np.ones(len(piece.notes), bool)
    parts = []
    for index, notes in changed.items():
        span = cuts[index]
        beats = span.end - span.start
        rows, span_notes = visible(piece.notes, span.start, beats)
        stays[rows] = False
        fitted = _fitted(notes, beats, piece.length - span.start)
        parts.append(_restored(fitted, held[rows], span_notes, span.start))
    return replace(piece, notes=struck_once(concatenate([held[stays], *parts])))


def _places(notes: Notes) -> list[tuple[float, int]]:
    """Onset and pitch of each note."""
    return list(zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True))


def _fitted(notes: Notes, beats: float, left: float) -> Notes:
    """New notes from a segment's start, cut to the segment and to what is left of the piece."""
    notes = notes[(notes.onset >= 0) & (notes.onset < beats - EARLY)]
    notes = replace(notes, offset=np.minimum(notes.offset, min(beats, left)))
    return notes[notes.offset > notes.onset]


def _restored(notes: Notes, own: Notes, span_notes: Notes, start: float) -> Notes:
    """New notes in beats of the piece, those that the segment has already as they are there.

    Parameters
    ----------
    notes : Notes
        From the segment's start.
    own, span_notes : Notes
        The segment's, in beats of the piece, and as the segment shows them.
    """
    numbers = {place: k for k, place in enumerate(_places(span_notes))}
    places = _places(notes)
    free = numbers.keys() - set(places)  # a note of another mode takes the place of its own one
    match = []
    for onset, pitch in places:
        near = ((onset, pitch + step) for step in (1, -1))
        moved = next((place for place in near if place in free), None)
        match.append(numbers.get((onset, pitch), numbers.get(moved, -1) if moved else -1))
    new = notes.shifted(start)
    matches = np.array(match, np.int64)
    mine = np.flatnonzero(matches >= 0)
    matches = matches[mine]
    new.onset[mine] = own.onset[matches]
    # A segment may be longer than its steps by a rounding error.
    same_end = np.abs(notes.offset[mine] - span_notes.offset[matches]) <= ROUNDING
    new.offset[mine[same_end]] = own.offset[matches[same_end]]
    return new
