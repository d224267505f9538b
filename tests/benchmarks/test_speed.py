import json
import re

import numpy as np
import pytest
import torch

from benchmarks import arranger_before, speed, speed_tables
from benchmarks.measuring.timing import interleaved, rate, ratio
from benchmarks.model import arranging, decoding, preparing, training_step
from benchmarks.model.plain_gru import PlainEventDecoder, decode_greedily, plain
from fadernets.decoding.generate import generate
from fadernets.models.losses import sample
from tests.fadernets import tiny
from train.prepare import prepare_file

SEGMENTS = tiny.bars(9)


@pytest.fixture(scope="module")
def pair():
    """A model of ours and its plain rendering."""
    model = tiny.model()
    return model, plain(model)


@pytest.fixture(scope="module")
def batch():
    return tiny.batch(SEGMENTS, arousal=[0, 1, -1] * 3)


@pytest.mark.slow
@torch.no_grad()
def test_the_plain_rendering_is_the_same_function(pair, batch):
    model, plain_model = pair
    own_outputs = model.posteriors(batch.tokens, batch.lengths)
    plain_outputs = plain_model.posteriors(batch.tokens, batch.lengths)
    for name in own_outputs:
        for a, b in zip(own_outputs[name], plain_outputs[name], strict=True):
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    codes = {name: sample(*posterior) for name, posterior in own_outputs.items()}
    torch.testing.assert_close(
        model.event_logits(batch, codes),
        plain_model.event_logits(batch, codes),
        atol=1e-5,
        rtol=1e-4,
    )
    for name, label in batch.labels.items():
        own_outputs, plain_outputs = (
            m.label_decoders[name](codes[name], label) for m in (model, plain_model)
        )
        torch.testing.assert_close(own_outputs, plain_outputs, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_both_learn_from_the_same_losses_and_gradients(pair, batch):
    results = []
    for model in pair:
        torch.manual_seed(3)
        model.zero_grad()
        terms = model.losses(batch, 0.1)
        terms["total"].backward()
        gradient = model.decoder.output.weight.grad
        results.append(({n: float(t.detach()) for n, t in terms.items()}, gradient))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-4, abs=1e-6)
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-5, rtol=1e-3)


@pytest.mark.slow
def test_a_plain_step_moves_every_weight(batch):
    model = plain(tiny.model())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    training_step.plain_step(model, training_step.TrainConfig())(batch)
    unchanged = [n for n, p in model.named_parameters() if torch.equal(p, before[n])]
    assert not unchanged


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [96, 400])
def test_all_tell_the_same_tokens(hidden):
    """The plain rendering without a grammar, ours, and ours in bfloat16."""
    decoder, condition, length = decoding.memorised(hidden, speed.long_music(), 12)
    assert length == hidden // 4 and len(condition) == 12
    plain_tokens = decode_greedily(PlainEventDecoder(decoder).eval(), condition, length)
    assert len({tuple(row) for row in plain_tokens.tolist()}) == 4
    for precision in ("float32", "bfloat16"):
        tokens = generate(decoder, condition, max_length=length, precision=precision)
        assert torch.equal(tokens, plain_tokens)


@pytest.mark.slow
def test_the_shipped_decoder_tells_the_same_plainly():
    decoder, condition = decoding.trained(SEGMENTS, 9)
    tokens = generate(decoder, condition, max_length=100)
    plain_decoder = PlainEventDecoder(decoder).eval()
    plain_tokens = decode_greedily(plain_decoder, condition, tokens.shape[1], by_grammar=True)
    assert torch.equal(tokens, plain_tokens)


@pytest.mark.slow
def test_music21_finds_what_the_preparation_finds(tmp_path):
    source, *_ = preparing.write_examples(tmp_path, ("chorale",))
    music21_rows = preparing.by_music21(source.path)
    arrays = prepare_file(source).arrays
    assert len(music21_rows) == len(arrays["length"])
    assert np.mean([row["key"] for row in music21_rows] == arrays["key"]) >= 0.8
    for name in ("rhythm", "note"):
        assert np.mean(np.stack([row[name] for row in music21_rows]) == arrays[name]) >= 0.98
    first_rows = preparing.by_music21(source.path, max_windows=3)
    assert [row["tokens"].tolist() for row in first_rows] == [
        row["tokens"].tolist() for row in music21_rows[: len(first_rows)]
    ]


def test_times_are_taken_in_turn():
    order = []
    seconds = interleaved({n: lambda n=n: order.append(n) for n in "ab"}, 3)
    assert "".join(order) == "abababab"  # once to warm up
    assert [len(times) for times in seconds.values()] == [3, 3]
    with pytest.raises(ValueError, match="repeats must be at least 1, not 0"):
        interleaved({}, 0)


