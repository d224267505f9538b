import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music import events
from fadernets.music.events import TICKS_PER_BEAT, decode, encode
from fadernets.music.notes import BEATS, Notes
from tests.fadernets.music.generated import notes, rows

WORDS = (
    ["PAD", "EOS"]
    + [f"NOTE_ON {pitch}" for pitch in range(21, 109)]
    + [f"NOTE_OFF {pitch}" for pitch in range(21, 109)]
    + [f"TIME_SHIFT {10 * ticks} ms" for ticks in range(1, 101)]
    + [f"VELOCITY {velocity_bin}" for velocity_bin in range(64)]
)
TICK = 1 / TICKS_PER_BEAT  # 10 ms of the token clock, in beats


def notes_in_ticks(*note_rows):
    """Notes of rows (on, off, pitch, velocity), in ticks of 10 ms."""
    on, off, pitch, velocity = zip(*note_rows, strict=True)
    return Notes.of(np.array(on) * TICK, np.array(off) * TICK, pitch, velocity)


def spelled(tokens):
    return [WORDS[token] for token in np.asarray(tokens).tolist()]


def tokens_of(*words):
    return [WORDS.index(word) for word in words]


def ticks(music):
    """Rows (on, off, pitch, velocity) in ticks, to compare."""
    return [
        (round(on / TICK, 6), round(off / TICK, 6), pitch, velocity)
        for on, off, pitch, velocity in music
    ]


def test_the_vocabulary():
    assert events.VOCABULARY == len(WORDS) == 342
    starts = (events.PAD, events.EOS, events.NOTE_ON, events.NOTE_OFF)
    assert starts + (events.TIME_SHIFT, events.VELOCITY) == (0, 1, 2, 90, 178, 278)
    assert events.SEGMENT_TICKS == 205  # 4 beats at 117 a minute last 2.051 s


@pytest.mark.parametrize("token", [-1, 342, 10_000])
def test_no_other_token_exists(token):
    with pytest.raises(ValueError, match=f"token {token} is outside 0 to 341"):
        decode([token])


def test_every_pitch():
    for pitch in range(21, 109):
        music = notes_in_ticks((0, 10, pitch, 64))
        on, off = f"NOTE_ON {pitch}", f"NOTE_OFF {pitch}"
        words = ["VELOCITY 31", on, "TIME_SHIFT 100 ms", off, "EOS"]
        assert spelled(encode(music)) == words
        assert ticks(decode(tokens_of(*words))) == [(0, 10, pitch, 63)]


def test_every_time_shift():
    for gap in range(1, 101):
        words = ["VELOCITY 0", "NOTE_ON 60", f"TIME_SHIFT {gap * 10} ms", "NOTE_OFF 60", "EOS"]
        assert spelled(encode(notes_in_ticks((0, gap, 60, 1)))) == words
        assert ticks(decode(tokens_of(*words))) == [(0, gap, 60, 1)]


def test_every_velocity():
    for velocity_bin in range(64):
        level = f"VELOCITY {velocity_bin}"
        words = [level, "NOTE_ON 60", "TIME_SHIFT 10 ms", "NOTE_OFF 60", "EOS"]
        low = 2 * velocity_bin + 1
        for velocity in {low, min(low + 1, 127)}:
            assert spelled(encode(notes_in_ticks((0, 1, 60, velocity)))) == words
        assert ticks(decode(tokens_of(*words))) == [(0, 1, 60, low)]


def test_padding_says_nothing_and_the_end_ends():
    words = ["PAD", "VELOCITY 9", "PAD", "NOTE_ON 60", "TIME_SHIFT 20 ms", "NOTE_OFF 60", "EOS"]
    after = ["NOTE_ON 72", "TIME_SHIFT 20 ms", "NOTE_OFF 72", "PAD"]
    assert ticks(decode(tokens_of(*words, *after))) == [(0, 2, 60, 19)]
    assert len(decode([])) == len(decode([events.EOS])) == len(decode([events.PAD])) == 0
    assert encode(Notes.empty()).tolist() == [events.EOS]


