"""Files of visitors: what of them stays, which of their tracks change, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.editing import endpoints, saving, service
from demo.editing.opening import open_file
from tests.demo.editing.requested import ask
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture
def own(tmp_path):
    """A visitor's file of a piano and a drum, cut short."""
    drum = mb.track((0, mb.meta(3, b"Drums")), *mb.note(0, 100, 36, 90, 9))
    data = mb.file(drum, mb.track(*mb.music(), (100, mb.control(64, 90))))[:-3]
    path = tmp_path / "own.mid"
    path.write_bytes(data)
    return path


NOTICES = ["own.mid is cut short: it was opened as far as it goes.", "Drums stays as it is."]


def test_a_piece_is_saved_as_the_visitors_own_file(net, own, tmp_path):
    values = ask(1, 1, rhythm=1.0) | {"kind": "midi", "scope": "piece"}
    session = open_file(own)
    data = Path(saving.save(net, session, values, tmp_path / "new")).read_bytes()
    assert mb.others(data)[0] == mb.others(own.read_bytes())[0]
    assert mb.others(data)[1][0] == (100, mb.control(64, 90))
    came = set(mb.notes_of(data)) - set(mb.notes_of(own.read_bytes()))
    assert came and all(row[0] == 1 and 1914 <= row[2] < 3834 for row in came)
    untouched = saving.save(
        net, session, ask(1, 1) | {"kind": "midi", "scope": "piece"}, tmp_path / "same"
    )
    assert Path(untouched).read_bytes() == own.read_bytes()


@pytest.mark.slow
def test_what_is_to_be_known_of_a_file_is_said(net, own, tmp_path):
    session = open_file(own)
    answer = service.answer(net, session, ask(0, 0))
    assert all(notice in answer["summary"] for notice in NOTICES)
    new, figures = endpoints.change(
        net, endpoints.opened(net, own), {"rhythm": 1.0}, tmp_path / "new"
    )
    assert figures["notices"] == NOTICES
    assert mb.others(Path(new).read_bytes())[0] == mb.others(own.read_bytes())[0]


@pytest.fixture
def band(tmp_path):
    """A visitor's file of a piano, drums, strings and a bass, in RIFF."""
    names = ("Piano", "Drums", "Strings", "Bass")
    rows = (
        mb.music(),
        [e for k in range(32) for e in mb.note(k * 240, k * 240 + 90, 36 + k % 3, 90, 9)],
        [(0, mb.program(48, 2)), *mb.music(channel=2)],
        [(0, mb.program(33, 3)), *mb.note(0, 7000, 36, 80, 3)],
    )
    tracks = [
        mb.track((0, mb.meta(3, name.encode())), *events)
        for name, events in zip(names, rows, strict=True)
    ]
    path = tmp_path / "band.rmi"
    path.write_bytes(mb.riff(mb.file(*tracks)))
    return path


def chosen(tracks):
    return [track["name"] for track in tracks if track["chosen"]]


def test_tracks_but_drums_can_be_chosen(net, band, tmp_path):
    first = open_file(band)
    message = service.piece_message(first)
    assert [(t["number"], t["name"], t["notes"]) for t in message["tracks"]] == [
        (1, "Piano", 80),
        (3, "Strings", 80),
        (4, "Bass", 1),
    ]
    assert chosen(message["tracks"]) == ["Piano"]
    session, message = service.choose(first, {"tracks": [3, 4, 3]})
    assert chosen(message["tracks"]) == ["Strings", "Bass"]
    assert (message["name"], message["file"]) == ("band", first.file) and session.id != first.id
    answer = service.answer(net, session, ask(1, 1, rhythm=1.0))
    assert "Piano, Drums stay as they are." in answer["summary"]
    values = ask(1, 1, rhythm=1.0) | {"kind": "midi", "scope": "piece"}
    path = Path(saving.save(net, session, values, tmp_path / "new"))
    assert path.suffix == ".rmi"
    changes = set(mb.notes_of(path.read_bytes())) ^ set(mb.notes_of(band.read_bytes()))
    assert changes and {row[0] for row in changes} <= {2, 3}


@pytest.mark.parametrize(
    "tracks", [None, [], [2], [1, 2], [0], [5], ["1"], [1.5], [True], "1", [[1]]]
)
def test_other_tracks_are_refused(band, tracks):
    with pytest.raises(ValueError, match="track"):
        service.choose(open_file(band), {"tracks": tracks})


@pytest.mark.slow
def test_there_is_nothing_to_choose_of_one_track(own, session):
    for alone in (session, open_file(own)):
        assert service.piece_message(alone)["tracks"] == []
        with pytest.raises(ValueError, match="can be chosen"):
            service.choose(alone, {"tracks": [1]})


def test_pianos_on_the_channel_of_drums_can_be_chosen(tmp_path):
    tracks = [mb.track(*mb.music(channel=9, base=base)) for base in (48, 36)]
    (tmp_path / "a.mid").write_bytes(mb.file(*tracks))
    names = [track["name"] for track in open_file(tmp_path / "a.mid").choices]
    assert names == ["Drums, track 1", "Drums, track 2"]


@pytest.mark.slow
def test_a_program_chooses_tracks_by_their_numbers(net, band, tmp_path):
    new, figures = endpoints.change(
        net, endpoints.opened(net, band, "3,4"), {"rhythm": 1.0}, tmp_path / "new"
    )
    assert chosen(figures["tracks"]) == ["Strings", "Bass"] and len(figures["tracks"]) == 4
    changes = set(mb.notes_of(Path(new).read_bytes())) ^ set(mb.notes_of(band.read_bytes()))
    assert changes and {row[0] for row in changes} <= {2, 3}
    _, figures = endpoints.change(
        net, endpoints.opened(net, band, ""), {"rhythm": 1.0}, tmp_path / "default"
    )
    assert chosen(figures["tracks"]) == ["Piano"]
    for wrong, words in (
        ("x", "The tracks are not a list of tracks such as 1,2."),
        ("9", "has no such track: it has 4"),
    ):
        with pytest.raises(ValueError, match=words):
            endpoints.change(
                net, endpoints.opened(net, band, wrong), {"rhythm": 1.0}, tmp_path / "no"
            )


def test_a_selection_is_saved_as_a_span_of_the_visitors_own_file(net, band, tmp_path):
    values = ask(1, 2, rhythm=1.0) | {"kind": "midi", "scope": "selection"}
    path = Path(saving.save(net, open_file(band), values, tmp_path / "new"))
    assert path.suffix == ".mid"
    saved = path.read_bytes()
    events = mb.others(saved)
    assert [rows[0] for rows in events] == [
        (0, mb.meta(3, name)) for name in (b"Piano", b"Drums", b"Strings", b"Bass")
    ]
    assert (0, mb.program(33, 3)) in events[3] and events[0][-1][0] == 8 * 480
    rows = mb.notes_of(saved)
    assert [row[2:5] for row in rows if row[0] == 3] == [(0, 8 * 480, 36)]
    assert sum(row[0] == 1 for row in rows) == 16


def test_a_piece_weighs_what_its_file_does(own):
    session = open_file(own)
    assert session.piece.weight == len(session.piece.notes) + len(own.read_bytes()) // 100
