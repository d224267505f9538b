"""A result at another tempo: drawn by the original's seconds, heard by its own."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from demo.editing import saving, service, sound
from demo.editing.excerpts import excerpt
from demo.editing.requests import EditRequest
from demo.editing.variations import variations
from fadernets.playback import audio, chunks
from tests.demo.editing.requested import ask, decoded, elsewhere, whole_piece_request


def edit(**values) -> EditRequest:
    return EditRequest(0, 71, **values)


@pytest.mark.slow
def test_the_picture_stays_and_the_figures_say_it(net, session):
    before = service.answer(net, session, ask())
    answer = service.answer(net, session, ask(tempo=1))
    assert answer["rolls"] == before["rolls"] and answer["length"] == before["length"]
    assert "another tempo" in answer["changes"]
    figures = answer["figures"]["tempo"]
    assert figures["piece"] == {"position": 0.5, "text": "150"}
    assert figures["result"] == {"position": pytest.approx(1.0, abs=1e-4), "text": "300"}
    assert "clock" not in before["sound"]
    assert before["figures"]["tempo"]["piece"] == before["figures"]["tempo"]["result"]


@pytest.mark.slow
def test_a_locked_tempo_stays_and_says_so(net, session):
    plain = service.answer(net, session, ask(rhythm=0.7))
    answer = service.answer(net, session, ask(rhythm=0.7, tempo=1, lock=["tempo"]))
    assert answer["figures"]["tempo"]["result"] == plain["figures"]["tempo"]["result"]
    assert answer["rolls"] == plain["rolls"]
    assert "Tempo is locked and stays." in answer["summary"]


@pytest.mark.slow
def test_notes_that_change_as_well_are_found_where_they_were(net, session):
    """Rolls of other densities are the same at every tempo."""
    plain = service.answer(net, session, ask(rhythm=0.7))
    answer = service.answer(net, session, ask(rhythm=0.7, tempo=-0.6))
    assert answer["rolls"] == plain["rolls"]
    assert answer["changes"].startswith(plain["changes"]) and "tempo" in answer["changes"]


@pytest.mark.slow
def test_articulation_is_seen_as_shorter_notes(net, session):
    answer = service.answer(net, session, ask(articulation=-1))
    assert "shorter" in answer["changes"] and "clock" not in answer["sound"]
    assert answer["figures"]["articulation"]["result"]["position"] == pytest.approx(0, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("tempo", "times"), [(-1, 2.0), (1, 0.5)])
def test_a_short_selection_lasts_as_long_as_it_takes(net, session, tempo, times):
    message = service.answer(net, session, ask(tempo=tempo))["sound"]
    original = excerpt(session.piece, *session.ends((0, 1)))
    (first, own_first), (last, own_last) = message["clock"]
    assert (first, own_first) == (0, 0) and message["starts"] == [0]
    assert (last, own_last) == pytest.approx(
        (original.duration, times * original.duration), abs=1e-3
    )
    for side, seconds in (("original", last), ("result", own_last)):
        samples, rate = decoded(message[side])
        assert len(samples) / rate == pytest.approx(seconds + audio.TAIL, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("tempo", [-0.5, [[0, -1.0], [100, -1.0], [100, 0.8], [216, 1.0]]])
def test_chunks_join_to_the_whole_sound(net, session, tempo):
    """In a process that has only the piece's notes, which change as well."""
    asked_for = {"note": 1.0, "articulation": -0.5, "tempo": tempo}
    promise = service.answer(net, session, whole_piece_request(session, **asked_for))["sound"]
    assert len(promise["result_starts"]) == len(promise["starts"]) == 5
    result = session.result(
        net, EditRequest.of(whole_piece_request(session, **asked_for), 72, net.faders)
    )
    own = np.interp(promise["starts"], *np.transpose(promise["clock"]))
    assert promise["result_starts"] == pytest.approx(own, abs=0.5 + 1e-6)
    edges = [*promise["result_starts"], promise["clock"][-1][1]]
    assert edges[-1] == pytest.approx(result.duration, abs=1e-4)
    expected = np.concatenate(list(chunks.joined(result, promise["gain"], edges=edges)))
    samples_joined = np.zeros_like(expected)
    for index, start in enumerate(promise["result_starts"]):
        more = {"gain": promise["gain"], "chunk": index, "original": False}
        values = whole_piece_request(session, **asked_for) | more
        message = service.answer(net, elsewhere(session), values, hear=True)["sound"]
        assert message["clock"] == promise["clock"]
        assert message["result_starts"] == promise["result_starts"]
        samples, rate = decoded(message["result"])
        samples_joined[round(start * rate) :][: len(samples)] += samples
    np.testing.assert_allclose(samples_joined, expected, atol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("first_last", [(0, 1), (0, 20)])
@pytest.mark.parametrize("tempo", [-1, 1])
def test_a_file_of_sound_lasts_as_long_as_it_is_heard(net, session, tmp_path, first_last, tempo):
    original = excerpt(session.piece, *session.ends(first_last))
    assert sound.is_long(original) == (first_last == (0, 20))
    values = ask(*first_last, tempo=tempo, kind="wav", scope="selection")
    path = saving.save(net, session, values, tmp_path / "saved")
    seconds = original.duration * 2.0**-tempo + audio.TAIL
    assert soundfile.info(path).duration == pytest.approx(seconds, abs=0.01)


@pytest.mark.slow
def test_variations_are_drawn_by_the_original_s_seconds(net, session):
    values = ask(rhythm=0.7, tempo=1, seeds=[1], redrawn=[], redrawn_now=[])
    (drawn,) = variations(net, session, values)["variations"]
    (plain,) = variations(net, session, values | {"tempo": None})["variations"]
    assert drawn["roll"] == plain["roll"]
