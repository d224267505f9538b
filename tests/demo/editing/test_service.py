"""What the page is answered: rolls, figures and sentences of what was asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from demo.editing import service
from demo.editing.piece_session import PieceSession, open_example, open_file
from demo.editing.requests import EditRequest
from fadernets.mood_transfer import PRESETS
from fadernets.music import midi
from fadernets.music.notes import Notes, cut
from fadernets.music.piece import Piece, segments
from fadernets.playback import audio, chunks
from tests.fadernets.music import midi_bytes as mb

CLOSED = 4  # a segment of the rag with too many events


@pytest.fixture
def session() -> PieceSession:
    return open_example("mazurka")


def ask(first: int = 0, last: int = 1, **values) -> dict:
    return {"number": 7, "first": first, "last": last, "original": True, **values}


def places(piece: Piece) -> tuple[list, list]:
    return piece.notes.onset.round(2).tolist(), piece.notes.pitch.tolist()


def decoded(message: dict) -> tuple[np.ndarray, int]:
    data = base64.b64decode(message["data"])
    return soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)


@pytest.mark.slow
def test_service_knows_no_gradio():
    code = (
        "import sys, demo.editing.service, demo.editing.endpoints; print('gradio' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_nothing_moved_gives_the_original_itself(net, session):
    answer = service.answer(net, session, ask())
    assert session.result(net, EditRequest(0, 1)) is session.piece
    assert set(answer["rolls"]["original"]["marks"]) == {"kept"}
    assert answer["rolls"]["original"] == answer["rolls"]["result"]
    assert answer["sound"]["result"] is None and answer["sound"]["volume"] == 1
    for figure in answer["figures"].values():
        assert figure["piece"] == figure["result"]
    json.dumps(answer)


def test_a_seed_alone_changes_nothing(net, session):
    assert session.result(net, EditRequest(0, 1, seed=3)) is session.piece


@pytest.mark.parametrize(
    "moved", [{"faders": {"rhythm": 1.0}}, {"faders": {"note": 0.0}}, {"arousal": 1.0}]
)
def test_only_the_selection_changes(net, session, moved):
    request = EditRequest(2, 3, **moved)
    result = session.result(net, request)
    assert result.length == session.piece.length
    before, after = segments(session.piece), segments(result)
    for old, new in zip(before, after, strict=True):
        is_same = list(old.notes) == list(new.notes)
        assert is_same == (old.index not in (2, 3)), old.index


@pytest.mark.slow
def test_the_rhythm_fader_is_obeyed(net, session):
    low, high = (
        service.answer(net, session, ask(0, 11, rhythm=position))["figures"]["rhythm"]
        for position in (0.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    assert low["result"]["position"] < high["result"]["position"]


@pytest.mark.slow
@pytest.mark.parametrize(("arousal", "sign"), [(-1.0, -1), (1.0, 1)])
def test_the_figure_of_arousal_goes_where_it_is_asked_to(net, session, arousal, sign):
    figure = service.answer(net, session, ask(0, 11, arousal=arousal))["figures"]["arousal"]
    assert sign * (figure["result"]["position"] - figure["piece"]["position"]) > 0.05


@pytest.mark.slow
def test_faders_have_their_say_after_arousal(net, session):
    """Arousal moves the fader's dimension too, but a fader that was set keeps its value."""
    spans = [ask(0, 11, note=position, arousal=1.0) for position in (0.0, 1.0)]
    low, high = (service.answer(net, session, values)["figures"]["note"] for values in spans)
    assert low["result"]["position"] < high["result"]["position"]


def test_seeds_repeat_and_differ(net, session):
    notes = [
        list(fresh(session).result(net, EditRequest(0, 3, {"rhythm": 0.8}, seed=seed)).notes)
        for seed in (1, 1, 2)
    ]
    assert notes[0] == notes[1] != notes[2]


def fresh(session: PieceSession) -> PieceSession:
    """The same piece with empty caches."""
    return PieceSession(session.piece)


