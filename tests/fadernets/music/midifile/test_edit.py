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
    concatenate,
    struck_once,
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
    made = file_bytes(result)
    assert mb.others(made) == mb.others(data)
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
    still = set(mb.notes_of(made))
    assert all(row in still for row in before)
    assume(labels(parts_of(made)) == labels(parts_of(data)))  # no part has lost all its notes
    again = read(made, piece.original.parts)
    # A note that another part's cut short, and that part's is gone, is as long as it ever was.
    held = {(row[2], row[4]): row[3] for row in mb.notes_of(data)}
    ends_of_tracks = {rows[-1][0] for rows in mb.events(data)}
    for now, asked in zip(ticks(again.notes, division), ticks(result.notes, division), strict=True):
        # One that begins with its track's end has the tick before it.
        early = int(asked[0] in ends_of_tracks and now[0] == asked[0] - 1)
        assert now == asked or (now[0], now[2:]) == (asked[0] - early, asked[2:])
        assert (
            now[1] == asked[1]
            or asked[1] < now[1] <= held[now[0], now[2]]
            or (now[1] in ends_of_tracks and now[1] < asked[1])
        )
    if again.length == piece.length:  # a last note gone may show the silence behind it
        for name in ("pedal", "tempo", "meter"):
            assert np.array_equal(getattr(again, name), getattr(piece, name))


@given(edits())
def test_a_note_that_stays_keeps_its_events(edit):
    """Strike, release and release velocity, to the byte."""
    data, piece, _, result = edit
    division = int.from_bytes(data[data.find(b"MThd") + 12 :][:2], "big")
    stays = set(ticks(piece.notes, division)) & set(ticks(result.notes, division))
    chosen = {(part.track, part.channel) for part in chosen_parts(data, piece)}
    made = set(mb.notes_of(file_bytes(result)))
    for row in mb.notes_of(data):
        if row[:2] in chosen and row[2:6] in {(on, end, pitch, v) for on, end, pitch, v in stays}:
            assert row in made


def ticks(found, division):
    """Notes in ticks, by onset and pitch, one string a key."""
    found = in_ticks(found, division)
    return [(int(on), int(off), pitch, velocity) for on, off, pitch, velocity in found]


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
    kept = Notes(own.onset, offset, own.pitch, own.velocity)[1:]
    new = Notes.of([*kept.onset, 1.3], [*kept.offset, 1.6], [*kept.pitch, 40], [*kept.velocity, 99])
    return file_bytes(stitch(piece, {index: new}))


def test_running_status_and_delta_times_follow_what_is_put_in():
    plain, running = (mb.file(mb.track(*mb.music(), running=r), kind=0) for r in (False, True))
    assert len(running) < len(plain)
    assert mb.events(changed(plain)) == mb.events(changed(running))
    assert len(changed(running)) < len(changed(plain))


def test_a_note_moved_keeps_its_release_velocity_and_a_new_one_is_released_as_the_others():
    data = mb.file(mb.track(*mb.music()), kind=0)
    made = changed(data)
    gone, came = (
        set(x) - set(y)
        for x, y in ((mb.notes_of(data), mb.notes_of(made)), (mb.notes_of(made), mb.notes_of(data)))
    )
    assert len(gone) == 2 and len(came) == 2
    shorter, new = sorted(came)
    assert shorter[5:] == (51, mb.off(shorter[4], 31))
    assert new == (0, 0, 1920 + 624, 1920 + 768, 40, 99, mb.off(40, 64))
    without = [(t, mb.on(e[1], 0)) if e[0] >> 4 == 8 else (t, e) for t, e in mb.music()]
    made = changed(mb.file(mb.track(*without), kind=0))
    assert (0, 0, 2544, 2688, 40, 99, mb.on(40, 0)) in mb.notes_of(made)
    assert not any(event[0] >> 4 == 8 for _, event in mb.events(made)[0])


def test_new_notes_go_to_the_nearest_hand():
    right = mb.track(*[e for e in mb.music() if e[1][1] >= 72])
    left = mb.track(*[(t, bytes([e[0] | 1, *e[1:]])) for t, e in mb.music() if e[1] < 72])
    piece = read(mb.file(right, left))
    own = segments(piece)[0].notes
    new = Notes.of(
        [*own.onset, 1.3, 1.3], [*own.offset, 1.6, 1.6], [*own.pitch, 80, 40], [*own.velocity, 9, 9]
    )
    data = file_bytes(stitch(piece, {0: new}))
    added = set(mb.notes_of(data)) - set(mb.notes_of(piece.original.data))
    assert {(row[0], row[1], row[4]) for row in added} == {(0, 0, 80), (1, 1, 40)}


