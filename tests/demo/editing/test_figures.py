"""Figures beside the faders: means of segments, and each fader's scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from demo.editing import figures, service
from demo.editing.figures import mean_arousal
from demo.editing.opening import open_example
from demo.editing.requests import EditRequest
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.demo.editing.requested import CLOSED, ask, with_a_rest


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
    assert sign * (figure["result"]["position"] - figure["piece"]["position"]) > 0.03


@pytest.mark.slow
def test_the_figure_of_arousal_hears_tempo(net, session):
    piece = service.answer(net, session, ask(0, 11))["figures"]["arousal"]["piece"]["position"]
    slow, fast = (
        service.answer(net, session, ask(0, 11, tempo=by))["figures"]["arousal"]["result"]
        for by in (-0.5, 0.5)
    )
    assert slow["position"] < piece - 0.1 and fast["position"] > piece + 0.03


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
        new = of(session.result(net, EditRequest(0, last, faders={"rhythm": by})))
        level = net.position("rhythm", own.mean())
        expected = {"position": 0.5, "level": pytest.approx(level), "text": f"{own.mean():.2f}"}
        assert figures["piece"] == expected
        assert figures["result"]["text"] == f"{new.mean():.2f}"
        target = np.interp((by + 1) / 2, np.linspace(0, 1, 21), figures["tables"]["offsets"])
        assert new.mean() == pytest.approx(target, abs=1 / 24)
        assert new.std() > (1 - abs(by)) * own.std() - 1 / 24  # plans count whole steps
        assert np.corrcoef(own, new)[0, 1] > 0.9
    same = of(session.result(net, EditRequest(0, last, positions={"rhythm": 0.5})))
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
    assert float(calm["result"]["text"]) == pytest.approx(calm["tables"]["offsets"][10], abs=1 / 24)
    assert calm["piece"]["position"] > 0.5 and calm["piece"]["text"] == plain["piece"]["text"]
    more = service.answer(net, session, ask(0, 11, arousal=-1.0, rhythm=0.01))["figures"]["rhythm"]
    assert float(more["result"]["text"]) < float(plain["result"]["text"])


@pytest.mark.slow
def test_valence_is_told_as_the_share_in_major(net, session):
    low, high = (
        service.answer(net, session, ask(0, 11, valence=valence))["figures"]["valence"]
        for valence in (-1.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    # Where the piece is in minor already, sad music stays as it is.
    assert low["result"]["position"] <= low["piece"]["position"] < high["result"]["position"]


def test_arousal_of_many_segments_is_that_of_some_spread_evenly(monkeypatch) -> None:
    pitches: list[int] = []

    class Counting:
        def probability(self, parts: Sequence[Notes], octaves: float) -> np.ndarray:
            pitches.extend(int(part.pitch[0]) for part in parts)
            return np.array([part.pitch[0] / 100 for part in parts])

    monkeypatch.setattr(figures.mood_classifier, "of_arousal", Counting)
    parts = [Notes.of([0.0], [1.0], [21 + step], [64]) for step in range(80)]
    arousal = mean_arousal([*parts[:40], Notes.empty(), *parts[40:]])
    assert len(pitches) == len(set(pitches)) == 32
    assert (pitches[0], pitches[-1]) == (21, 100) and set(np.diff(pitches)) <= {2, 3}
    assert arousal == pytest.approx(np.mean(pitches) / 100)
    pitches.clear()
    assert mean_arousal(parts[:5]) == pytest.approx(0.23) and len(pitches) == 5
    assert mean_arousal([]) == mean_arousal([Notes.empty()]) == 0.0


def test_what_the_piece_has_is_drawn_along_it(net, session, monkeypatch):
    drawn = figures.along(net, session)
    assert set(drawn) == {*net.faders, "arousal"}
    for i in (0, 7, len(session.segments) - 1):
        segment = session.segments[i]
        for name, density in net.measure(segment).items():
            assert drawn[name][i] == pytest.approx(net.position(name, density), abs=1e-3)
        assert drawn["arousal"][i] == pytest.approx(mean_arousal([segment.sounding]), abs=1e-3)
    monkeypatch.setattr(figures, "MOST_ALONG", 5)
    few = figures.along(net, session)["arousal"]
    assert len(few) == len(session.segments)
    assert (few[0], few[-1]) == (drawn["arousal"][0], drawn["arousal"][-1])
    assert few != drawn["arousal"] and 0 <= min(few) and max(few) <= 1


@pytest.mark.slow
def test_silence_has_the_arousal_of_what_is_around_it(net):
    session = with_a_rest()
    silent = replace(session, piece=replace(session.piece, pedal=NO_PEDAL))
    assert not len(silent.segments[CLOSED].sounding)
    arousal = figures.along(net, silent)["arousal"]
    around = (arousal[CLOSED - 1] + arousal[CLOSED + 1]) / 2
    assert arousal[CLOSED] == pytest.approx(around, abs=1e-3)