def test_what_cannot_change_passes_and_is_named(net):
    session = open_example("rag")
    assert session.segments[CLOSED].problem
    answer = service.answer(net, session, ask(CLOSED - 1, CLOSED, rhythm=0.2))
    sentence = f"Unchanged, {session.segments[CLOSED].problem}: segment {CLOSED + 1}."
    assert sentence in answer["summary"] and not answer["closed"]
    result = session.result(net, EditRequest(CLOSED - 1, CLOSED, {"rhythm": 0.2}))
    start = session.segments[CLOSED].start
    assert list(cut(result.notes, start)) == list(session.segments[CLOSED].notes)


def test_a_selection_that_cannot_change_is_closed(net):
    session = open_example("rag")
    answer = service.answer(net, session, ask(CLOSED, CLOSED, rhythm=0.2))
    assert answer["closed"] and answer["sound"]["made"]
    assert set(answer["rolls"]["result"]["marks"]) == {"kept"}


def test_all_that_pass_are_named(net):
    session = open_example("rag")
    answer = service.answer(net, session, ask(0, 41))
    closed = [s.index + 1 for s in session.segments if s.problem]
    assert f"segments {', '.join(map(str, closed))}." in answer["summary"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"first": None, "last": 0}, "first"),
        ({"first": 0, "last": 54}, "last"),
        ({"first": 3, "last": 2}, "last"),
        ({"first": -1, "last": 2}, "first"),
        ({"first": 0, "last": 0, "rhythm": 1.01}, "rhythm"),
        ({"first": 0, "last": 0, "note": "high"}, "note"),
        ({"first": 0, "last": 0, "note": float("nan")}, "note"),
        ({"first": 0, "last": 0, "arousal": -2}, "arousal"),
        ({"first": 0, "last": 0, "valence": 1.5}, "valence"),
        ({"first": 0, "last": 0, "valence": "sad"}, "valence"),
        ({"first": 0, "last": 0, "seed": 1_000_000}, "seed"),
        ({"first": True, "last": 1}, "first"),
    ],
)
def test_a_bad_value_is_named(net, session, values, word):
    with pytest.raises(ValueError, match=word):
        service.answer(net, session, values)


@pytest.mark.parametrize("hear", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("original", value) for value in (1, "yes", [])],
        *[("vorbis", value) for value in (0, "", {})],
        *[("peak", value) for value in (0, -1.0, 1e9, "loud", True, float("nan"), float("inf"))],
        *[("number", value) for value in (-1, 1.5, "7", [7], 2**60, 10**400)],
    ],
)
def test_a_bad_wish_is_named(net, session, name, value, hear):
    with pytest.raises(ValueError, match=name):
        service.answer(net, session, ask(**{name: value} | {"chunk": 0}), hear=hear)


@pytest.mark.parametrize("number", [0, 1_000_000, 2**53])
def test_a_page_that_was_moved_however_often_is_answered(net, session, number):
    assert service.answer(net, session, ask(number=number))["number"] == number


def test_a_long_bad_value_is_told_in_short(net, session):
    with pytest.raises(ValueError, match="rhythm") as error:
        service.answer(net, session, ask(rhythm="x" * 10_000))
    assert len(str(error.value)) < 200


def test_bar_lines_are_those_of_the_piece(net, session):
    """Segments of four beats in triple time begin anywhere in a bar."""
    answer = service.answer(net, session, ask(1, 1))
    beat = float(session.piece.seconds(1.0))
    assert answer["rolls"]["bars"] == pytest.approx([2 * beat], abs=1e-3)


