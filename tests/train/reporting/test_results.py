"""The results that are shipped, read as types, are written as they stand."""

import json
import os
import threading

import pytest

from train.report import RESULTS
from train.reporting.reading import read
from train.reporting.results.ablation import Ablation
from train.reporting.results.evaluation import Evaluation, Identity
from train.reporting.results.part import ResultsPart
from train.reporting.results.preparation import Preparation
from train.reporting.results.training import Training
from train.reporting.results.valence import Valence
from train.reporting.writing import text_of, write

ONE_RESULT = {"ablation": Ablation, "prepare": Preparation, "valence": Valence}
ONE_RESULT |= {path.stem: Training for path in RESULTS.glob("*-training.json")}


@pytest.mark.parametrize("name", ONE_RESULT)
def test_a_result_is_read_whole(name):
    content = (RESULTS / f"{name}.json").read_text()
    result = ONE_RESULT[name].model_validate_json(content)
    assert json.loads(text_of(result)) == json.loads(content)


@pytest.mark.parametrize("name", ["arranger", "gmvae-192"])
def test_an_evaluation_is_read_whole(name):
    path = RESULTS / f"{name}.json"
    evaluations = read([path]).evaluations
    written = [evaluation.model_copy(update={"name": ""}) for evaluation in evaluations]
    (content,) = json.loads(path.read_text())
    assert json.loads(text_of(written))[0] == content | {"name": ""}


def test_valence_has_its_scores_beside_its_counts():
    valence = Valence.model_validate_json((RESULTS / "valence.json").read_text())
    assert list(valence.labels["valence"].held_out.scores)[:2] == ["densities", "classifier"]
    transfers = valence.models["gmvae"].transfers
    assert transfers["nothing"].asked == {} and transfers["sad"].asked["valence"] == "low"
    with pytest.raises(ValueError, match="missing"):
        transfers["sad"].effects["valence"].side("high")


def test_results_that_call_a_classifier_a_judge_are_read_as_today():
    """The first versions did; by the names of today they say the same."""
    for path, kind in ((RESULTS / "valence.json", Valence), (RESULTS / "arranger.json", None)):
        content = path.read_text()
        former = content.replace('"classifier', '"judge').replace('"effects"', '"judges"')
        former = former.replace('"classified_transfers"', '"judged"')
        assert former.count("judge") >= 2
        if kind is not None:
            assert kind.model_validate_json(former) == kind.model_validate_json(content)
            continue
        now, then = (Evaluation.model_validate(json.loads(t)[0]) for t in (content, former))
        assert now == then and then.classifier is not None


@pytest.fixture
def result() -> ResultsPart:
    return Identity(note_f1=1.0, pitch_class_cosine=0.5, key_kept=0.25, contour=0.0)


def test_a_write_that_fails_leaves_the_older_file(tmp_path, monkeypatch, result):
    path = tmp_path / "new" / "result.json"
    write(path, text_of(result))
    assert json.loads(path.read_text()) == result.stored()

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", fail)
    monkeypatch.setattr(type(path), "replace", fail)
    with pytest.raises(OSError, match="full"):
        write(path, "half")
    assert json.loads(path.read_text()) == result.stored()
    assert [entry.name for entry in path.parent.iterdir()] == ["result.json"]


def test_a_pipe_is_written_to_and_stays(tmp_path, result):
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    write(pipe, text_of(result))
    reader.join(30)
    assert json.loads(received[0]) == result.stored() and pipe.is_fifo()
