import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from fadernets.playback.pianoroll import ADDED, KEPT, MARKS, REMOVED, SHADES, roll, svg
from tests.fadernets.playback.drawn import piece

SVG = "{http://www.w3.org/2000/svg}"


def bricks(picture):
    rectangles = ET.fromstring(picture).iter(f"{SVG}rect")
    return [brick for brick in rectangles if brick.get("class") in MARKS]


def test_a_roll_is_in_seconds_with_every_beat_and_bar():
    drawn = roll(piece([(0, 1, 60, 80), (1.5, 4, 72, 20)], length=5.5))
    assert drawn == {
        "notes": [[0.0, 0.5, 60, 80], [0.75, 2.0, 72, 20]],
        "beats": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5],
        "bars": [0.0, 2.0],
        "length_s": 2.75,
        "pitches": [60, 72],
        "pedal": [],
    }
    assert json.loads(json.dumps(drawn)) == drawn


def test_a_roll_follows_the_tempo_map_and_the_meter():
    # 2 beats at 120, then 60 qpm: beats 2, 3, 4, 5 come at 1, 2, 3, 4 s. One bar of 3/4, then 2/4.
    drawn = roll(
        piece([(0, 3, 60, 80)], tempo=((0, 120), (2, 60)), meter=((0, 3, 4), (3, 2, 4)), length=6.0)
    )
    assert drawn["notes"] == [[0.0, 2.0, 60, 80]]
    assert drawn["beats"] == [0.0, 0.5, 1.0, 2.0, 3.0, 4.0]
    assert drawn["bars"] == [0.0, 2.0, 4.0]
    assert drawn["length_s"] == 5.0


def test_bars_of_eighths():
    assert roll(piece([(0, 1, 60, 80)], meter=((0, 6, 8),), length=8.0))["bars"] == [0.0, 1.5, 3.0]


def test_a_change_of_meter_begins_a_bar_and_cuts_the_one_before():
    # 120 qpm: half a second a beat. Bars at beats 0, 4, 6 (3/4), 9, 12 (7/8), 15.5.
    meter = ((0, 4, 4), (6, 3, 4), (12, 7, 8))
    bars = [0.0, 2.0, 3.0, 4.5, 6.0, 7.75]
    for length, count in ((12.0, 4), (12.25, 5), (15.5, 5), (15.75, 6), (19.0, 6)):
        assert roll(piece([(0, 1, 60, 80)], meter=meter, length=length))["bars"] == bars[:count]


def test_a_roll_shows_the_notes_as_heard():
    drawn = roll(piece([(0, 1, 60, 80)], pedal=[(0.5, 4)]))
    assert drawn["notes"] == [[0.0, 2.0, 60, 80]]


def test_a_roll_of_no_notes():
    drawn = roll(piece([], length=2.0))
    assert drawn["notes"] == []
    assert drawn["pitches"] == [21, 108]
    assert drawn["length_s"] == 1.0


def test_a_picture_places_each_note_by_time_and_pitch():
    # 4 s over 800 - 30 pixels; C4 to B4 with a free row on either side: 14 rows in 222 pixels.
    low, high = bricks(svg(piece([(0, 2, 60, 80), (4, 8, 71, 80)]), 800, 240))
    assert float(low.get("x")) == 30
    assert float(low.get("width")) == pytest.approx(770 / 4, abs=1)
    assert float(high.get("x")) == pytest.approx(30 + 770 / 2, abs=0.01)
    row = 222 / 14
    assert float(high.get("y")) == pytest.approx(row, abs=0.01)
    assert float(low.get("y")) == pytest.approx(12 * row, abs=0.01)


def test_louder_is_darker_and_the_softest_is_still_visible():
    rows = [(i, i + 0.9, 60, velocity) for i, velocity in enumerate((1, 40, 80, 127))]
    for mark in MARKS:
        light = [luminance(b.get("fill")) for b in bricks(svg(piece(rows), marks=[mark] * 4))]
        assert light == sorted(light, reverse=True)
        assert len(set(light)) == 4
        assert 1.05 / (light[0] + 0.05) >= 3  # WCAG 2.2 1.4.11, on white


def luminance(colour):
    """Relative luminance of #rrggbb, as WCAG 2.2 defines it"""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_marks_differ_by_more_than_colour():
    rows = [(0, 1, 60, 80), (1, 2, 62, 80), (2, 3, 64, 80)]
    same, added, removed = bricks(svg(piece(rows), marks=[KEPT, ADDED, REMOVED]))
    assert same.get("stroke") is None
    assert added.get("stroke") and added.get("stroke-dasharray") is None
    assert removed.get("stroke-dasharray")
    assert len({brick.get("fill") for brick in (same, added, removed)}) == len(SHADES) == 3


def test_a_picture_can_be_read_aloud():
    picture = svg(
        piece([(0, 1, 60, 80), (1, 2, 73, 80)], name='Träumerei <"&'), marks=[KEPT, ADDED]
    )
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == 'Piano roll of Träumerei <"&'
    assert root.find(f"{SVG}desc").text == (
        "2 notes from C4 to C#5 in 4.0 seconds. Darker is louder. 1 kept, 1 added, 0 removed."
    )


def test_lines_stand_at_their_beats_and_bars():
    # 4 s over 800 - 30 pixels: 96.25 pixels a beat.
    root = ET.fromstring(svg(piece([(0, 1, 60, 80)], length=8.0), 800, 240))
    paths = {p.get("class"): p.get("d") for p in root.iter(f"{SVG}path") if p.get("class")}
    assert paths["bars"] == "M30.00 0V222M415.00 0V222"
    beats = [float(line.split()[0]) for line in paths["beats"].split("M")[1:]]
    assert beats == [30 + 96.25 * beat for beat in range(8)]


