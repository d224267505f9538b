"""Settings go into a MIDI file as controllers and come out of it as the curves that they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fadernets.curve import Curve, moves
from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_words import LockWords
from fadernets.mood_transfer import MOODS
from fadernets.music import midi
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.midifile import added_track
from fadernets.music.midifile.cut import between
from fadernets.music.midifile.events import MidiFile
from fadernets.score import controllers
from fadernets.score.settings import PieceSettings
from tests.fadernets.music import midi_bytes as mb

FIRST, SECOND = ATTRIBUTES
PLAIN = mb.file(mb.track(*mb.music(32)))


@st.composite
def curves(draw, low=-1.0, gaps=False):
    times = sorted(draw(st.lists(st.integers(0, 32), min_size=1, max_size=6)))
    value = st.floats(low, 1.0, allow_nan=False).map(lambda x: round(x, 6))
    values = [draw(st.none() | value if gaps else value) for _ in times]
    return Curve(list(zip(map(float, times), values, strict=True)))


@st.composite
def set_anyhow(draw):
    amount = st.floats(-1, 1) | curves()
    return PieceSettings(
        faders={name: draw(amount) for name in ATTRIBUTES if draw(st.booleans())},
        arousal=draw(amount),
        valence=draw(st.just(0.0) | st.floats(-3, 3)),
        expression={name: draw(amount) for name in EXPRESSIONS if draw(st.booleans())},
        seed=draw(st.none() | st.integers(0, 999_999)),
        positions={FIRST: draw(curves(0.0, gaps=True))} if draw(st.booleans()) else {},
        lock=LockWords.read(draw(st.sampled_from(["", "melody", "rhythm,track:1"]))),
        strict=draw(st.booleans()),
    )


def chunks(data: bytes) -> list[bytes]:
    file = MidiFile.parse(data, "it")
    return [data[track.head : track.end] for track in file.tracks]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=mb.files(), piece_settings=set_anyhow())
def test_they_come_back_and_all_other_events_keep_their_bytes(data, piece_settings):
    try:
        piece = midi.read(data)
    except midi.MidiError:
        return
    saved = controllers.written(data, piece_settings, piece)
    if piece_settings.is_neutral:
        assert saved == data
        return
    again = PieceSettings.read(controllers.read(saved, midi.read(saved)), tuple(ATTRIBUTES))
    moving = {name: value for name, value in piece_settings.faders.items() if moves(value)}
    for name, amount in {**moving, **piece_settings.moods}.items():
        read_back = again.moods.get(name, again.faders.get(name, 0.0))
        assert read_back == amount
    assert again.positions == piece_settings.positions
    assert (again.seed, again.lock, again.strict) == (
        piece_settings.seed,
        piece_settings.lock,
        piece_settings.strict,
    )
    assert chunks(saved)[:-1] == chunks(data)
    assert list(midi.read(saved).notes) == list(piece.notes)
    assert chunks(added_track.with_track(saved, controllers.NAME, [])) == chunks(data)
    assert (
        controllers.written(saved, piece_settings, piece) == saved
    )  # in place of the one that it had


@pytest.mark.slow
@given(piece_settings=set_anyhow())
def test_what_a_daw_kept_of_them_is_near(piece_settings):
    """Without the text of the settings there are the controllers, 127 steps high."""
    piece = midi.read(PLAIN)
    saved = controllers.written(PLAIN, piece_settings, piece)
    if piece_settings.is_neutral:
        return
    document = controllers.read(without_text(saved), piece)
    again = PieceSettings.read(document, tuple(ATTRIBUTES))
    middles = np.arange(0.5, 32)  # no breakpoint lies nearer than half a beat
    for given_, got, rest in (
        ({**piece_settings.faders, **piece_settings.moods}, {**again.faders, **again.moods}, 0.0),
        (piece_settings.positions, again.positions, np.nan),
    ):
        for name, amount in given_.items():
            was, now = (
                each.at(middles) if isinstance(each, Curve) else np.full(32, float(each))
                for each in (amount, got.get(name, rest))
            )
            np.testing.assert_allclose(now, was.clip(-1, 1), atol=2.5 / 63)
            assert (now[was == 0] == 0).all()


def without_text(data: bytes) -> bytes:
    file = MidiFile.parse(data, "it")
    track = file.tracks[-1]
    moves = [
        (int(tick), data[body:end])
        for tick, body, end, status in zip(
            track.tick, track.body, track.begin[1:], track.status, strict=True
        )
        if status == 0xBF
    ]
    return added_track.with_track(data, controllers.NAME, moves)


def test_controllers_that_somebody_has_drawn_count():
    piece = midi.read(PLAIN)
    saved = controllers.written(PLAIN, PieceSettings(faders={FIRST: 0.5}, seed=4), piece)
    file = MidiFile.parse(saved, "it")
    number = controllers.NUMBERS["offset", FIRST]
    at = saved.rindex(bytes([0xBF, number]))
    redrawn = saved[: at + 2] + bytes([1]) + saved[at + 3 :]
    assert len(file.tracks) == 2
    settings = PieceSettings.read(controllers.read(redrawn, piece), tuple(ATTRIBUTES))
    assert settings.faders[FIRST].at([0, 20]).tolist() == [-1.0, -1.0] and settings.seed == 4


def moved(levels: list[int], step: int = 1) -> bytes:
    """The plain file with a controller moved to levels, so many ticks from one to the next."""
    control, number = 0xB0 | controllers.CHANNEL, controllers.NUMBERS["offset", FIRST]
    return added_track.with_track(
        PLAIN,
        controllers.NAME,
        [(i * step, bytes([control, number, level])) for i, level in enumerate(levels)],
    )


@pytest.mark.parametrize(
    "levels",
    [[1, 127] * 39_000, [64, 65] * 39_000, [64, 65, 66] * 500, [0, 1, 0, 127] * 400],
    ids=["extremes", "borders", "few", "none"],
)
def test_controllers_that_a_program_wrote_to_cost_much_are_a_curve_at_once(levels):
    data = moved(levels)
    document = controllers.read(data, midi.read(data))
    curve = document[FIRST]["beats"]
    assert 2 <= len(curve) <= 1_000
    times = [time for time, _ in curve]
    assert times == sorted(times) and times[-1] <= len(levels) / 480


@given(st.lists(st.integers(1, 127), min_size=2, max_size=200))
def test_no_line_is_far_from_a_level_that_it_passes(levels):
    points = list(enumerate(levels))
    corners = controllers._thinned(points, controllers.TOLERANCE)
    assert corners[0] == points[0] and corners[-1] == points[-1]
    line = np.interp(np.arange(len(levels)), *np.array(corners, float).T)
    assert np.abs(line - levels).max() <= controllers.TOLERANCE + 1e-9


def test_bars_without_end_leave_the_file_to_be_opened():
    piece = midi.read(PLAIN)
    piece_settings = PieceSettings(faders={FIRST: Curve([(1, 0.1), (1e308, 0.5)], "bars")})
    data = controllers.written(PLAIN, piece_settings, piece)
    document = controllers.read(data, midi.read(data))
    assert controllers.in_beats(piece_settings.faders[FIRST], piece).points[-1] == (1e12, 0.5)
    assert set(document) >= {FIRST}


def test_a_cut_has_its_part_of_the_curves():
    piece = midi.read(PLAIN)
    curve = Curve([(0, 0.0), (8, 0.0), (24, 1.0)])
    part = between(controllers.written(PLAIN, PieceSettings(faders={FIRST: curve}), piece), 8, 16)
    settings = PieceSettings.read(controllers.read(part, midi.read(part)), tuple(ATTRIBUTES))
    np.testing.assert_allclose(
        settings.faders[FIRST].at([0, 2, 4, 6]), curve.at([8, 10, 12, 14]), atol=0.04
    )


def test_bars_are_told_by_the_meter():
    """A bar of three beats, then bars of four; the curve is over bars."""
    data = mb.file(
        mb.track(
            (0, mb.meta(0x58, bytes([3, 2, 24, 8]))),
            (1440, mb.meta(0x58, bytes([4, 2, 24, 8]))),
            end=1440,
        ),
        mb.track(*mb.music(32)),
    )
    piece = midi.read(data)
    curve = Curve([(1, 0.0), (2, 0.5), (3, 1.0)], "bars")
    saved = controllers.written(data, PieceSettings(faders={FIRST: curve}), piece)
    exact = PieceSettings.read(controllers.read(saved, midi.read(saved)), tuple(ATTRIBUTES))
    assert exact.faders == {FIRST: curve}
    drawn = PieceSettings.read(controllers.read(without_text(saved), piece), tuple(ATTRIBUTES))
    beats = np.array([0.0, 1.5, 3.0, 5.0, 7.0])
    np.testing.assert_allclose(
        drawn.faders[FIRST].at(beats), curve.at(piece.bars(beats)), atol=0.03
    )


@pytest.mark.parametrize("wrap", [bytes, mb.riff], ids=["plain", "riff"])
def test_a_file_of_one_track_becomes_one_of_two(wrap):
    data = wrap(mb.file(mb.track(*mb.music(16)), kind=0))
    piece = midi.read(data)
    saved = controllers.written(data, PieceSettings(arousal=-0.5), piece)
    again = midi.read(saved)
    assert list(again.notes) == list(piece.notes) and not again.original.damage
    assert controllers.read(saved, again) == {MOODS[0]: -0.5}
    assert chunks(saved)[0] == chunks(data)[0]


def test_a_track_of_the_users_of_that_name_is_left_alone():
    name = (0, mb.meta(3, controllers.NAME.encode()))
    data = mb.file(mb.track(name, *mb.music(16)))
    piece = midi.read(data)
    saved = controllers.written(data, PieceSettings(arousal=1.0), piece)
    assert chunks(saved)[0] == chunks(data)[0] and len(chunks(saved)) == 2
    assert controllers.read(data, piece) is None


def test_notes_that_are_locked_are_not_told():
    """They have other numbers in the file that is saved."""
    piece = midi.read(PLAIN)
    piece_settings = PieceSettings(arousal=1.0, lock=LockWords.read("bass,note:3"))
    document = controllers.read(controllers.written(PLAIN, piece_settings, piece), piece)
    assert document["lock"] == ["bass"]


def test_a_file_with_all_the_tracks_that_can_be_is_refused():
    tracks = [mb.track(*mb.music(4)), *[mb.track(end=0)] * 499]
    data = mb.file(*tracks)
    piece = replace(midi.read(data), name="it")
    with pytest.raises(midi.MidiError, match="no room for a track of FaderNets: 500 is the most"):
        controllers.written(data, PieceSettings(arousal=1.0), piece)
