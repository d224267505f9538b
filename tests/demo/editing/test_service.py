from __future__ import annotations

import base64
import io
import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from demo.editing import endpoints, piece_session, service, sound
from demo.editing.piece_session import PieceSession, excerpt, open_example, open_file
from demo.editing.requests import EditRequest
from fadernets.mood_transfer import PRESETS
from fadernets.music import midi
from fadernets.music.notes import Notes, cut
from fadernets.music.piece import Piece, segments
from fadernets.playback import audio, chunks

CLOSED = 4  # a segment of the rag with too many events


@pytest.fixture
def session() -> PieceSession:
    return open_example("mazurka")


def ask(first: int = 0, last: int = 1, **values) -> dict:
    return {"number": 7, "first": first, "last": last, "original": True, **values}


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
    assert list(cut(result.sounding, start)) == list(session.segments[CLOSED].notes)


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


def test_both_sounds_have_one_gain_and_length(net, session):
    answer = service.answer(net, session, ask(4, 4, note=1.0))["sound"]
    (before, rate), (after, other_rate) = decoded(answer["original"]), decoded(answer["result"])
    assert rate == other_rate and len(before) == len(after)
    begin, end = session.ends((4, 4))
    result = excerpt(session.result(net, EditRequest(4, 4, {"note": 1.0})), begin, end)
    first, second = audio.pair(excerpt(session.piece, begin, end), result)
    np.testing.assert_allclose(before * answer["volume"], first.samples, atol=2e-4)
    np.testing.assert_allclose(after, second.samples, atol=2e-4)


def test_the_original_is_sent_once(net, session):
    service.answer(net, session, ask(note=0.2))
    answer = service.answer(net, session, ask(note=0.9) | {"original": False})["sound"]
    assert answer["original"] is None and answer["result"]


def whole_piece_request(session: PieceSession, **values) -> dict:
    """A request for all segments of a piece."""
    return ask(0, len(session.segments) - 1, **values)


def elsewhere(session: PieceSession) -> PieceSession:
    """The same session as another process gets it, with empty caches."""
    copy = pickle.loads(pickle.dumps(session))
    return PieceSession(copy.piece, copy.id)


@pytest.fixture(scope="module")
def long() -> PieceSession:
    """Twenty mazurkas one after the other: 28.8 minutes."""
    piece = open_example("mazurka").piece
    times, beats = 20, piece.length
    notes_once, length = piece.notes, times * beats
    notes = Notes.of(
        np.concatenate([notes_once.onset + i * beats for i in range(times)]),
        np.concatenate([np.minimum(notes_once.offset, beats) + i * beats for i in range(times)]),
        np.tile(notes_once.pitch, times),
        np.tile(notes_once.velocity, times),
    )
    return PieceSession(replace(piece, notes=notes, length=length))


@pytest.fixture
def rendered(monkeypatch) -> list[float]:
    """Seconds of sound that each call of a synthesiser gave."""
    seconds = []

    def count(*args):
        sound = real(*args)
        seconds.append(sound.seconds)
        return sound

    real = audio.SYNTHESISERS["midirenderer"]
    monkeypatch.setitem(audio.SYNTHESISERS, "midirenderer", count)
    return seconds


@pytest.fixture
def played(monkeypatch) -> list[int]:
    """Numbers of segments that the model was asked to play."""
    counts = []
    real = piece_session.play

    def count(net, codes, ask, indices):
        counts.append(len(indices))
        return real(net, codes, ask, indices)

    monkeypatch.setattr(piece_session, "play", count)
    return counts


def test_a_long_selection_comes_without_sound(net, session, rendered):
    service.answer(
        net, session, whole_piece_request(session)
    )  # the reference for the gain, rendered once
    rendered.clear()
    answer = service.answer(net, session, whole_piece_request(session, rhythm=0.7))
    assert answer["sound"]["later"] and rendered == []
    assert answer["sound"]["original"] is None and answer["sound"]["result"] is None
    assert answer["sound"]["starts"] == [0, 8, 28, 48, 68] and not answer["sound"]["same"]
    assert service.answer(net, session, whole_piece_request(session))["sound"]["same"]


@pytest.mark.slow
def test_a_chunk_is_all_that_comes_to_be_heard(net, session):
    gain = service.answer(net, session, whole_piece_request(session, note=1.0))["sound"]["gain"]
    values = whole_piece_request(session, note=1.0, gain=gain, chunk=1)
    answer = service.answer(net, session, values, hear=True)
    sound = answer.pop("sound")
    numbers = {"number": 7, "piece": session.id, "first": 0, "last": 53}
    assert answer == {**numbers, "chunk": 1, "chunks": 5, "start": 8.0, "length": 20.0}
    assert set(sound) == {"made", "original", "result"} and sound["made"]
    for side in ("original", "result"):
        samples, rate = decoded(sound[side])
        assert len(samples) == round((20 + chunks.FADE) * rate) and np.abs(samples).max() > 0.1
    values["original"] = False
    repeated = service.answer(net, session, values, hear=True)["sound"]
    assert repeated == sound | {"original": None}