def test_two_beats_and_a_chord():
    """Beat 1 comes at tick 51.28, beat 2 at 102.56, beat 4 at 205.13."""
    music = Notes.of(
        [0, 1, 2, 2, 2], [1, 2, 4, 4, 3.5], [60, 62, 64, 67, 72], [64, 63, 80, 80, 100]
    )
    assert spelled(encode(music)) == [
        "VELOCITY 31",
        "NOTE_ON 60",
        "TIME_SHIFT 510 ms",
        "NOTE_OFF 60",
        "NOTE_ON 62",  # 63 and 64 are of one bin
        "TIME_SHIFT 520 ms",
        "NOTE_OFF 62",
        "VELOCITY 39",
        "NOTE_ON 64",
        "NOTE_ON 67",
        "VELOCITY 49",
        "NOTE_ON 72",
        "TIME_SHIFT 760 ms",  # beat 3.5 at 179.49
        "NOTE_OFF 72",
        "TIME_SHIFT 260 ms",
        "NOTE_OFF 64",
        "NOTE_OFF 67",
        "EOS",
    ]


def test_offs_come_before_ons_and_both_rise():
    music = notes_in_ticks((0, 5, 70, 9), (0, 5, 50, 9), (5, 9, 71, 9), (5, 9, 40, 9))
    assert spelled(encode(music)) == [
        *("VELOCITY 4", "NOTE_ON 50", "NOTE_ON 70", "TIME_SHIFT 50 ms"),
        *("NOTE_OFF 50", "NOTE_OFF 70", "NOTE_ON 40", "NOTE_ON 71", "TIME_SHIFT 40 ms"),
        *("NOTE_OFF 40", "NOTE_OFF 71", "EOS"),
    ]


@pytest.mark.parametrize(
    ("gap", "shifts"),
    [
        (100, [1000]),
        (101, [1000, 10]),
        (200, [1000, 1000]),
        (205, [1000, 1000, 50]),
    ],
)
def test_gaps_above_a_second(gap, shifts):
    words = encode(notes_in_ticks((0, gap, 60, 9)))
    assert spelled(words)[2:-2] == [f"TIME_SHIFT {shift} ms" for shift in shifts]
    assert ticks(decode(words)) == [(0, gap, 60, 9)]


def test_a_rest_before_the_first_note():
    words = encode(notes_in_ticks((120, 130, 60, 9)))
    assert spelled(words)[:3] == ["TIME_SHIFT 1000 ms", "TIME_SHIFT 200 ms", "VELOCITY 4"]
    assert ticks(decode(words)) == [(120, 130, 60, 9)]


def test_velocity_is_told_only_when_it_changes():
    music = notes_in_ticks((0, 1, 60, 9), (2, 3, 60, 10), (4, 5, 60, 11), (6, 7, 60, 9))
    loudness = [word for word in spelled(encode(music)) if word.startswith("VELOCITY")]
    assert loudness == ["VELOCITY 4", "VELOCITY 5", "VELOCITY 4"]


def test_a_pitch_struck_again_at_once():
    words = encode(notes_in_ticks((0, 10, 60, 9), (10, 20, 60, 9)))
    assert spelled(words)[2:6] == [
        *("TIME_SHIFT 100 ms", "NOTE_OFF 60", "NOTE_ON 60", "TIME_SHIFT 100 ms")
    ]
    assert ticks(decode(words)) == [(0, 10, 60, 9), (10, 20, 60, 9)]


def test_a_pitch_struck_while_it_sounds_ends_there():
    overlapping = notes_in_ticks((0, 30, 60, 9), (10, 20, 60, 9))
    assert ticks(decode(encode(overlapping))) == [(0, 10, 60, 9), (10, 20, 60, 9)]


def test_of_two_strikes_in_one_tick_the_longer_stays():
    music = notes_in_ticks((0, 10, 60, 9), (0.4, 30, 60, 21), (0.3, 20, 60, 33))
    assert ticks(decode(encode(music))) == [(0, 30, 60, 21)]