def test_the_grid_has_a_line_a_beat_until_they_stand_too_close():
    def lines(length, name):
        root = ET.fromstring(svg(piece([(0, 1, 60, 80)], length=length), 800, 240))
        return [p.get("d").count("M") for p in root.iter(f"{SVG}path") if p.get("class") == name]

    assert lines(8.0, "beats") == [8]
    assert lines(8.0, "bars") == [2]
    assert lines(400.0, "beats") == []  # 1.9 pixels apart
    assert lines(400.0, "bars") == [100]
    assert lines(4000.0, "bars") == []


@pytest.mark.parametrize("length", [0.25, 1.0, 8.0, 360.0, 3600.0])
def test_everything_lies_inside_the_picture(length):
    rows = [(0, length / 2, 21, 1), (length / 2, length, 108, 127)]
    root = ET.fromstring(svg(piece(rows, length=length), 400, 120))
    for brick in root.iter(f"{SVG}rect"):
        assert float(brick.get("x", 0)) + float(brick.get("width")) <= 400.01
        assert 0 <= float(brick.get("y", 0)) <= 120.01 - float(brick.get("height"))
    times = [text for text in root.iter(f"{SVG}text") if text.text.endswith(" s")]
    assert times and all(float(text.get("x")) <= 380 for text in times)


def test_a_picture_of_no_notes():
    root = ET.fromstring(svg(piece([], length=4.0)))
    assert root.find(f"{SVG}desc").text == "No notes in 2.0 seconds."


@pytest.mark.parametrize(
    "options, message",
    [
        ({"width": 20}, "size 20 x 240"),
        ({"marks": []}, "0 marks for 1 notes"),
        ({"marks": ["gone"]}, "'gone'"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        svg(piece([(0, 1, 60, 80)]), **options)


def test_shades_go_from_the_softest_to_the_loudest_colour_of_each_mark():
    rows = [(0, 1, 60, 1), (1, 2, 62, 127), (2, 3, 64, 64)]
    ends = {
        KEPT: ("#5b8dc4", "#0b2e59"),
        ADDED: ("#3c986b", "#08482b"),
        REMOVED: ("#d0753f", "#8a2a06"),
    }
    for mark, (soft, loud) in ends.items():
        colours = [brick.get("fill") for brick in bricks(svg(piece(rows), marks=[mark] * 3))]
        assert colours[:2] == [soft, loud]
        for place in (1, 3, 5):
            middle = (int(soft[place : place + 2], 16) + int(loud[place : place + 2], 16)) / 2
            assert int(colours[2][place : place + 2], 16) == pytest.approx(middle, abs=1)


def texts(picture):
    elements = ET.fromstring(picture).iter(f"{SVG}text")
    return {text.text: (float(text.get("x")), float(text.get("y"))) for text in elements}


def test_every_c_in_the_picture_has_its_name_in_its_row():
    # Rows from 47 (free) to 73 (free above 72): 27 rows in 222 pixels.
    labels = texts(svg(piece([(0, 1, 48, 80), (1, 2, 72, 80)]), 800, 240))
    row = 222 / 27
    for pitch, name in ((48, "C3"), (60, "C4"), (72, "C5")):
        x, y = labels[name]
        assert x == 26 and y == pytest.approx((74 - pitch) * row - row / 2 + 4, abs=0.01)
    assert {name for name in labels if name.startswith("C")} == {"C3", "C4", "C5"}
    alone = texts(svg(piece([(0, 1, 60, 80)])))
    assert {name for name in alone if name.startswith("C")} == {"C4"}  # of an octave at least


@pytest.mark.parametrize(
    ("beats", "step"), [(8.0, 1), (50.0, 2), (100.0, 5), (1000.0, 30), (40_000.0, 1800)]
)
def test_seconds_stand_at_their_times_and_not_too_close(beats, step):
    labels = texts(svg(piece([(0, 1, 61, 80)], length=beats), 800, 240))
    times = {int(name.removesuffix(" s")): x for name, (x, _) in labels.items() if " s" in name}
    column = 770 / (beats / 2)
    assert list(times) == list(range(0, max(times) + 1, step))
    assert times == pytest.approx({time: 30 + column * time for time in times}, abs=0.01)
    assert {y for name, (_, y) in labels.items() if " s" in name} == {235}
    # The next one would not fit, or would be cut off.
    assert 800 - 30 - column * step < max(times.values()) <= 800 - 30 + 0.01 or len(times) == 1


def test_a_note_struck_again_as_it_ends_is_told_from_one_that_lasts():
    first, second = bricks(svg(piece([(0, 4, 60, 80), (4, 8, 60, 80)]), 800, 240))
    assert float(first.get("x")) + float(first.get("width")) < float(second.get("x"))
    (short,) = bricks(svg(piece([(0, 0.001, 60, 80)]), 800, 240))
    assert float(short.get("width")) == 1  # still to be seen


def test_a_change_of_meter_begins_a_bar_in_the_middle_of_one():
    drawn = roll(piece([(0, 1, 60, 80)], meter=((0, 4, 4), (6, 3, 4)), length=12.0))
    assert drawn["bars"] == [0.0, 2.0, 3.0, 4.5]  # beats 0, 4, 6 and 9


@pytest.mark.parametrize(("width", "height"), [(99, 60), (100, 59)])
def test_the_smallest_picture(width, height):
    assert svg(piece([(0, 1, 60, 80)]), 100, 60)
    with pytest.raises(ValueError, match=f"size {width} x {height} is smaller"):
        svg(piece([(0, 1, 60, 80)]), width, height)