def test_a_release_that_two_strikes_share_stays_while_one_of_them_does():
    rows = [*mb.music(), (1920, mb.on(90)), (2000, mb.on(90)), (2100, mb.off(90))]
    piece = read(mb.file(mb.track(*rows), kind=0))
    own = segments(piece)[1].notes
    kept = own[~((own.pitch == 90) & (own.onset > 0))]
    made = file_bytes(stitch(piece, {1: kept}))
    assert [row[2:5] for row in mb.notes_of(made) if row[4] == 90] == [(1920, 2100, 90)]


def test_louder_notes_keep_all_but_their_velocity():
    data = mb.file(mb.track(*mb.music()), kind=0)
    piece = read(data)
    own = segments(piece)[2].notes
    louder = Notes(own.onset, own.offset, own.pitch, own.velocity + 5)
    made = file_bytes(stitch(piece, {2: louder}))
    before, after = mb.events(data)[0], mb.events(made)[0]
    different = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(different) == len(own)
    assert all(b[1][2] == a[1][2] + 5 and a[1][:2] == b[1][:2] for a, b in different)


def test_a_piece_whose_pedal_or_tempo_is_another_is_written_anew():
    piece = read(mb.file(mb.track(*mb.music(), (0, mb.meta(3, b"name"))), kind=0))
    slower = replace(piece, tempo=np.array([[0.0, 60.0]]))
    assert file_bytes(slower) == dump(slower)
    assert file_bytes(replace(piece, original=None)) == dump(piece)


def test_a_new_note_leaves_what_another_track_holds_on_its_key():
    """The low track's long note goes on under the high one's strike of its key."""
    low = mb.track(*mb.note(120, 4080, 40, 1), *mb.note(1900, 1930, 43, 60), end=5760)
    high = mb.track(*mb.note(960, 1440, 40, 70, 1), end=5760)
    piece = read(mb.file(low, high))
    new = Notes.of([4], [5], [40], [60])  # nearer to the notes of the low track
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    before, after = set(mb.notes_of(piece.original.data)), set(mb.notes_of(result))
    assert before <= after
    assert [row[:6] for row in after - before] == [(1, 1, 1920, 2400, 40, 60)]


def test_a_new_note_does_not_go_to_a_track_that_ends_before_it():
    """Not even where its key is down in the track that goes on: the long note ends for it."""
    low = mb.track(*mb.note(120, 4080, 40, 1), *mb.note(1900, 1930, 43, 60), end=5760)
    high = mb.track(*mb.note(960, 1440, 40, 70, 1), end=2300)
    piece = read(mb.file(low, high))
    new = Notes.of([4], [5], [40], [60])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert [rows[-1][0] for rows in mb.events(result)] == [5760, 2300]
    rows = {row[:6] for row in mb.notes_of(result)}
    assert {(0, 0, 1920, 2400, 40, 60), (0, 0, 120, 1920, 40, 1)} <= rows


def test_a_new_note_at_the_very_end_leaves_the_end_of_its_track():
    """Half a tick before the end is the end: the note gets the tick before it."""
    piece = read(mb.file(mb.track(*mb.note(0, 2400, 40)), kind=0))
    end = 2399.5 / 480
    new = Notes.of([end], [end + 0.001], [60], [64])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert mb.events(result)[0][-1][0] == 2400
    assert {row[2:5] for row in mb.notes_of(result)} == {(0, 2400, 40), (2399, 2400, 60)}


@pytest.mark.parametrize("start", [30, 31])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_new_note_at_the_very_end_strikes_no_key_that_is_struck_a_tick_before(start, is_new):
    """Of a coarse clock the last tick may be a sixteenth: what comes too late is left out."""
    own = [] if is_new else mb.note(31, 32, 60)
    piece = read(mb.file(mb.track(*mb.note(0, 32, 40), *own), kind=0, division=4))
    new = Notes.of([start / 4, 8], [8, 8.25], [60, 60], [64, 64])[slice(not is_new, None)]
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert mb.events(result)[0][-1][0] == 32
    begins = start if is_new else 31
    assert [row[2:5] for row in mb.notes_of(result) if row[4] == 60] == [(begins, 32, 60)]


