"""New notes of segments stitched into a piece: all else stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fadernets.music.notes import EARLY, Notes, concatenate, struck_once, visible
from fadernets.music.piece import Piece
from fadernets.music.segments import ending_rows, from_start, ringing_rows
from fadernets.music.windows import ROUNDING, Unit, spans


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
        If `piece` is no piece, or `changed` is no mapping, or maps to something else than notes.
    ValueError
        If the piece has no segment of such an index.
    """
    if not isinstance(piece, Piece):
        raise TypeError("notes are stitched into a piece, such as read(path) gives")
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
    # Of two, the one that ends a note sooner decides: the other goes by what it was.
    ends = piece.notes.offset
    sooner, later = np.full(len(ends), np.inf), ends.copy()
    starts = np.array([span.start for span in cuts])
    ringing, ending = (find(piece.notes, starts) for find in (ringing_rows, ending_rows))
    for index, notes in changed.items():
        rows = np.concatenate([ringing[index], ending[index]])
        span = cuts[index]
        span_notes = from_start(piece.notes[rows], span.start, span.end - span.start)
        new_ends = dict(zip(_places(notes), notes.offset.tolist(), strict=True))
        for row, place, off in zip(rows, _places(span_notes), span_notes.offset, strict=True):
            if place not in new_ends:
                continue
            end = min(max(new_ends[place], 0.0), span.end - span.start)
            if end < off - ROUNDING:
                sooner[row] = min(sooner[row], span.start + end)
            elif end > off + ROUNDING:
                later[row] = min(span.start + end, piece.length)
    held = replace(piece.notes, offset=np.where(sooner < np.inf, np.minimum(ends, sooner), later))
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


def _fitted(notes: Notes, beats: float, beats_left: float) -> Notes:
    """New notes from a segment's start, cut to the segment and to what is left of the piece."""
    notes = notes[(notes.onset >= 0) & (notes.onset < beats - EARLY)]
    notes = replace(notes, offset=np.minimum(notes.offset, min(beats, beats_left)))
    return notes[notes.offset > notes.onset + ROUNDING]


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