def test_rates_and_ratios_by_hand():
    assert rate([0.5, 1.0, 0.25], 2) == {"median": 4, "lowest": 2, "highest": 8}
    factors = ratio([1.0, 3.0], [1.0, 1.0], 1, 10)
    assert factors == {"median": 20, "lowest": 10, "highest": 30}


@pytest.mark.slow
def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, "SEGMENTS_OF_A_PIECE", 9)
    out = tmp_path / "speed.json"
    options = "--quick --hidden 16 --batches 1 9 --training-batches 1 4 --repeats 1".split()
    assert speed.main([*options, "--json", str(out)]) == 0
    report = json.loads(capsys.readouterr().out)
    stored = json.loads(out.read_text())
    assert all(stored[part] == report[part] for part in speed.PARTS)
    assert [run["parts"] for run in stored["runs"]] == [list(speed.PARTS)]
    assert [row["hidden"] for row in report["decoding"]] == [16, 384]
    for row in report["decoding"]:
        assert list(row["batches"]) == ["1", "9"]
        assert "bfloat16" not in row["batches"]["1"]  # one row is always decoded in float32
        for batch, precision in (("1", "float32"), ("9", "float32"), ("9", "bfloat16")):
            measured = row["batches"][batch][precision]
            assert 0 < measured["segments_s"]["lowest"] <= measured["segments_s"]["highest"]
            assert measured["times_plain"]["median"] > 0 and measured["share_of_limit"] > 0
            assert 0 <= measured["as_in_float32"] <= 1
    (row,) = report["training"]
    assert row["bfloat16"]["4"]["times_plain_same_batch"]["median"] > 0
    (row,) = report["preparing"]
    assert row["segments"] >= row["segments_music21"] > 0
    assert [row["segments"] for row in report["arranging"]] == [1, 9]
    assert set(report["arranging"][1]["shares"]) == {
        *("plans", "reviser", "selection", "candidates compared", "notes written"),
        *("label decoders", "candidates told from music"),
    }
    assert report["machine"]["load_average_before"] >= 0


def test_the_shares_of_parts_are_those_of_their_functions_wherever_they_lie():
    seconds = {
        ("/a/label_plan.py", "cheapest"): 2.0,
        ("/a/layers.py", "forward"): 1.0,
        ("/b/layers.py", "forward"): 0.5,
        ("/a/reviser.py", "losses"): 4.0,
        ("/a/label_plan.py/x.py", "cheapest"): 4.0,
    }
    assert arranging.shares(seconds, 20.0) == {"plans": 0.1, "label decoders": 0.075}


def test_a_part_that_is_measured_again_leaves_the_others():
    first = {"machine": "one", "repeats": 5, "seconds": 9.0, "decoding": [1], "training": [2]}
    again = {"machine": "two", "repeats": 3, "seconds": 1.0, "decoding": [3]}
    stored = speed.joined(speed.joined({}, first), again)
    assert (stored["decoding"], stored["training"]) == ([3], [2])
    assert [(run["machine"], run["parts"]) for run in stored["runs"]] == [
        ("one", ["training"]),
        ("two", ["decoding"]),
    ]
    assert [run["machine"] for run in speed.joined(stored, first)["runs"]] == ["one"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--repeats", "0"], "repeats 0 is below 1"),
        (["--batches", "8", "0"], "batches 0 is below 1"),
        (["--threads", "-1"], "threads -1 is below 1"),
        (["--json", "/nowhere/at/all.json"], "/nowhere/at is no folder to write to"),
    ],
)
def test_impossible_commands(options, message, capsys):
    assert speed.main(options) == 2
    assert capsys.readouterr().err.strip() == f"benchmarks.speed: {message}"


def test_the_page_has_the_tables_of_its_results():
    report = speed_tables.results()
    page = speed_tables.PAGE.read_text()
    assert set(re.findall(r"<!-- (\w+):begin -->", page)) == speed_tables.TABLES.keys()
    for name, make in speed_tables.TABLES.items():
        assert f"<!-- {name}:begin -->\n{make(report)}\n<!-- {name}:end -->" in page


@pytest.mark.slow
def test_both_arrangers_change_the_same_segments(monkeypatch):
    monkeypatch.setattr(arranger_before, "OLDER", arranger_before.NEWER)
    report = arranger_before.measure(speed_tables.ROOT, SEGMENTS[:2], 1)
    for name in ("one_by_one", "together"):
        figures = report[name]
        assert figures["older_ms"] > 0 < figures["newer_ms"]


def test_an_arranger_that_ends_is_told(tmp_path):
    arranging = arranger_before.Arranging(speed_tables.ROOT, "", tmp_path / "none")
    with arranging, pytest.raises(RuntimeError, match="ended"):
        arranging.seconds("all")