@pytest.mark.parametrize("end", [4.0, 4.12, 4.25, 7.5])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_note_ends_with_its_track(end, is_new):
    left = mb.track(*mb.note(0, 1910, 40))
    right = mb.track(*mb.note(0, 480, 72), *mb.note(2400, 3840, 76))
    piece = read(mb.file(left, right))
    was = piece.notes
    if is_new:  # beside the left hand's note; the right hand's track, which is longer, is closed
        new = Notes.of([1.0], [end], [43], [64])
        piece = replace(piece, original=replace(piece.original, closed=(1,)))
        result = replace(piece, notes=concatenate([was, new]))
    else:
        result = replace(
            piece, notes=replace(was, offset=np.where(was.pitch == 40, end, was.offset))
        )
    made = file_bytes(result)
    assert [rows[-1][0] for rows in mb.events(made)] == [1910, 3840]
    ends = {row[4]: row[3] for row in mb.notes_of(made) if row[0] == 0}
    assert ends[43 if is_new else 40] == 1910


def test_a_track_ends_later_only_for_a_note_that_begins_behind_it():
    """Of two tracks the longer one is closed: a new note has nowhere else to go."""
    left = mb.track(*mb.note(0, 1910, 40))
    right = mb.track(*mb.note(0, 480, 72), *mb.note(2400, 3840, 76))
    piece = read(mb.file(left, right))
    new = Notes.of([5.0], [6.0], [43], [64])
    closed = replace(piece.original, closed=(1,))
    result = replace(piece, original=closed, notes=concatenate([piece.notes, new]))
    assert [rows[-1][0] for rows in mb.events(file_bytes(result))] == [2880, 3840]


@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("closed", [(), (0,), (1,)])
def test_a_new_note_sees_a_long_one_beneath_a_short_one_of_its_key(is_locked, closed):
    """Hands on one channel: the right one has struck and let go what the left one holds."""
    right = mb.track(*mb.note(480, 600, 60, 80), *mb.note(1000, 1100, 72, 80), end=3840)
    left = mb.track(*mb.note(0, 1920, 60, 60), *mb.note(1920, 2400, 48, 60), end=3840)
    piece = read(mb.file(right, left))
    locked = piece.notes if is_locked else Notes.empty()
    piece = replace(piece, original=replace(piece.original, closed=closed, locked=locked))
    new = Notes.of([2.0], [2.25], [60], [50])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    if is_locked:  # over before the left hand lets go
        assert result == piece.original.data
        return
    rows = {row[2:5] for row in mb.notes_of(result)}
    assert rows >= {(960, 1080, 60), (0, 960, 60)} and (0, 1920, 60) not in rows


@pytest.mark.parametrize("channel", [0, 1])
def test_a_key_that_another_hand_plays_on_the_channel_is_that_hand_s_alone(channel):
    """Hands on one channel share the strings: the release of either would end the other's note."""
    right = mb.track(*mb.note(0, 480, 72), *mb.note(240, 480, 60), end=3840)
    left = mb.track(*mb.note(960, 1440, 60, channel=channel), end=3840)
    piece = read(mb.file(right, left), parts=[0])
    longer = replace(piece.notes, offset=np.array([1.0, 2.5])[(piece.notes.pitch == 60) * 1])
    earlier, inside = (Notes.of([on], [on + 0.5], [60], [70]) for on in (1.75, 2.5))
    written = {
        (240, 960 if channel == 0 else 1200): longer,
        (840, 960 if channel == 0 else 1080): concatenate([piece.notes, earlier]),
        (1200, 1440) if channel else None: concatenate([piece.notes, inside]),
    }
    for expected, now in written.items():
        rows = mb.notes_of(file_bytes(replace(piece, notes=now)))
        own = [row[2:4] for row in rows if row[0] == 0 and row[4] == 60]
        assert own[-1] == (expected or (240, 480))
        assert (1, channel, 960, 1440, 60) in [row[:5] for row in rows]


