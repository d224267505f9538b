"""Segments become codes and codes become segments."""

import numpy as np
import pytest
import torch

import fadernets
from fadernets import checkpoint
from fadernets.codes import Codes
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music import events, key
from fadernets.music.notes import BEATS, HIGHEST_PITCH, LOWEST_PITCH, NO_PEDAL, Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments as split
from fadernets.net import FaderNet
from fadernets.realisers import BATCH, Arranger
from tests.fadernets.net.notes_played import played


def test_codes_have_a_row_for_each_segment(net, segments):
    codes = net.encode(segments)
    assert len(codes) == 6
    assert {name: value.shape for name, value in codes.values.items()} == {
        "rhythm": (6, 8),
        "note": (6, 8),
    }
    assert codes.key.tolist() == [key.find(notes) for notes in segments]


def test_encoding_is_deterministic_and_depends_on_the_segment_alone(net, segments):
    together, repeated = net.encode(segments), net.encode(segments)
    for name, value in together.values.items():
        assert value.equal(repeated.values[name])
        for row, notes in enumerate(segments):
            alone = net.encode([notes]).values[name][0]
            torch.testing.assert_close(alone, value[row], atol=1e-6, rtol=0)


def test_nothing_in_nothing_out(net):
    assert len(net.encode([])) == 0
    assert net.reconstruct([]) == net.slide([], {"rhythm": 0.5}) == net.mix([], []) == []
    assert net.transfer([], "high", seed=3) == []
    assert net.arousal([]).shape == (0,)


def test_a_segment_without_notes_is_refused_by_its_place(net, segments):
    with pytest.raises(ValueError, match="segment 1 of 2 has no notes"):
        net.encode([segments[0], Notes.empty()])


def test_what_is_played_is_a_segment(net, segments):
    for notes in net.reconstruct(segments) + net.reconstruct(segments, seed=range(6)):
        assert len(notes)
        assert notes.onset.min() >= 0 and notes.offset.max() <= BEATS
        assert (notes.offset > notes.onset).all()
        assert notes.pitch.min() >= LOWEST_PITCH and notes.pitch.max() <= HIGHEST_PITCH
        assert len(events.encode(notes))


def test_notes_do_not_depend_on_what_is_played_beside_them(net, segments):
    for seed in (None, 5):
        together = played(net.reconstruct(segments, seed=seed))
        assert together == played(net.reconstruct(segments, seed=seed))
        for row, notes in enumerate(segments):
            assert played(net.reconstruct([notes], seed=seed)) == [together[row]]


