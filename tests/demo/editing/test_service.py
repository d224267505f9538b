"""What the page is answered: rolls, figures and sentences of what was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from demo.editing import service
from demo.editing.piece_session import PieceSession, open_example, open_file
from demo.editing.requests import EditRequest
from fadernets.curve import Curve
from fadernets.mood_transfer import PRESETS
from fadernets.music.notes import cut
from fadernets.music.piece import NO_PEDAL, Piece, segments
from fadernets.playback import pianoroll
from fadernets.whole_piece import changed
from tests.demo.editing.requested import ask

CLOSED = 4  # a silent segment of `with_a_rest`


def with_a_rest() -> PieceSession:
    """The rag with nothing played in a segment."""
    piece = open_example("rag").piece
    begin, end = 4.0 * CLOSED, 4.0 * CLOSED + 4
    notes = piece.notes[(piece.notes.onset < begin - 0.1) | (piece.notes.onset >= end - 0.1)]
    early = notes.onset < begin
    notes = replace(notes, offset=np.where(early, np.minimum(notes.offset, begin), notes.offset))
    return PieceSession(replace(piece, notes=notes, original=None))


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
    "moved",
    [
        {"faders": {"rhythm": 1.0}},
        {"faders": {"note": -1.0}},
        {"faders": {"note": 0.0}, "absolute": True},
        {"arousal": 1.0},
    ],
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
        for position in (-1.0, 1.0)
    )
    assert low["piece"]["text"] == high["piece"]["text"]
    assert low["result"]["position"] < 0.25 and 0.75 < high["result"]["position"]


@pytest.mark.slow
@pytest.mark.parametrize(("arousal", "sign"), [(-1.0, -1), (1.0, 1)])
def test_the_figure_of_arousal_goes_where_it_is_asked_to(net, session, arousal, sign):
    figure = service.answer(net, session, ask(0, 11, arousal=arousal))["figures"]["arousal"]
    assert sign * (figure["result"]["position"] - figure["piece"]["position"]) > 0.05


@pytest.mark.slow
def test_faders_have_their_say_after_arousal(net, session):
    """Arousal moves the fader's dimension too, but a fader that was set keeps its value."""
    spans = [ask(0, 11, note=by, arousal=1.0) for by in (-1.0, 1.0)]
    low, high = (service.answer(net, session, values)["figures"]["note"] for values in spans)
    assert low["result"]["position"] < high["result"]["position"]


@pytest.mark.slow
def test_an_offset_is_read_as_mean_densities_and_keeps_the_shape(net):
    """A whole piece, one step up and a tenth: before it was flat (spread .26 -> .05)."""
    session = open_example("mazurka")
    last = len(session.segments) - 1
    usable = session.usable((0, last))
    own = net.densities(usable)["rhythm"]

    def of(result: Piece) -> np.ndarray:
        now = segments(result)
        return net.densities([now[s.index] for s in usable])["rhythm"]

    for by in (0.01, 0.1, -0.1):
        figures = service.answer(net, session, ask(0, last, rhythm=by))["figures"]["rhythm"]
        new = of(session.result(net, EditRequest(0, last, {"rhythm": by})))
        assert figures["piece"] == {"position": 0.5, "text": f"{own.mean():.2f}"}
        assert figures["result"]["text"] == f"{new.mean():.2f}"
        asked = np.interp((by + 1) / 2, np.linspace(0, 1, 21), figures["tables"]["offsets"])
        assert new.mean() == pytest.approx(asked, abs=1 / 24)
        assert new.std() > (1 - abs(by)) * own.std() - 1 / 24  # plans count whole steps
        assert np.corrcoef(own, new)[0, 1] > 0.9
    same = of(session.result(net, EditRequest(0, last, {"rhythm": 0.5}, absolute=True)))
    assert same.std() < 1 / 24


@pytest.mark.slow
def test_the_scale_of_offsets_starts_from_what_the_moods_have_made(net, session):
    plain, calm = (
        service.answer(net, session, ask(0, 11, arousal=by))["figures"]["rhythm"]
        for by in (None, -1.0)
    )
    assert plain["tables"]["offsets"][-1] == calm["tables"]["offsets"][-1] == 1.0
    assert calm["tables"]["offsets"][10] < plain["tables"]["offsets"][10]  # at 0
    assert plain["piece"]["position"] == plain["result"]["position"] == 0.5
    assert float(calm["result"]["text"]) == pytest.approx(calm["tables"]["offsets"][10], abs=1 / 32)
    assert calm["piece"]["position"] > 0.5 and calm["piece"]["text"] == plain["piece"]["text"]
    more = service.answer(net, session, ask(0, 11, arousal=-1.0, rhythm=0.01))["figures"]["rhythm"]
    assert float(more["result"]["text"]) < float(plain["result"]["text"])


def test_a_curve_is_told_in_the_name_of_the_file(net, session):
    edit = EditRequest(0, 3, {"rhythm": Curve([(0, 0.5)]), "note": -0.25}, arousal=Curve([(0, 1)]))
    name = service.file_name(session, edit, is_whole=True)
    assert name.endswith("_rhythm-curve_note-down-0.25_arousal-curve")
    same = EditRequest(0, 3, {"note": 0.25}, absolute=True)
    assert service.file_name(session, same, is_whole=True).endswith("_note-0.25")