@pytest.mark.slow
def test_chunks_join_at_one_gain(net, session):
    """Both sides, put together as the page does it, are the sound of the piece."""
    answer = service.answer(net, session, whole_piece_request(session, note=1.0))["sound"]
    joined = {side: np.zeros((100 * audio.RATE, 2)) for side in ("original", "result")}
    for k, start in enumerate(answer["starts"]):
        values = whole_piece_request(session, note=1.0, gain=answer["gain"], chunk=k)
        sides = service.answer(net, session, values, hear=True)["sound"]
        for side, samples_joined in joined.items():
            samples, rate = decoded(sides[side])
            samples_joined[round(start * rate) :][: len(samples)] += samples
    end = round((session.piece.duration + audio.TAIL) * audio.RATE)
    pieces = {
        "original": session.piece,
        "result": session.result(net, EditRequest(0, 53, {"note": 1.0})),
    }
    for side, volume in (("original", answer["volume"]), ("result", 1.0)):
        samples_joined = volume * joined[side]
        expected = np.concatenate(list(chunks.joined(pieces[side], answer["gain"])))
        assert len(expected) == end and not samples_joined[end:].any()
        np.testing.assert_allclose(samples_joined[:end], expected, atol=2e-4)
    assert answer["volume"] < 1  # the result is louder


def test_vorbis_is_small(net, session):
    large = service.answer(net, session, whole_piece_request(session, chunk=1), hear=True)["sound"][
        "original"
    ]
    values = whole_piece_request(session, chunk=1, vorbis=True)
    small = service.answer(net, session, values, hear=True)["sound"]["original"]
    assert len(small["data"]) < len(large["data"]) / 2
    (before, _), (after, _) = decoded(large), decoded(small)
    assert len(before) == len(after) and np.abs(before - after).max() < 0.2


@pytest.mark.slow
def test_a_chunk_of_half_an_hour_costs_a_chunk(net, long, rendered, played):
    """Anywhere in the piece, and also in a process that has only the piece's notes."""
    gain = chunks.gain_of(long.piece)
    count = len(chunks.borders(long.piece.duration)) - 1
    assert count == 87 and long.piece.duration > 28 * 60
    for chunk in (0, 40, count - 1):
        rendered.clear()
        played.clear()
        values = whole_piece_request(long, rhythm=0.7, chunk=chunk, gain=gain)
        answer = service.answer(net, PieceSession(long.piece, long.id), values, hear=True)
        assert answer["chunk"] == chunk and answer["chunks"] == count
        assert len(rendered) == 2 and max(rendered) < 12 + 25 + 3
        assert sum(played) <= 25  # segments of 1.6 seconds
    assert answer["length"] < 20.1 and len(json.dumps(answer)) < 3_000_000


@pytest.mark.slow
def test_a_chunk_is_the_same_from_every_process(net, session):
    session.result(net, EditRequest(0, 53, {"rhythm": 0.7}, seed=3))
    gain = service.answer(net, session, whole_piece_request(session, rhythm=0.7, seed=3))["sound"][
        "gain"
    ]
    values = whole_piece_request(session, rhythm=0.7, seed=3, chunk=2)
    own_answer = service.answer(net, session, values | {"gain": gain}, hear=True)
    for extra in ({"gain": gain}, {}):
        other_answer = service.answer(net, elsewhere(session), values | extra, hear=True)
        assert other_answer == own_answer


def test_a_short_selection_can_be_heard_as_one_chunk(net, session):
    answer = service.answer(net, session, ask(note=0.8))
    chunk = service.answer(net, elsewhere(session), ask(note=0.8), hear=True)
    assert chunk["sound"] == answer["sound"]
    assert (chunk["chunk"], chunk["chunks"], chunk["start"]) == (0, 1, 0.0)
    assert chunk["length"] == pytest.approx(answer["length"], abs=1e-3)


def test_the_page_keeps_how_loud_the_original_is(net, session, rendered):
    """The volume stays right, and the original is not rendered again, in another process."""
    peak = service.answer(net, session, ask(note=1.0))["sound"]["peak"]
    values = ask(note=0.9) | {"original": False}
    own_sound = service.answer(net, session, values)["sound"]
    rendered.clear()
    other_sound = service.answer(net, elsewhere(session), values | {"peak": peak})["sound"]
    assert other_sound == own_sound and len(rendered) == 1
    forgotten = service.answer(net, elsewhere(session), values)["sound"]
    assert forgotten["volume"] == own_sound["volume"] and forgotten["result"] == own_sound["result"]


