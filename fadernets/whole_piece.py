"""Segments of a piece changed so that neighbours fit: what rings from one into the next goes on.

Every second segment is changed first, as if its neighbours stayed; the others then see the notes
that ring into them as they have become, and keep to the end those that the next segment goes on
with. All see how high and how loud the music beside them is.

Behind the last of them the piece stays as it is. So a note that sounds longer there than in what
changes, or began before it, sounds to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fadernets.held_over import held_on, holds_over
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.notes import EARLY, RINGS_IN, Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segment_count, segments
from fadernets.music.stitching import stitch
from fadernets.music.texture import texture
from fadernets.music.windows import NO_NOTES, among

# What changes some segments: their new notes, with those that ring in.
Change = Callable[[list[Segment]], Sequence[Notes]]


def changed(
    piece: Piece,
    chosen: Iterable[int],
    change: Change,
    *,
    locks: Locks = NO_LOCKS,
    batch: int = 256,
    source: Piece | None = None,
) -> Piece:
    """A piece with some of its segments changed.

    Parameters
    ----------
    piece : Piece
    chosen : indices of segments
        Of `fadernets.music.segments.segments`. One in which nothing is played stays a rest.
    change : function
        From at most `batch` segments to their notes, such as
        ``lambda part: net.slide(part, {"rhythm": 0.8})``.
    locks : Locks
        Notes of the piece that stay exactly as they are.
    source : Piece, optional
        What the piece was before anything of it changed, by default itself: it tells whether what
        ends at a bar line may be held on over it.

    Raises
    ------
    ValueError
        If the piece has no segment of such an index, or `change` does not give notes for each.
    """
    indices = set(chosen)
    segments_by_index = {s.index: s for s in segments(piece, numbers=indices)}
    if unknown := indices - segments_by_index.keys():
        last = segment_count(piece) - 1
        raise ValueError(f"segment {next(iter(unknown))} is outside 0 to {last}")
    before = {
        index: segment for index, segment in segments_by_index.items() if segment.problem is None
    }
    numbers = before.keys()
    locks = locks.with_hand(piece.notes)
    fixed = piece.notes[locks.of(piece.notes)]
    hand = NO_NOTES if locks.hand_notes is None else locks.hand_notes
    behind = _behind(piece, indices, segments_by_index)
    is_tied = holds_over(piece if source is None else source)
    result = piece
    for turn in (0, 1):
        mine = {number for number in numbers if number % 2 == turn}
        if not mine:
            continue
        if result is piece:
            parts = [_ringing_on(before[n], before.get(n + 1)) for n in before if n in mine]
        else:
            parts = segments(result, numbers=mine)
            parts = [_seen(s, before[s.index], s.index + 1 in numbers) for s in parts]
        parts = [_beside(piece, result, segment) for segment in parts]
        if is_tied:
            parts = held_on(result, parts, numbers, fixed)
        if len(behind):
            parts = [_going_on(result, segment, behind) for segment in parts]
        parts = [_locked(result, segment, locks, fixed, hand) for segment in parts]
        notes_by_index: dict[int, Notes] = {}
        for first in range(0, len(parts), batch):
            part = parts[first : first + batch]
            answers = change(part)
            if len(answers) != len(part):
                raise ValueError(f"change gave notes for {len(answers)} of {len(part)} segments")
            for segment, notes in zip(part, answers, strict=True):
                notes_by_index[segment.index] = _behind_locked(segment, notes, fixed)
        result = stitch(result, notes_by_index)
    result = _beside_others(piece, result)
    if result.original is not None and locks is not NO_LOCKS:
        original = replace(result.original, closed=locks.parts, locked=fixed)
        result = replace(result, original=original)
    return result


def _beside_others(piece: Piece, result: Piece) -> Piece:
    """A result without new notes on keys that another hand holds on the piece's channel.

    Where the other hand strikes a new note's key, the note ends, as in the saved file.
    """
    others = NO_NOTES if piece.original is None else piece.original.beside
    if not len(others):
        return result
    notes, offset = result.notes, result.notes.offset.copy()
    is_new, sounds = ~among(notes, piece.notes), np.ones(len(notes), bool)
    for pitch in np.unique(others.pitch):
        key = others[others.pitch == pitch]
        rows = np.flatnonzero(is_new & (notes.pitch == pitch))
        struck = np.searchsorted(key.onset, notes.onset[rows], "right")
        sounds[rows] = np.append(-np.inf, key.offset)[struck] <= notes.onset[rows]
        offset[rows] = np.minimum(offset[rows], np.append(key.onset, np.inf)[struck])
    return replace(result, notes=replace(notes, offset=offset)[sounds])


def _ringing_on(segment: Segment, following: Segment | None) -> Segment:
    """A segment whose notes last where the next one changes and strikes nothing.

    Those that ring into it are all that it has: it could not have more notes, nor as many.
    """
    if following is None or (following.window.notes.onset >= -EARLY).any():
        return segment
    window = segment.window
    return replace(segment, window=replace(window, ring_out=window.ring_on))


def _seen(segment: Segment, before: Segment, is_next_changed: bool) -> Segment:
    """A segment between changed neighbours: what the next one goes on with has to last."""
    ring_out = segment.window.ring_on if is_next_changed else NO_NOTES
    window = replace(segment.window, ring_out=ring_out, before=before.window.notes)
    return replace(segment, window=window)


def _beside(piece: Piece, changing: Piece, segment: Segment) -> Segment:
    """A segment that knows what sounds beside it, and which key the piece had there."""
    half, end = segment.beats / 2, segment.start + segment.beats
    sides = (segment.start - half, segment.start), (end, end + half)
    before, behind = (texture(changing.notes, *side) for side in sides)
    key = piece.key_at(segment.middle)
    return replace(segment, window=replace(segment.window, beside=(before, behind), key=key))


def _behind(piece: Piece, numbers: set[int], segments_by_index: Mapping[int, Segment]) -> Notes:
    """The notes that belong to what stays behind each run of segments that change."""
    notes, belongs = piece.notes, np.zeros(len(piece.notes), bool)
    lasts = sorted(number for number in numbers if number + 1 not in numbers)
    firsts = sorted(number for number in numbers if number - 1 not in numbers)
    for first, last in zip(firsts, lasts, strict=True):
        start, end = segments_by_index[first].span.start, segments_by_index[last].span.end
        rows = np.flatnonzero((notes.onset < end - EARLY) & (notes.offset >= end + RINGS_IN))
        onset = notes.onset[rows]
        before = onset < start - EARLY
        belongs[rows[before | (notes.offset[rows] - end > end - onset)]] = True
    return notes[belongs]


def _going_on(piece: Piece, segment: Segment, behind: Notes) -> Segment:
    """A segment whose notes among those `behind` have to sound to its end."""
    window = segment.window
    goes_on = among(piece.notes[segment.rows], behind) & (window.notes.offset >= segment.beats)
    goes_on |= among(window.notes, window.ring_out)
    return replace(segment, window=replace(window, ring_out=window.notes[goes_on]))


def _locked(piece: Piece, segment: Segment, locks: Locks, fixed: Notes, hand: Notes) -> Segment:
    if locks is NO_LOCKS:
        return segment
    masks = (among(piece.notes[segment.rows], chosen) for chosen in (fixed, hand))
    return replace(segment, window=locks.on(segment.window, *masks))


def _behind_locked(segment: Segment, notes: Notes, fixed: Notes) -> Notes:
    """A segment's new notes, none of which ends a locked note of the segment before.

    A note that rings in for less than half a step is none of the segment's, which may strike its
    key at once: it is struck when the locked note ends.
    """
    end = fixed.offset - segment.start
    rings = (fixed.onset < segment.start - EARLY) & (end > 0) & (end < RINGS_IN)
    ends = dict(zip(fixed.pitch[rings].tolist(), end[rings].tolist(), strict=True))
    if not ends:
        return notes
    until = np.array([ends.get(pitch, 0.0) for pitch in notes.pitch.tolist()])
    waits = (notes.onset >= 0) & (notes.onset < until)
    onset = np.where(waits, until, notes.onset)
    sounds = notes.offset > onset
    return Notes.of(*(x[sounds] for x in (onset, notes.offset, notes.pitch, notes.velocity)))
