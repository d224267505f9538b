"""Arousal as a stand-in model has it, whose q(high) is the rhythm density."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fadernets.codes import Codes
from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from tests.fadernets.tiny import bars
from train import metrics
from train.data.dataset import TEST
from train.evaluation import arousal
from train.evaluation.mood_classifier import MoodClassifier
from train.reporting.results.evaluation import Separation

BUSY = Notes.of(np.arange(16) / 4, np.arange(1, 17) / 4, [60] * 16, [64] * 16)
CALM = Notes.of([0.0, 2.0], [2.0, 4.0], [60, 62], [64, 64])
# Even at a rhythm density of 1/2.
CLASSIFIER = MoodClassifier(("rhythm",), (0.5,), (0.25,), (1.0,), 0.0)


class Model:
    """A transfer to "high" plays BUSY, one to "low" CALM; a reconstruction is the segment."""

    faders = ()

    def __init__(self):
        self.model = SimpleNamespace(component_logits=self.logits)

    def logits(self, values):
        odds = torch.logit(values["rhythm"].clamp(1e-6, 1 - 1e-6))
        return {"rhythm": torch.stack([torch.zeros_like(odds), odds], dim=1)}

    def encode(self, segments):
        rhythm = torch.tensor([measure(n)["rhythm"] for n in segments], dtype=torch.float64)
        return Codes({"rhythm": rhythm}, torch.zeros(len(segments)))

    def arousal(self, source):
        codes = source if isinstance(source, Codes) else self.encode(source)
        return codes.values["rhythm"].numpy()

    def reconstruct(self, source):
        return list(source)

    def transfer(self, source, target):
        return [BUSY if target == "high" else CALM] * len(source)


@pytest.fixture
def both_kinds(data):
    """The data with every labelled segment in the test split."""
    return replace(data, split=np.where(data.arousal.numpy() >= 0, TEST, data.split))


def test_separation_of_arousal(both_kinds):
    result = arousal.arousal(Model(), both_kinds, bars(4))
    labels = both_kinds.arousal.numpy()
    rows = np.flatnonzero(labels >= 0)
    density = both_kinds.densities["rhythm"].numpy()[rows]
    assert result.labelled_segments == len(rows)
    assert result.auc == pytest.approx(metrics.auc(density, labels[rows] == 1), abs=1e-3)
    assert result.codes == {"rhythm": Separation(auc=result.auc, accuracy=result.accuracy)}
    assert result.accuracy == pytest.approx(((density > 0.5) == labels[rows]).mean(), abs=1e-3)
    assert result.high.mean_after == 1.0
    assert result.low.density_change["rhythm"] < 0 < result.high.density_change["rhythm"]


def test_the_classifier_counts_what_moves():
    source = [CALM, CALM, BUSY]
    sides = arousal.transfers_by_classifier(Model(), source, CLASSIFIER)
    assert (sides["high"].n, sides["low"].n) == (2, 1)
    for target in ("high", "low"):
        assert sides[target].moved == 1.0
        assert sides[target].moved_by_reconstruction == 0.0
    assert sides["high"].moved_of_all == pytest.approx(2 / 3, abs=1e-4)
    assert sides["high"].pitch_class_cosine == pytest.approx(1 / np.sqrt(2), abs=1e-4)


def test_a_transfer_that_yields_nothing_has_not_moved():
    class Mute(Model):
        def transfer(self, source, target):
            return [Notes.empty()] * len(source)

    sides = arousal.transfers_by_classifier(Mute(), [CALM, BUSY], CLASSIFIER)
    assert sides["high"].moved == sides["low"].moved == 0.0


def test_no_segment_on_the_other_side():
    sides = arousal.transfers_by_classifier(Model(), [BUSY], CLASSIFIER)
    expected = {"n": 0, "moved": None, "moved_of_all": 0.0, "moved_by_reconstruction": None}
    assert sides["high"].stored() == expected