def test_silence_between_notes_is_a_silent_chunk(net):
    notes = Notes.of([0.0, 59.0], [1.0, 60.0], [60, 64], [64, 64])
    plain = np.array([[0.0, 60.0]]), np.array([[0.0, 4.0, 4.0]])
    session = PieceSession(Piece(notes, np.zeros((0, 2)), *plain, length=60.0))
    samples, _ = decoded(
        service.answer(net, session, whole_piece_request(session, chunk=2), hear=True)["sound"][
            "original"
        ]
    )
    assert len(samples) and not samples.any()
    answer = service.answer(net, session, ask(2, 12))
    assert not answer["sound"]["made"] and "no notes" in answer["summary"]


def test_a_missing_font_is_told(net, session, monkeypatch):
    monkeypatch.setenv("FADERNETS_SOUNDFONT", "/nowhere/piano.sf2")
    answer = service.answer(net, session, whole_piece_request(session))
    assert not answer["sound"]["made"] and "later" not in answer["sound"]
    assert "cannot be read" in answer["summary"]
    chunk = service.answer(net, session, whole_piece_request(session), hear=True)
    assert not chunk["sound"]["made"] and "cannot be read" in chunk["trouble"]


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("chunk", value) for value in (-1, 5, 1.5, "1", True, [0], float("nan"), 10**400)],
        *[("gain", value) for value in (0, -1.0, 12.5, "1", False, float("inf"))],
        ("first", 0.5),
        ("seed", 2.5),
    ],
)
def test_a_bad_chunk_is_named(net, session, name, value):
    with pytest.raises(ValueError, match=name):
        service.answer(net, session, whole_piece_request(session) | {name: value}, hear=True)
    with pytest.raises(ValueError, match="chunk"):  # a short selection has but one
        service.answer(net, session, ask(chunk=1), hear=True)


def test_a_long_bad_value_is_told_in_short(net, session):
    with pytest.raises(ValueError, match="rhythm") as error:
        service.answer(net, session, ask(rhythm="x" * 10_000))
    assert len(str(error.value)) < 200


def test_a_very_long_selection_is_sent_small(monkeypatch, net, session):
    monkeypatch.setattr(sound, "PREVIEW", 2.0)
    answer = service.answer(net, session, ask(0, 3))["sound"]["original"]
    samples, rate = decoded(answer)
    assert (answer["channels"], answer["rate"], rate) == (1, audio.RATE // 2, audio.RATE // 2)
    begin, end = session.ends((0, 3))
    seconds = excerpt(session.piece, begin, end).duration + audio.TAIL
    assert len(samples) / rate == pytest.approx(seconds, abs=0.01)


def test_no_notes_are_said_not_played(net):
    notes = Notes.of([0.0, 1.0, 8.0], [1.0, 4.0, 9.0], [60, 64, 67], [64, 64, 64])
    plain = np.array([[0.0, 120.0]]), np.array([[0.0, 4.0, 4.0]])
    session = PieceSession(Piece(notes, np.zeros((0, 2)), *plain, length=9.0))
    answer = service.answer(net, session, ask(1, 1))
    assert not answer["sound"]["made"] and "no notes" in answer["summary"]


def test_excerpt_keeps_time(session):
    piece = replace(session.piece, tempo=np.array([[0.0, 60.0], [6.0, 120.0], [20.0, 90.0]]))
    part = excerpt(piece, 4.0, 12.0)
    assert part.tempo.tolist() == [[0.0, 60.0], [2.0, 120.0]]
    assert part.duration == pytest.approx(piece.seconds(12.0) - piece.seconds(4.0))
    inside = (piece.notes.onset >= 4.0) & (piece.notes.onset < 12.0)
    assert part.notes.pitch.tolist() == piece.notes.pitch[inside].tolist()
    assert part.notes.offset.max() <= 8.0
    assert excerpt(piece, 0.0, piece.length) is piece


def test_excerpt_keeps_the_pedal(session):
    piece = replace(session.piece, pedal=np.array([[1.0, 5.0], [7.0, 9.0], [13.0, 14.0]]))
    assert excerpt(piece, 4.0, 12.0).pedal.tolist() == [[0.0, 1.0], [3.0, 5.0]]


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
    assert saved.notes.pitch.tolist() == expected.notes.pitch.tolist()
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


def test_a_file_names_its_moods(net, session, tmp_path):
    values = ask(2, 3, arousal=-1.0, valence=0.5) | {"kind": "midi", "scope": "selection"}
    assert service.save(net, session, values, tmp_path / "own").endswith(
        "_calm-1.00_joyful-0.50.mid"
    )
