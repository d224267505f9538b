from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fadernets.music.midi import MidiError, dump, file_bytes, parts_of, read
from fadernets.music.midifile.note_matches import in_ticks
from fadernets.music.notes import (
    BEATS,
    EARLY,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    Notes,
)
from fadernets.music.segments import segment_count, segments
from fadernets.music.stitching import stitch
from tests.fadernets.music import midi_bytes as mb
from tests.fadernets.music.generated import notes


def piece_of(data):
    try:
        return read(data)
    except MidiError:
        assume(False)


@pytest.mark.slow
@given(mb.files())
def test_with_the_same_notes_a_file_keeps_its_bytes(data):
    piece = piece_of(data)
    assert file_bytes(piece) == data
    assert file_bytes(stitch(piece, {s.index: s.notes for s in segments(piece)})) == data


@st.composite
def edits(draw):
    """A file, its piece, and the piece with other notes in some segments, some of them its own."""
    data = draw(mb.files())
    piece = piece_of(data)
    changed = {}
    for index in draw(st.sets(st.integers(0, segment_count(piece) - 1), min_size=1, max_size=2)):
        own = segments(piece)[index].notes
        keeps = draw(st.lists(st.booleans(), min_size=len(own), max_size=len(own)))
        new = draw(notes(BEATS, max_count=6))
        own = own[np.array(keeps, bool)]
        changed[index] = Notes.of(
            *(
                np.concatenate([getattr(n, x) for n in (own, new)])
                for x in ("onset", "offset", "pitch", "velocity")
            )
        )
    return data, piece, changed, stitch(piece, changed)


@pytest.mark.slow
@given(edits())
def test_an_edit_changes_notes_of_the_span_and_of_the_chosen_parts_only(edit):
    data, piece, changed, result = edit
    output = file_bytes(result)
    assert mb.others(output) == mb.others(data)
    chosen = {(raw.track, raw.channel) for raw in chosen_parts(data, piece)}
    division = int.from_bytes(data[data.find(b"MThd") + 12 :][:2], "big")
    after = {(on, pitch) for on, _, pitch, _ in ticks(result.notes, division)}
    spans = [(s.start, s.start + s.beats) for s in segments(piece) if s.index in changed]
    struck = {}
    for on, pitch in after:
        struck.setdefault(pitch, []).append(on)

    def may_change(row):
        track, channel, start, end, pitch, _, _ = row
        if (track, channel) not in chosen or not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
            return False
        if any(start < at < end for at in struck.get(pitch, ())):
            return True  # cut where its key is struck again
        return any(first - EARLY <= start / division < end - EARLY for first, end in spans)

    before = [row for row in mb.notes_of(data) if not may_change(row)]
    still = set(mb.notes_of(output))
    assert all(row in still for row in before)
    assume(labels(parts_of(output)) == labels(parts_of(data)))  # no part has lost all its notes
    again = read(output, piece.original.parts)
    # A note that another part's cut short, and that part's is gone, is as long as it ever was.
    held = {(row[2], row[4]): row[3] for row in mb.notes_of(data)}
    ends_of_tracks = {rows[-1][0] for rows in mb.events(data)}
    for now, target in zip(
        ticks(again.notes, division), ticks(result.notes, division), strict=True
    ):
        # One that begins with its track's end has the tick before it.
        early = int(target[0] in ends_of_tracks and now[0] == target[0] - 1)
        assert now == target or (now[0], now[2:]) == (target[0] - early, target[2:])
        assert (
            now[1] == target[1]
            or target[1] < now[1] <= held[now[0], now[2]]
            or (now[1] in ends_of_tracks and now[1] < target[1])
        )
    if again.length == piece.length:  # a last note gone may show the silence behind it
        for name in ("pedal", "tempo", "meter"):
            assert np.array_equal(getattr(again, name), getattr(piece, name))