@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_midi_is_the_result(net, session, scope, tmp_path):
    values = ask(2, 3, rhythm=0.7, seed=5) | {"kind": "midi", "scope": scope}
    path = Path(service.save(net, session, values, tmp_path / "own"))
    result = session.result(net, EditRequest(2, 3, {"rhythm": 0.7}, seed=5))
    expected = result if scope == "piece" else excerpt(result, *session.ends((2, 3)))
    saved = midi.read(path)
    begin, _ = session.ends((2, 3)) if scope == "selection" else (0.0, 0.0)
    ringing = int(((result.notes.onset < begin) & (result.notes.offset >= begin + 0.125)).sum())
    assert len(saved.notes) == len(expected.notes) + ringing
    assert set(zip(*places(expected), strict=True)) <= set(zip(*places(saved), strict=True))
    assert saved.length == pytest.approx(expected.length, abs=0.01)
    assert path.name.startswith("chopin-mazurka")
    assert path.name.endswith("rhythm-0.70_seed-5.mid")
    assert ("segments-3-4" in path.name) == (scope == "selection")


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_wav_is_heard(net, session, scope, tmp_path):
    values = ask(2, 2, note=0.7) | {"kind": "wav", "scope": scope}
    path = service.save(net, session, values, tmp_path / "own")
    samples, rate = soundfile.read(path)
    begin, end = session.ends((2, 2)) if scope == "selection" else (0.0, session.piece.length)
    seconds = session.piece.seconds(end) - session.piece.seconds(begin) + audio.TAIL
    assert len(samples) / rate == pytest.approx(float(seconds), abs=0.1)
    assert np.abs(samples).max() > 0.1 and path.endswith(".wav")


