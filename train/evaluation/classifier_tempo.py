"""What tempo adds to a classifier of arousal, which hears beats alone.

``python -m train.evaluation.classifier_tempo --data FILE --vgmidi DIR --classifier FILE`` learns it
from the rated training pieces, writes it into the classifier's file, and says what it is worth on
pieces that neither learnt from.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from fadernets.expression.tempo import Tempo
from fadernets.mood_classifier import MoodClassifier, load
from train import metrics
from train.data import corpora
from train.data.corpora import Source
from train.data.dataset import TEST, TRAIN, VALIDATION, Segments
from train.data.unseen import names_of
from train.evaluation.arousal_classifiers import rated_segments
from train.evaluation.mood_classifier import save


def rated(
    classifier: MoodClassifier, sources: Sequence[Source], names: Collection[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The rated segments of some pieces: log-odds and octaves of tempo, (n, 2), and ratings, (n,).

    Raises
    ------
    ValueError
        If a piece cannot be read.
    """
    rows, high = [], []
    for _, part, is_high in rated_segments([each for each in sources if each.name in names]):
        tempo = np.log2(Tempo().value(part.piece, part.start, part.start + part.beats))
        rows.append([*classifier.log_odds([part.sounding]), tempo])
        high.append(is_high)
    return np.array(rows).reshape(-1, 2), np.array(high, bool)


def with_tempo(
    classifier: MoodClassifier, values: np.ndarray, high: np.ndarray
) -> tuple[MoodClassifier, LogisticRegression]:
    """The classifier with its log-odds for an octave of tempo, and the regression of both.

    How much of the classifier's own log-odds weighs as much as an octave.

    Raises
    ------
    ValueError
        If all segments are of one arousal.
    """
    if high.all() or not high.any():
        raise ValueError(f"all {len(high)} rated segments are of one arousal")
    regression = LogisticRegression(C=np.inf).fit(values, high)
    of_odds, of_octave = regression.coef_[0]
    return dataclasses.replace(classifier, per_octave=float(of_octave / of_odds)), regression


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    program = "python -m train.evaluation.classifier_tempo"
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--vgmidi", type=Path, required=True, help="folder with annotations.json")
    parser.add_argument("--classifier", type=Path, required=True, help="JSON file, written anew")
    options = parser.parse_args(arguments)
    try:
        data, sources = Segments.load(options.data), list(corpora.vgmidi(options.vgmidi))
        classifier = load(options.classifier)
        training = rated(classifier, sources, names_of(data, (TRAIN,)))
        classifier, regression = with_tempo(classifier, *training)
        values, high = rated(classifier, sources, names_of(data, (VALIDATION, TEST)))
    except (ValueError, OSError) as error:
        print(f"train.evaluation.classifier_tempo: {error}", file=sys.stderr)
        return 2
    save(classifier, options.classifier)
    has_both = bool(high.any()) and not high.all()
    scores = {"beats alone": values[:, 0], "with tempo": regression.decision_function(values)}
    aucs = {n: round(metrics.auc(odds, high), 3) for n, odds in scores.items() if has_both}
    report = {"per_octave": classifier.per_octave, "unseen segments": len(high), "auc": aucs}
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