@pytest.mark.slow
@given(edits())
def test_a_note_that_stays_keeps_its_events(edit):
    """Strike, release and release velocity, to the byte."""
    data, piece, _, result = edit
    division = int.from_bytes(data[data.find(b"MThd") + 12 :][:2], "big")
    stays = set(ticks(piece.notes, division)) & set(ticks(result.notes, division))
    chosen = {(part.track, part.channel) for part in chosen_parts(data, piece)}
    output = set(mb.notes_of(file_bytes(result)))
    for row in mb.notes_of(data):
        if row[:2] in chosen and row[2:6] in {(on, end, pitch, v) for on, end, pitch, v in stays}:
            assert row in output


def ticks(notes, division):
    """Notes in ticks, by onset and pitch, one string a key."""
    notes = in_ticks(notes, division)
    return [(int(on), int(off), pitch, velocity) for on, off, pitch, velocity in notes]


def labels(parts):
    return [(part.track, part.channel) for part in parts]


def chosen_parts(data, piece):
    return [parts_of(data)[number] for number in piece.original.parts]


def changed(data, index=1, parts=None):
    """A file with its segment's first note gone, its second shorter, one note new."""
    piece = read(data, parts)
    own = segments(piece)[index].notes
    offset = own.offset.copy()
    offset[1] -= 0.25
    others = Notes(own.onset, offset, own.pitch, own.velocity)[1:]
    new = Notes.of(
        [*others.onset, 1.3], [*others.offset, 1.6], [*others.pitch, 40], [*others.velocity, 99]
    )
    return file_bytes(stitch(piece, {index: new}))


def test_running_status_and_delta_times_follow_what_is_put_in():
    plain, running = (mb.file(mb.track(*mb.music(), running=r), kind=0) for r in (False, True))
    assert len(running) < len(plain)
    assert mb.events(changed(plain)) == mb.events(changed(running))
    assert len(changed(running)) < len(changed(plain))


def test_a_note_moved_keeps_its_release_velocity_and_a_new_one_is_released_as_the_others():
    data = mb.file(mb.track(*mb.music()), kind=0)
    output = changed(data)
    before_alone, came = (
        set(x) - set(y)
        for x, y in (
            (mb.notes_of(data), mb.notes_of(output)),
            (mb.notes_of(output), mb.notes_of(data)),
        )
    )
    assert len(before_alone) == 2 and len(came) == 2
    shorter, new = sorted(came)
    assert shorter[5:] == (51, mb.off(shorter[4], 31))
    assert new == (0, 0, 1920 + 624, 1920 + 768, 40, 99, mb.off(40, 64))
    without = [(t, mb.on(e[1], 0)) if e[0] >> 4 == 8 else (t, e) for t, e in mb.music()]
    output = changed(mb.file(mb.track(*without), kind=0))
    assert (0, 0, 2544, 2688, 40, 99, mb.on(40, 0)) in mb.notes_of(output)
    assert not any(event[0] >> 4 == 8 for _, event in mb.events(output)[0])


def test_a_release_that_two_strikes_share_stays_while_one_of_them_does():
    rows = [*mb.music(), (1920, mb.on(90)), (2000, mb.on(90)), (2100, mb.off(90))]
    piece = read(mb.file(mb.track(*rows), kind=0))
    own = segments(piece)[1].notes
    others = own[~((own.pitch == 90) & (own.onset > 0))]
    output = file_bytes(stitch(piece, {1: others}))
    assert [row[2:5] for row in mb.notes_of(output) if row[4] == 90] == [(1920, 2100, 90)]


def test_louder_notes_keep_all_but_their_velocity():
    data = mb.file(mb.track(*mb.music()), kind=0)
    piece = read(data)
    own = segments(piece)[2].notes
    louder = Notes(own.onset, own.offset, own.pitch, own.velocity + 5)
    output = file_bytes(stitch(piece, {2: louder}))
    before, after = mb.events(data)[0], mb.events(output)[0]
    different = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(different) == len(own)
    assert all(b[1][2] == a[1][2] + 5 and a[1][:2] == b[1][:2] for a, b in different)


def test_a_piece_whose_pedal_is_another_is_written_anew():
    piece = read(mb.file(mb.track(*mb.music(), (0, mb.meta(3, b"name"))), kind=0))
    pressed = replace(piece, pedal=np.array([[0.0, 1.0]]))
    assert file_bytes(pressed) == dump(pressed)
    assert file_bytes(replace(piece, original=None)) == dump(piece)