@pytest.mark.slow
def test_a_long_wav_is_rendered_chunk_by_chunk(net, session, rendered, tmp_path):
    """As the page hears it, as loud, and never more than a chunk at a time."""
    values = whole_piece_request(session, note=0.7) | {"kind": "wav", "scope": "selection"}
    path = service.save(net, session, values, tmp_path / "own")
    assert max(rendered) < 12 + 25 + 3 and len(rendered) >= 5
    samples, _ = soundfile.read(path, dtype="float32")
    gain = service.answer(net, session, whole_piece_request(session, note=0.7))["sound"]["gain"]
    sound = service.answer(
        net, session, whole_piece_request(session, note=0.7, gain=gain, chunk=2), hear=True
    )
    part, rate = decoded(sound["sound"]["result"])
    inside = slice(rate // 10, 19 * rate)
    rendered_part = samples[28 * rate :][inside]
    np.testing.assert_allclose(rendered_part, part[inside], atol=1e-4)


@pytest.mark.parametrize(("key", "value"), [("kind", "mp3"), ("scope", None)])
def test_saving_as_something_else_is_refused(net, session, key, value, tmp_path):
    values = ask() | {"kind": "midi", "scope": "piece"} | {key: value}
    with pytest.raises(ValueError, match=key):
        service.save(net, session, values, tmp_path / "own")


@pytest.mark.slow
def test_a_file_given_up_leaves_nothing(net, session, tmp_path):
    def give_up(count, total):
        if count and total > 2_000:  # samples of sound, not segments
            raise InterruptedError

    stopped = replace(session, progress=give_up)
    with pytest.raises(InterruptedError):
        values = whole_piece_request(session, note=0.7) | {"kind": "wav", "scope": "piece"}
        service.save(net, stopped, values, tmp_path / "own")
    assert not list(tmp_path.iterdir())


def test_piece_message_opens_on_usable_segments():
    session = open_example("rag")
    message = service.piece_message(session)
    assert session.segments[message["first"]].problem is None
    assert len(message["segments"]) == len(session.segments) == 42
    assert message["segments"][CLOSED]["problem"]
    json.dumps(message)


def test_a_bad_file_is_one_sentence(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"not a song")
    with pytest.raises(ValueError, match="song.mid is not a MIDI file"):
        open_file(path)


def test_endpoint_changes_a_file(net, session, tmp_path):
    path = tmp_path / "in.mid"
    midi.write(session.piece, path)
    values = {"rhythm": 1.0, "first": 0, "last": None}
    new, figures = endpoints.change(net, path, values, tmp_path / "new")
    assert midi.read(new).length == pytest.approx(session.piece.length, abs=0.01)
    assert figures["after"]["rhythm"] > figures["before"]["rhythm"]
    assert figures["unchanged"] == [] and Path(new).name == "in_rhythm-1.00.mid"
    with pytest.raises(ValueError, match="rhythm"):
        endpoints.change(net, path, {"rhythm": 3.0}, tmp_path / "none")


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
    data = Path(service.save(net, session, values, tmp_path / "new")).read_bytes()
    assert mb.others(data)[0] == mb.others(own.read_bytes())[0]
    assert mb.others(data)[1][0] == (100, mb.control(64, 90))
    came = set(mb.notes_of(data)) - set(mb.notes_of(own.read_bytes()))
    assert came and all(row[0] == 1 and 1914 <= row[2] < 3834 for row in came)
    untouched = service.save(
        net, session, ask(1, 1) | {"kind": "midi", "scope": "piece"}, tmp_path / "same"
    )
    assert Path(untouched).read_bytes() == own.read_bytes()


def test_what_is_to_be_known_of_a_file_is_said(net, own, tmp_path):
    session = open_file(own)
    answer = service.answer(net, session, ask(0, 0))
    assert all(notice in answer["summary"] for notice in NOTICES)
    new, figures = endpoints.change(net, own, {"rhythm": 1.0}, tmp_path / "new")
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
    path = Path(service.save(net, session, values, tmp_path / "new"))
    assert path.suffix == ".rmi"
    changes = set(mb.notes_of(path.read_bytes())) ^ set(mb.notes_of(band.read_bytes()))
    assert changes and {row[0] for row in changes} <= {2, 3}


@pytest.mark.parametrize(
    "tracks", [None, [], [2], [1, 2], [0], [5], ["1"], [1.5], [True], "1", [[1]]]
)
def test_other_tracks_are_refused(band, tracks):
    with pytest.raises(ValueError, match="track"):
        service.choose(open_file(band), {"tracks": tracks})


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


def test_a_program_chooses_tracks_by_their_numbers(net, band, tmp_path):
    new, figures = endpoints.change(net, band, {"rhythm": 1.0, "tracks": "3,4"}, tmp_path / "new")
    assert chosen(figures["tracks"]) == ["Strings", "Bass"] and len(figures["tracks"]) == 4
    changes = set(mb.notes_of(Path(new).read_bytes())) ^ set(mb.notes_of(band.read_bytes()))
    assert changes and {row[0] for row in changes} <= {2, 3}
    _, figures = endpoints.change(net, band, {"rhythm": 1.0, "tracks": ""}, tmp_path / "default")
    assert chosen(figures["tracks"]) == ["Piano"]
    for wrong, words in (("x", "x is not a list of tracks"), ("9", "has no such track: it has 4")):
        with pytest.raises(ValueError, match=words):
            endpoints.change(net, band, {"rhythm": 1.0, "tracks": wrong}, tmp_path / "no")


def test_a_selection_is_saved_as_a_span_of_the_visitors_own_file(net, band, tmp_path):
    values = ask(1, 2, rhythm=1.0) | {"kind": "midi", "scope": "selection"}
    path = Path(service.save(net, open_file(band), values, tmp_path / "new"))
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


def test_a_mood_of_the_page_is_that_of_the_command_line(net, session):
    """The page moves one mood after the other, with strengths of their own."""
    request = EditRequest(2, 3, arousal=1.0, valence=-1.0)
    source = [s.notes for s in session.segments[2:4]]
    expected = net.transfer(source, PRESETS["tense"])
    played = segments(session.result(net, request))[2:4]
    for notes, segment in zip(expected, played, strict=True):
        assert segment.notes.pitch.tolist() == notes.pitch.tolist()


@pytest.mark.slow
def test_valence_is_told_as_the_share_in_major(net, session):
    low, high = (
        service.answer(net, session, ask(0, 11, valence=valence))["figures"]["valence"]
        for valence in (-1.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    assert low["result"]["position"] < low["piece"]["position"] < high["result"]["position"]