def test_seeds_repeat_and_differ(net, session):
    notes = [
        list(fresh(session).result(net, EditRequest(0, 3, {"rhythm": 0.8}, seed=seed)).notes)
        for seed in (1, 1, 2)
    ]
    assert notes[0] == notes[1] != notes[2]


def fresh(session: PieceSession) -> PieceSession:
    """The same piece with empty caches."""
    return PieceSession(session.piece)


@pytest.mark.slow
def test_what_cannot_change_passes_and_is_named(net):
    session = with_a_rest()
    assert session.segments[CLOSED].problem
    answer = service.answer(net, session, ask(CLOSED - 1, CLOSED, rhythm=0.2))
    bar = 2 * CLOSED + 1  # segments are two bars of two beats
    sentence = f"Unchanged, {session.segments[CLOSED].problem}: bars {bar}–{bar + 1}."
    assert sentence in answer["summary"] and not answer["closed"]
    result = session.result(net, EditRequest(CLOSED - 1, CLOSED, {"rhythm": 0.2}))
    start = session.segments[CLOSED].start
    assert list(cut(result.notes, start)) == list(session.segments[CLOSED].notes)


def test_a_selection_that_cannot_change_is_closed(net):
    session = with_a_rest()
    answer = service.answer(net, session, ask(CLOSED, CLOSED, rhythm=0.2))
    assert answer["closed"]
    assert set(answer["rolls"]["result"]["marks"]) <= {"kept"}


def test_all_that_pass_are_named(net):
    session = with_a_rest()
    answer = service.answer(net, session, ask(0, 41))
    assert f"here: bars {2 * CLOSED + 1}–{2 * CLOSED + 2}." in answer["summary"]
    paper = replace(open_example("rag"), takes_any=False)
    answer = service.answer(net, paper, ask(0, 41))
    closed = [s.index for s in paper.segments if s.paper_problem]
    assert len(closed) > 5
    assert f"bars {paper.places(closed[:1])[0]}" in answer["summary"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"first": None, "last": 0}, "first"),
        ({"first": 0, "last": 500}, "last"),
        ({"first": 3, "last": 2}, "last"),
        ({"first": -1, "last": 2}, "first"),
        ({"first": 0, "last": 0, "rhythm": 1.01}, "rhythm"),
        ({"first": 0, "last": 0, "rhythm": -0.1, "absolute": True}, "rhythm"),
        ({"first": 0, "last": 0, "rhythm": [[4, 0.5], [0, 0.5]]}, "rhythm"),
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
    """Segments of triple time have three beats and begin with a bar."""
    answer = service.answer(net, session, ask(1, 2))
    bar = float(session.piece.seconds(3.0))
    assert answer["rolls"]["bars"] == pytest.approx([0.0, bar], abs=1e-3)


def test_piece_message_opens_on_usable_segments():
    session = with_a_rest()
    message = service.piece_message(session)
    assert session.segments[message["first"]].problem is None
    assert len(message["segments"]) == len(session.segments) == 42 == len(message["edges"]) - 1
    assert message["segments"][CLOSED]["problem"] == "nothing is played here"
    assert message["segments"][CLOSED]["bar"] == 2 * CLOSED + 1  # of two beats
    json.dumps(message)


def test_a_bad_file_is_one_sentence(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"not a song")
    with pytest.raises(ValueError, match="song.mid is not a MIDI file"):
        open_file(path)


def test_a_mood_of_the_page_is_that_of_the_command_line(net, session):
    """The page moves one mood after the other, with strengths of their own."""
    request = EditRequest(2, 3, arousal=1.0, valence=-1.0)
    tense = changed(session.piece, [2, 3], lambda part: net.transfer(part, PRESETS["tense"]))
    assert list(session.result(net, request).notes) == list(tense.notes)


@pytest.mark.slow
def test_valence_is_told_as_the_share_in_major(net, session):
    low, high = (
        service.answer(net, session, ask(0, 11, valence=valence))["figures"]["valence"]
        for valence in (-1.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    assert low["result"]["position"] < low["piece"]["position"] < high["result"]["position"]


def test_notes_that_are_louder_only_are_not_as_played(net, session):
    """Energetic music may have the same notes."""
    piece = session.piece
    loud = replace(piece, notes=replace(piece.notes, velocity=piece.notes.velocity + 9))
    rolls = pianoroll.compare(piece, loud)
    moved = EditRequest(0, 1, arousal=1.0)
    count = len(piece.notes)
    assert service._changes(rolls, moved) == (
        f"{count} notes kept, 0 new, 0 gone; of those kept {count} louder."
    )
    same = pianoroll.compare(piece, piece)
    assert service._changes(same, EditRequest(0, 1)) == "As played. Move a fader to change it."
    assert service._changes(same, moved) == "As played: what the faders ask for is there already."
    ends = piece.notes.offset - np.where(np.arange(count) < 3, 0.9, 0.0) * (
        piece.notes.offset - piece.notes.onset
    )
    short = replace(piece, notes=replace(piece.notes, offset=ends), pedal=NO_PEDAL)
    dry = replace(piece, pedal=NO_PEDAL)
    assert service._changes(pianoroll.compare(dry, short), moved).endswith(
        "of those kept 3 shorter."
    )