def test_a_note_shorter_than_a_tick_lasts_one():
    assert ticks(decode(encode(notes_in_ticks((3, 3.2, 60, 9))))) == [(3, 4, 60, 9)]
    two = notes_in_ticks((3, 3.2, 60, 9), (4, 9, 60, 9))
    assert ticks(decode(encode(two))) == [(3, 4, 60, 9), (4, 9, 60, 9)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # a note-off of a silent pitch
        (["NOTE_OFF 60", "VELOCITY 1", "TIME_SHIFT 10 ms"], []),
        # a note-on of a sounding one
        (
            ["VELOCITY 1", "NOTE_ON 60", "TIME_SHIFT 30 ms", "NOTE_ON 60", "TIME_SHIFT 10 ms"]
            + ["NOTE_OFF 60", "NOTE_OFF 60"],
            [(0, 3, 60, 3), (3, 4, 60, 3)],
        ),
        # no velocity: a middling one
        (["NOTE_ON 60", "TIME_SHIFT 10 ms", "NOTE_OFF 60"], [(0, 1, 60, 65)]),
        # two velocities: the later
        (
            ["VELOCITY 1", "VELOCITY 2", "NOTE_ON 60", "TIME_SHIFT 10 ms", "NOTE_OFF 60"],
            [(0, 1, 60, 5)],
        ),
        # an end at the onset: one tick
        (["VELOCITY 1", "NOTE_ON 60", "NOTE_OFF 60"], [(0, 1, 60, 3)]),
        # no end: the segment's
        (["VELOCITY 1", "TIME_SHIFT 100 ms", "NOTE_ON 60"], [(10, 4 / TICK, 60, 3)]),
        # beyond the segment
        (
            ["VELOCITY 1", "NOTE_ON 60", *["TIME_SHIFT 1000 ms"] * 3, "NOTE_OFF 60", "NOTE_ON 62"],
            [(0, 4 / TICK, 60, 3)],
        ),
    ],
)
def test_a_malformed_telling_is_forgiven(words, expected):
    assert ticks(decode(tokens_of(*words, "EOS"))) == [
        (on, round(off, 6), *others) for on, off, *others in expected
    ]


def test_longer_segments():
    tokens = tokens_of("VELOCITY 1", "NOTE_ON 60", *["TIME_SHIFT 1000 ms"] * 3, "NOTE_ON 62", "EOS")
    assert rows(decode(tokens, beats=8)) == [(0, 8, 60, 3), (round(300 * TICK, 6), 8, 62, 3)]


@given(notes(BEATS))
def test_a_round_trip_keeps_the_notes(music):
    """Within 5 ms of the token clock and one velocity bin; strikes in one tick become one."""
    tick = np.rint(music.onset / TICK)
    _, first = np.unique(np.stack([tick, music.pitch]), axis=1, return_index=True)
    music = music[np.sort(first)]
    back = decode(encode(music))
    order, reverse = (np.lexsort((m.onset, m.pitch)) for m in (music, back))
    music, back = music[order], back[reverse]
    assert back.pitch.tolist() == music.pitch.tolist()
    half = 0.5 * TICK + 1e-9  # 5 ms
    assert np.abs(back.onset - music.onset).max(initial=0) <= half
    late = back.offset - music.offset
    assert (late >= -half).all()
    brief = music.offset - music.onset < TICK  # these are played for 10 ms
    assert (late <= np.where(brief, 3 * half, half)).all()
    assert ((back.velocity - 1) // 2 == (music.velocity - 1) // 2).all()


@given(notes(BEATS))
def test_a_second_round_trip_changes_nothing(music):
    once = encode(music)
    assert encode(decode(once)).tolist() == once.tolist()
    assert rows(decode(encode(decode(once)))) == rows(decode(once))


@given(notes(BEATS).filter(len))
def test_what_is_told_is_in_order(music):
    kinds = [word.split()[0] for word in spelled(encode(music))]
    assert kinds.count("NOTE_ON") == kinds.count("NOTE_OFF") <= len(music)
    assert kinds[-1] == "EOS" and kinds[-2] == "NOTE_OFF"
    following = set(zip(kinds, kinds[1:], strict=False))
    assert ("NOTE_ON", "NOTE_OFF") not in following
    assert {second for first, second in following if first == "VELOCITY"} == {"NOTE_ON"}
    assert not {"PAD"} & set(kinds) and kinds.count("EOS") == 1


any_token = st.integers(0, events.VOCABULARY - 1)
likely_token = st.sampled_from(
    tokens_of(*(f"NOTE_{way} {pitch}" for way in ("ON", "OFF") for pitch in (21, 60, 61, 108)))
    + tokens_of("TIME_SHIFT 10 ms", "TIME_SHIFT 70 ms", "TIME_SHIFT 1000 ms", "VELOCITY 5")
)


@given(st.lists(st.one_of(likely_token, any_token), max_size=100))
def test_any_tokens_are_read_as_notes_within_the_segment(tokens):
    music = decode(tokens)
    assert list(Notes.of(music.onset, music.offset, music.pitch, music.velocity)) == list(music)
    assert (music.onset >= 0).all() and (music.offset <= BEATS).all()
    tokens_again = encode(music)
    assert encode(decode(tokens_again)).tolist() == tokens_again.tolist()
