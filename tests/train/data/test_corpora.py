import json

import numpy as np
import pytest

from tests.fadernets.tiny import bars, piece
from train.data import corpora


def test_performances_are_found_in_all_folders_in_order(tmp_path):
    for name in ("b/2.MID", "b/10.midi", "a.mid", "b/notes.txt", "c/deep/1.Midi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    sources = corpora.performances(tmp_path)
    assert [source.name for source in sources] == ["a.mid", "b/10.midi", "b/2.MID", "c/deep/1.Midi"]
    assert all(source.path == tmp_path / source.name for source in sources)
    assert {source.corpus for source in sources} == {corpora.PERFORMANCES}
    assert {source.ratings for source in sources} == {None}


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_midi_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="holds no MIDI file"):
        corpora.performances(tmp_path / name)


def annotated(folder, pieces):
    (folder / "annotations.json").write_text(json.dumps(pieces))
    return corpora.vgmidi(folder)


def test_raters_are_averaged_and_those_of_another_length_dropped(tmp_path):
    def rater(arousal, valence):
        return {"musicianship": 3, "arousal": arousal, "valence": valence}

    first, second, third = annotated(
        tmp_path,
        {
            "z": {
                "midi": "zelda.mid",
                "measures": 3,
                "annotations": [
                    rater([0.2, 0.4, -1.0], [1, 1, 1]),
                    rater([0.6, 0.0, 0.0], [0, 0, -1]),
                    rater([9, 9], [9, 9]),
                    rater([9, 9, 9, 9], [9, 9, 9, 9]),
                    rater([9, 9, 9], [9, 9]),
                ],
            },
            "a": {"midi": "a.mid", "measures": 2, "annotations": [rater([1], [1])]},
            "m": {"midi": "m.mid", "measures": 2, "annotations": []},
        },
    )
    assert [s.name for s in (first, second, third)] == ["vgmidi/a", "vgmidi/m", "vgmidi/z"]
    assert first.ratings is None and second.ratings is None
    assert np.allclose(third.ratings, [[0.4, 0.2, -0.5], [0.5, 0.5, 0]])
    assert third.path == tmp_path / "midi" / "zelda.mid"
    assert third.corpus == corpora.VGMIDI


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"{broken",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"a": 1}',
        b'{"a": {"midi": "a.mid"}}',
        b'{"a": {"midi": "a.mid", "measures": 1, "annotations": [{"arousal": [1]}]}}',
    ],
)
def test_unreadable_annotations_are_refused_in_one_line(tmp_path, text):
    if text is not None:
        (tmp_path / "annotations.json").write_bytes(text)
    with pytest.raises(ValueError, match=r"annotations\.json") as caught:
        corpora.vgmidi(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("meter", "segments", "starts"),
    [
        ([(0, 4, 4)], 3, [0, 4, 8]),
        ([(0, 3, 4)], 2, [0, 3, 6]),
        ([(0, 6, 8)], 2, [0, 3, 6]),
        ([(0, 2, 2)], 2, [0, 4]),
        ([(0, 1, 4), (1, 4, 4)], 2, [0, 1, 5]),
        ([(0, 3, 4), (6, 4, 4), (14, 5, 8)], 4, [0, 3, 6, 10, 14]),
        ([(0, 4, 4), (5, 3, 4)], 2, [0, 4, 5]),  # a change cuts its measure short
    ],
)
def test_measures_follow_the_meter(meter, segments, starts):
    music = piece(bars(segments), meter=meter)
    assert corpora.measure_starts(music).tolist() == starts


@pytest.mark.parametrize("pickup", [0.1, 1 / 3, 0.7, 1.3])
def test_a_rounding_error_makes_no_measure(pickup):
    # In floating point three measures from the pickup may end a hair before or behind the change.
    change = pickup + 0.3 + 0.3 + 0.3
    meter = [(0, 4, 4), (pickup, 0.3, 4), (change, 4, 4)]
    starts = corpora.measure_starts(piece(bars(1), meter=meter))
    assert np.allclose(starts, [0, pickup, pickup + 0.3, pickup + 0.6, change])


RATINGS = np.array([[0.0, 0.4, 0.8, -0.6], [1, 0, 0, -1]])
THREES = np.array([0.0, 3, 6, 9])


@pytest.mark.parametrize(
    ("start", "end", "arousal"),
    [
        (0, 4, 0.2),  # measures 0 and 1
        (4, 8, 0.6),  # 1 and 2
        (8, 12, 0.1),  # 2 and 3
        (3, 6, 0.4),  # exactly 1
        (3 - 1e-9, 6 + 1e-9, 0.4),
        (2, 7, 0.4),  # 0, 1 and 2
    ],
)
def test_a_rating_is_the_mean_of_the_measures_touched(start, end, arousal):
    assert corpora.rating(RATINGS, THREES, start, end)[0] == pytest.approx(arousal)


def test_measures_without_rating_give_none():
    starts = np.arange(0, 24, 3.0)  # eight measures, four rated
    assert np.isnan(corpora.rating(RATINGS, starts, 12, 16)).all()
    half = corpora.rating(RATINGS, starts, 8, 14)  # 2 and 3 are rated, 4 is not
    assert half.tolist() == pytest.approx([0.1, -0.5])
