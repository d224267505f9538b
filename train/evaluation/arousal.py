"""Arousal of a model: classified on unseen pieces, and moved by transfer (paper 5)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fadernets.models.batch import UNLABELLED
from fadernets.mood_transfer import AROUSAL
from fadernets.music import events
from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train import metrics
from train.data.dataset import TEST, Segments
from train.evaluation.identity import identity
from train.evaluation.mood_classifier import MoodClassifier
from train.evaluation.sweep import measured_names
from train.reporting.results.evaluation import (
    ArousalScores,
    ClassifiedTransfers,
    Separation,
    Transferred,
)


def arousal(net: FaderNet, data: Segments, source: list[Notes]) -> ArousalScores:
    """Arousal classified on unseen labelled pieces, and moved on performances.

    The model itself scores a transfer: it encodes the played notes and gives q(high).
    """
    labels = data.arousal.cpu().numpy()
    rows = np.flatnonzero((data.split == TEST) & (labels != UNLABELLED))
    high = labels[rows] == 1
    all_codes = Separation(auc=None, accuracy=None)
    each_code = {}
    if high.any() and not high.all():
        codes = net.encode([events.decode(t) for t in data.tokens[rows].cpu().numpy()])
        all_codes = _separation(net.arousal(codes), high)
        each_code = {
            name: _separation(logits.double().softmax(1)[:, AROUSAL["high"]].cpu().numpy(), high)
            for name, logits in net.model.component_logits(codes.values).items()
        }
    before = net.arousal(net.reconstruct(source))
    densities = {n: np.array([measure(s)[n] for s in source]) for n in measured_names(net)}
    sides = {}
    for target in ("low", "high"):
        played = net.transfer(source, target)
        sounding = [s for s in played if len(s)]
        after = net.arousal(sounding)
        is_sounding = np.array([len(s) > 0 for s in played])
        sign = 1 if target == "high" else -1
        sides[target] = Transferred(
            mean_before=round(float(before.mean()), 4),
            mean_after=round(float(after.mean()), 4),
            moved_or_there=round(float((sign * (after - before[is_sounding]) >= 0).mean()), 4),
            density_change={
                n: round(float(np.mean([measure(s)[n] for s in played]) - d.mean()), 4)
                for n, d in densities.items()
            },
        )
    return ArousalScores(
        labelled_segments=len(rows),
        labelled_pieces=len(np.unique(data.piece[rows])),
        auc=all_codes.auc,
        accuracy=all_codes.accuracy,
        codes=each_code,
        low=sides["low"],
        high=sides["high"],
    )


def _separation(probability: np.ndarray, high: np.ndarray) -> Separation:
    return Separation(
        auc=round(metrics.auc(probability, high), 4),
        accuracy=round(metrics.accuracy(probability, high), 4),
    )


def transfers_by_classifier(
    net: FaderNet, source: list[Notes], classifier: MoodClassifier
) -> dict[Literal["high", "low"], ClassifiedTransfers]:
    """Share of transfers that move arousal as asked, by a classifier that never saw the model.

    As in the paper's listening test, each transfer is compared with its source, and only segments
    count that the classifier does not yet put on the target side. The shares of all segments and of
    plain reconstructions are given besides.
    """
    before = classifier.log_odds(source)
    plain = classifier.log_odds(net.reconstruct(source))
    sides: dict[Literal["high", "low"], ClassifiedTransfers] = {}
    not_there: dict[Literal["high", "low"], np.ndarray] = {"high": before < 0, "low": before > 0}
    for target, mask in not_there.items():
        played = net.transfer(source, target)
        after = classifier.log_odds(played)
        part = np.flatnonzero(mask)
        scores = (
            identity([source[i] for i in part], [played[i] for i in part]) if len(part) else None
        )
        sides[target] = ClassifiedTransfers(
            n=len(part),
            moved=_share(before[part], after[part], target),
            moved_of_all=_share(before, after, target),
            moved_by_reconstruction=_share(before[part], plain[part], target),
            **(scores.stored() if scores else {}),
        )
    return sides


def _share(before: np.ndarray, after: np.ndarray, target: str) -> float | None:
    return round(metrics.moved_as_asked(before, after, target), 4) if len(before) else None