@pytest.mark.slow
def test_more_segments_than_a_batch_come_back_in_order(net, segments):
    long_list = (segments * (BATCH // 6 + 2))[: BATCH + 3]
    first_versions = played(net.reconstruct(segments, seed=range(6)))
    codes = net.encode(long_list)
    for name, value in net.encode(segments).values.items():
        together = codes.values[name]
        torch.testing.assert_close(together, value[torch.arange(BATCH + 3) % 6], atol=1e-6, rtol=0)
    versions = played(net.reconstruct(long_list, seed=[i % 6 for i in range(len(long_list))]))
    assert len(versions) == BATCH + 3
    assert all(notes == first_versions[i % 6] for i, notes in enumerate(versions))


def test_seeds(net, segments):
    copies = segments[:1] * 3
    same_seed = played(net.reconstruct(copies, seed=7))
    assert same_seed[0] == same_seed[1] == same_seed[2]
    own_seeds = played(net.reconstruct(copies, seed=[7, 8, 7]))
    assert own_seeds[0] == own_seeds[2] == same_seed[0] != own_seeds[1]
    assert same_seed[0] != played(net.reconstruct(copies[:1]))[0]
    with pytest.raises(ValueError, match="2 seeds for 3 segments"):
        net.reconstruct(copies, seed=[1, 2])


def test_codes_stand_for_segments_everywhere(net, segments):
    codes, other = net.encode(segments), net.encode(segments[::-1])
    turned = segments[::-1]
    assert played(net.reconstruct(codes)) == played(net.reconstruct(segments))
    assert played(net.slide(codes, {"note": 0.9})) == played(net.slide(segments, {"note": 0.9}))
    assert played(net.transfer(codes, "low")) == played(net.transfer(segments, "low"))
    assert played(net.mix(codes, other)) == played(net.mix(segments, turned))
    assert net.arousal(codes).tolist() == net.arousal(segments).tolist()


@pytest.mark.parametrize("value", [1.5, 1.0, "1", np.float64(2)])
def test_seeds_that_are_no_whole_numbers_are_refused(net, segments, value):
    for seed in (value, [1] * 5 + [value]):
        for play in (net.reconstruct, lambda s, seed: net.slide(s, {"note": 0.5}, seed=seed)):
            with pytest.raises(TypeError) as error:
                play(segments, seed=seed)
            assert str(error.value) == f"seed {value!r} is not a whole number"


def test_what_is_no_list_of_segments_is_told_how_to_become_one(net, segments, tmp_path):
    playing = Piece(segments[0], NO_PEDAL, np.array([(0, 120.0)]), np.array([(0, 4, 4)]), 4.0)
    hint = r"write \[s for s in fadernets.segments\(piece\) if s.problem is None\]"
    for argument, message in (
        (playing, f"^a piece is no list of segments: {hint}$"),
        (segments[0], r"^one segment's notes are no list of segments: write \[notes\]$"),
        (split(playing)[0], r"^one segment is no list of segments: write \[segment\]$"),
        (tmp_path / "in.mid", f"^a file's name is no list .+, {hint}$"),
        ("in.mid", "^a file's name is no list"),
        (iter(segments), "^a list_iterator is no list of segments' notes$"),
        ([segments[0], None], "^segment 1 is a NoneType and no Notes$"),
    ):
        for use in (
            net.encode,
            net.reconstruct,
            lambda argument: net.slide(argument, {"note": 0.5}),
        ):
            with pytest.raises(TypeError, match=message):
                use(argument)


def test_mix_takes_the_rhythm_of_one_and_all_else_of_the_other(net, segments):
    first, second = net.encode(segments[:3]), net.encode(segments[3:])
    values = {"rhythm": first.values["rhythm"], "note": second.values["note"]}
    expected = net.reconstruct(Codes(values, second.key), seed=1)
    assert played(net.mix(segments[:3], segments[3:], seed=1)) == played(expected)
    assert played(net.mix(segments, segments)) == played(net.reconstruct(segments))


def test_a_mix_needs_as_many_segments_of_each(net, segments):
    with pytest.raises(ValueError, match="2 segments cannot be mixed with 3"):
        net.mix(segments[:2], segments[:3])


def test_a_decoder_takes_sound_and_an_arranger_keys(net):
    notes = Notes.of([0, 1, 2, 3], [0.5, 1.5, 2.5, 3.5], [60, 62, 64, 65], [64] * 4)
    pedal, rows = np.array([[0.2, 4.0]]), (np.array([(0, 120.0)]), np.array([(0, 4, 4)]))
    playing = Piece(notes, pedal, *rows, 4.0)
    (segment,) = split(playing)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    arranger = FaderNet(net.model, net.scales, "small", Arranger(reviser))
    assert net.by_sound and not arranger.by_sound
    for music in (playing, segment):
        assert net.input_notes(music) is music.sounding
        assert arranger.input_notes(music) is music.notes
    assert list(net.input_notes(segment).offset) == [4.0] * 4


def test_a_model_saved_is_found_again(net, segments, tmp_path):
    checkpoint.save(net.model, net.scales, tmp_path)
    loaded = fadernets.load(tmp_path)
    assert loaded.name == tmp_path.name and loaded.scales == net.scales
    assert loaded.device == torch.device("cpu")
    for name, value in loaded.encode(segments).values.items():
        torch.testing.assert_close(value, net.encode(segments).values[name], atol=1e-3, rtol=1e-2)
