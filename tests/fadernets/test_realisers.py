"""From codes to notes, in parts of a batch: each segment keeps its own key, labels and seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets import realisers
from fadernets.codes import Codes
from fadernets.faders import Fader
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from fadernets.realisers import Arranger, AutoregressiveDecoding
from tests.fadernets import tiny

SCALES = {
    "rhythm": Fader("rhythm", (0.0625, 1.0), (-1.0, 1.0)),
    "note": Fader("note", (0.0, 15.0), (-1.0, 1.0)),
}
SEGMENTS = tiny.bars(7, seed=5)


def a_net(realiser: object) -> FaderNet:
    return FaderNet(tiny.model(), SCALES, "tiny", realiser)


@pytest.fixture(scope="module")
def arranger() -> Arranger:
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    return Arranger(reviser, candidates=2)


def rows(segments: list[Notes]) -> list[list[tuple[float, float, int, int]]]:
    return [list(notes) for notes in segments]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["arranger", "decoding"])
@pytest.mark.parametrize("seeds", [None, [3, 1, 4, 7, 5, 9, 2]])
def test_parts_of_a_batch_are_played_as_the_whole(monkeypatch, arranger, kind, seeds):
    net = a_net(arranger if kind == "arranger" else AutoregressiveDecoding())
    codes = net.moved(SEGMENTS, {"rhythm": [0.1, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0], "note": 0.2})
    expected = rows(net.realiser.notes_of(net.model, codes, seeds))
    assert len({str(notes) for notes in expected}) == len(SEGMENTS)
    for batch in (1, 4, 6):
        monkeypatch.setattr(realisers, "BATCH", batch)
        assert rows(net.realiser.notes_of(net.model, codes, seeds)) == expected


def test_a_part_of_a_request_has_what_belongs_to_its_segments(arranger):
    request = arranger.request(SEGMENTS, torch.device("cpu"))
    request = replace(request, louder=torch.arange(7.0), legato=-torch.arange(7.0))
    part = request[2:4]
    assert rows(list(part.notes)) == rows(SEGMENTS[2:4])
    assert part.louder.tolist() == [2, 3] and part.legato.tolist() == [-2, -3]
    alone = arranger.request(SEGMENTS[2:4], torch.device("cpu"))
    for name, label in alone.labels.items():
        assert part.labels[name].equal(label)
        assert part.densities[name].equal(alone.densities[name])
    nothing = arranger.request([], torch.device("cpu"))
    assert nothing.notes == () and all(len(label) == 0 for label in nothing.labels.values())


def test_calmer_has_fewer_onsets_is_softer_and_held(arranger):
    request = arranger.request(SEGMENTS, torch.device("cpu"))
    poles = torch.tensor([[-0.25, -0.1], [0.25, 0.1]])  # of low and of high: onsets, velocity
    arranger.reviser.poles.copy_(poles)
    for by, legato in ((1.0, 6.0), (0.5, 3.0), (-1.0, -3.0), (-0.5, -1.5)):
        moved = arranger.shift_arousal(request, torch.full((7,), by, dtype=torch.float64))
        expected = (request.densities["rhythm"] - 0.5 * by).clamp(1 / 16, 1.0)
        torch.testing.assert_close(moved.densities["rhythm"], expected)
        assert moved.densities["note"].equal(request.densities["note"])
        torch.testing.assert_close(moved.louder, torch.full((7,), -0.1 * by))  # half of the way
        assert moved.legato.tolist() == [legato] * 7
        assert moved.notes == request.notes
    beside_tempo = replace(arranger, has_tempo=True)
    moved = beside_tempo.shift_arousal(request, torch.full((7,), 1.0, dtype=torch.float64))
    expected = (request.densities["rhythm"] - 0.5 / 3).clamp(1 / 16, 1.0)
    torch.testing.assert_close(moved.densities["rhythm"], expected)
    torch.testing.assert_close(moved.louder, torch.full((7,), -0.1 / 3))
    each = torch.tensor([1.0, 0, -1, 0.5, 0, -0.5, 0], dtype=torch.float64)
    moved = arranger.shift_arousal(request, each)
    twice = arranger.shift_arousal(arranger.shift_arousal(request, each / 2), each / 2)
    torch.testing.assert_close(twice.louder, moved.louder)
    assert twice.legato.tolist() == moved.legato.tolist() == [6, 0, -3, 3, 0, -1.5, 0]
    sparse = replace(request, densities=request.densities | {"rhythm": torch.full((7,), 0.01)})
    moved = arranger.shift_arousal(sparse, each)  # less than an onset: only what moves gets one
    assert (moved.densities["rhythm"] == 0.01).tolist() == (each == 0).tolist()


def test_each_segment_goes_to_the_other_mode_of_its_own_key(arranger):
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    times = [i / 2 for i in range(8)]
    in_c = Notes.of(times, [t + 0.5 for t in times], scale, [64] * 8)
    in_a = Notes.of(times, [t + 0.5 for t in times], [pitch + 9 for pitch in scale], [64] * 8)
    request = arranger.request([in_c, in_a], torch.device("cpu"))
    shifted = arranger.to_parallel_mode(request, torch.tensor([0, 9]), "low", np.ones(2))
    minor = [60, 62, 63, 65, 67, 68, 71, 72]
    assert [notes.pitch.tolist() for notes in shifted.notes] == [minor, [p + 9 for p in minor]]
    assert shifted.labels is request.labels
    barely = arranger.to_parallel_mode(request, torch.tensor([0, 9]), "low", np.array([0.5, 0]))
    assert barely.notes[0].pitch.tolist() == [60, 62, 63, 65, 67, 69, 71, 72]
    assert list(barely.notes[1]) == list(in_a)


def test_codes_of_a_model_that_keeps_no_notes_cannot_be_arranged(arranger):
    net = a_net(AutoregressiveDecoding())
    codes = net.encode(SEGMENTS[:2])
    for bare in (codes, Codes(codes.values, codes.key)):
        with pytest.raises(ValueError, match="no notes to arrange"):
            arranger.notes_of(net.model, bare, None)