@st.composite
def overlapping(draw):
    """A file whose strikes of a key overlap, some never released; its piece and another with locks.

    Of the notes that are not locked some are gone or end elsewhere, and some are new.
    """
    events, places = [], draw(st.sets(st.integers(0, 30), min_size=2, max_size=12))
    for number, place in enumerate(sorted(places)):
        start, length = 60 * place, draw(st.sampled_from([60, 90, 240, 500, 1000]))
        pitch, is_released = draw(st.tuples(st.sampled_from([60, 60, 64]), st.integers(0, 5)))
        row = mb.note(start, start + length, pitch, 40 + number, release=number)
        events += row if is_released else row[:1]
    piece = read(mb.file(mb.track(*events, end=3840), kind=0))
    was = piece.notes
    fates = st.sampled_from(["locked", "locked", "stays", "goes", "ends"])
    fate = np.array(draw(st.lists(fates, min_size=len(was), max_size=len(was))))
    offset = np.where(fate == "ends", (was.onset + was.offset) / 2, was.offset)
    kept = replace(was, offset=offset)[fate != "goes"]
    locked = was[fate == "locked"]
    new = []
    for start in draw(st.sets(st.integers(0, 62), max_size=3)):
        onset, end = start / 16 + 0.03, start / 16 + draw(st.sampled_from([0.1, 0.6, 2.0]))
        held = (locked.pitch == 60) & (locked.onset < end) & (locked.offset > onset)
        new += [] if held.any() else [(onset, end, 60, 99)]
    notes = concatenate([kept, *(Notes.of(*([value] for value in row)) for row in new)])
    original = replace(piece.original, locked=locked)
    return piece, locked, replace(piece, notes=struck_once(notes), original=original)


@given(overlapping())
def test_locked_notes_end_where_they_did_among_overlapping_strikes_of_their_key(given_pieces):
    """The first release of a key ends its first strike, whichever was meant for it."""
    piece, locked, result = given_pieces
    before, after = mb.notes_of(piece.original.data), mb.notes_of(file_bytes(result))
    places = {(round(480 * on), pitch) for on, _, pitch, _ in locked}
    stay = [row for row in before if (row[2], row[4]) in places]
    assert {row[:6] for row in stay} <= {row[:6] for row in after}
    if all(row[6] for row in before):  # else some get a release of their own
        assert set(stay) <= set(after)


def test_a_note_that_ends_sooner_does_not_end_one_that_was_struck_before_it():
    held, inner = mb.note(0, 1920, 60, 70, release=11), mb.note(480, 1920, 60, 80, release=22)
    piece = read(mb.file(mb.track(*held, *inner, end=3840), kind=0))
    shorter = Notes.of([0, 1], [1, 2], [60, 60], [70, 80])
    made = file_bytes(replace(piece, notes=shorter))
    assert mb.notes_of(made) == mb.notes_of(piece.original.data)


def test_a_new_note_waits_for_a_locked_one_beneath_one_that_is_not():
    rows = [(0, 1440), (480, 1920), (720, 2400)]
    strikes = [mb.note(*row, 60, 70 + k, release=k) for k, row in enumerate(rows)]
    piece = read(mb.file(mb.track(*strikes[0], *strikes[1], *strikes[2], end=3840), kind=0))
    original = replace(piece.original, locked=piece.notes[:1])
    new = concatenate([piece.notes, Notes.of([2], [3.5], [60], [90])])
    made = mb.notes_of(file_bytes(replace(piece, notes=struck_once(new), original=original)))
    assert made[0] == (0, 0, 0, 1440, 60, 70, mb.off(60, 0))
    assert [row[2] for row in made] == [0, 480, 720, 1440]


@pytest.mark.parametrize(
    ("strikes", "releases", "goes", "after"),
    [
        ([0, 960], [480], 0, []),  # the other is never released, nor need it be
        ([0, 960], [480], 1, [480]),
        ([0, 480, 720], [960, 1920], 2, [960, 960, 1920]),  # the first two shared a release
        ([0, 0, 720], [960, 1920], 2, [960, 960, 1920]),  # and were struck together
    ],
)
def test_a_note_gets_a_release_of_its_own_only_where_it_would_end_elsewhere(
    strikes, releases, goes, after
):
    rows = [(at, mb.on(60)) for at in strikes] + [(at, mb.off(60)) for at in releases]
    piece = read(mb.file(mb.track(*rows, *mb.note(0, 3000, 50), end=3840), kind=0))
    stays = (piece.notes.pitch == 50) | (piece.notes.onset != strikes[goes] / 480)
    made = file_bytes(replace(piece, notes=piece.notes[stays]))
    off = [tick for tick, event in mb.events(made)[0] if event[:2] == mb.off(60)[:2]]
    assert off == after
    before, now = (mb.notes_of(data) for data in (piece.original.data, made))
    assert [row[:6] for row in now] == [
        row[:6] for row in before if row[2:5:2] != (strikes[goes], 60)
    ]
