"""How many labels the GM-VAE needs: ``python -m train.label_shares --data FILE --out FILE``.

Trains it on the same segments with the labels of 0, 1, 5 and 100 % of them, with several seeds, and
measures it on unseen pieces. Labels of 1 and 5 % are people's ratings. There are none for most
performances: with 100 %, the rest are told by a classifier that was fitted to all ratings of
training pieces. Every run that is done is in the results file, and is not trained again.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import silhouette_score

from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models.batch import UNLABELLED
from fadernets.models.config import ModelConfig
from fadernets.models.mixture import MixtureVAE
from fadernets.models.segmentvae import SegmentVAE
from fadernets.mood_classifier import MoodClassifier, features, table
from fadernets.net import FaderNet
from train import metrics
from train.data import corpora
from train.data.dataset import TEST, TRAIN, VALIDATION, Segments
from train.data.encoded import encoded
from train.evaluate import chosen, commit, notes_of
from train.evaluation import mood_classifier
from train.evaluation.arousal import transfers_by_classifier
from train.evaluation.token_accuracy import hits
from train.export import measure_poles
from train.fit import precision
from train.reporting.results.label_shares import LabelShares, ShareMeasures, ShareRun
from train.reporting.results.part import present
from train.reporting.writing import text_of, write
from train.run.config import TrainConfig
from train.run.loop import Trainer

SHARES = (0.0, 0.01, 0.05, 1.0)
SEGMENTS = 20_000  # of training
LEFT_OUT = 3  # of no split
CLASSIFIED = 2_000  # unseen performances' segments whose cluster is looked at
CERTAIN = 0.9  # least q of a segment's cluster
MODEL = ModelConfig(
    hidden=96, latent=64, embedding=64, beta_free_steps=200, beta_anneal_steps=500
)  # fmt: skip
RUN = TrainConfig(
    steps=1_300,
    batch=64,
    learning_rate=3e-3,
    decay_steps=400,
    labelled_repeats=1,
    save_every=10**6,
    validate_every=10**6,
)


def training_rows(data: Segments, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows to train with, of which the rated ones come first: 5 % of them, drawn at random.

    Raises
    ------
    ValueError
        If there are too few.
    """
    rated = data.arousal.cpu().numpy() != UNLABELLED
    rows = rng.permutation(np.flatnonzero(data.split == TRAIN))
    ratings = round(count * SHARES[-2])
    result = np.concatenate([rows[rated[rows]][:ratings], rows[~rated[rows]][: count - ratings]])
    if len(result) < count:
        raise ValueError(f"{len(result)} segments are too few to train with: {count} are wanted")
    return result


def with_labels(
    data: Segments, rows: np.ndarray, share: float, classifier: MoodClassifier
) -> Segments:
    """The data with some rows to train with, a share of which have a label of arousal."""
    split = np.where(data.split == TRAIN, LEFT_OUT, data.split)
    split[rows] = TRAIN
    arousal = data.arousal.cpu().numpy().copy()
    unrated = rows[arousal[rows] == UNLABELLED]
    arousal[rows[round(share * len(rows)) :]] = UNLABELLED
    if share == SHARES[-1]:
        arousal[unrated] = classifier.log_odds(notes_of(data, unrated)) > 0
    return dataclasses.replace(
        data, split=split, arousal=torch.from_numpy(arousal).to(data.tokens.device)
    )


@torch.no_grad()
def name_clusters(model: MixtureVAE, data: Segments, rows: np.ndarray) -> None:
    """Call the clusters of every code high and low as people's ratings of some rows would.

    A model that saw no label cannot know which is which.
    """
    high = data.arousal.cpu().numpy()[rows] == 1
    each = clusters(model, encoded(model, data, rows))
    for means, q in zip(model.means.values(), each, strict=True):
        if metrics.auc(q, high) < 0.5:
            means.copy_(means.flip(0))


def clusters(model: SegmentVAE, codes: Mapping[str, torch.Tensor]) -> np.ndarray:
    """q(high) by every code: float64, (codes, n)."""
    logits = model.component_logits(codes).values()
    return torch.stack([x.double().softmax(1)[:, 1] for x in logits]).cpu().numpy()


def measured(
    net: FaderNet,
    data: Segments,
    classifiers: tuple[MoodClassifier, MoodClassifier],
    transferred: int,
) -> ShareMeasures:
    """How well a model tells and moves arousal on unseen pieces; see `ShareMeasures`."""
    model, labels, (teacher, judge) = net.model, data.arousal.cpu().numpy(), classifiers
    rated = np.flatnonzero((data.split == TEST) & (labels != UNLABELLED))
    high = labels[rated] == 1
    codes = encoded(model, data, rated)
    unrated = chosen(data, corpora.PERFORMANCES, CLASSIFIED, seed=0)
    moved = unrated[:: -(-len(unrated) // transferred)]
    classified = teacher.log_odds(notes_of(data, unrated)) > 0
    q = clusters(model, encoded(model, data, unrated))
    certain = (np.abs(q - 0.5) > CERTAIN - 0.5).all(0)
    values = torch.cat(list(codes.values()), 1).cpu().numpy()
    moves = transfers_by_classifier(net, notes_of(data, moved), judge)
    return ShareMeasures(
        auc=round(metrics.auc(clusters(model, codes).mean(0), high), 4),
        auc_of_classifier=round(metrics.auc(q.mean(0), classified), 4),
        silhouette=round(float(silhouette_score(values, high)), 4),
        belong=round(float(certain.mean()), 4),
        heard={side: present(m.moved) for side, m in moves.items() if m.n},
        heard_unmoved={
            side: present(m.moved_by_reconstruction) for side, m in moves.items() if m.n
        },
        token_accuracy=round(float(hits(model, data.batch(moved)).double().mean()), 4),
    )


def run(
    data: Segments,
    share: float,
    seed: int,
    config: TrainConfig,
    model_config: ModelConfig,
    segments: int,
    classifiers: tuple[MoodClassifier, MoodClassifier],
    transferred: int,
) -> ShareRun:
    """Train and measure one model."""
    began, (teacher, _) = time.process_time(), classifiers
    rows = training_rows(data, segments, np.random.default_rng(seed))
    known = with_labels(data, rows, share, teacher)
    rated = rows[data.arousal.cpu().numpy()[rows] != UNLABELLED]
    with tempfile.TemporaryDirectory() as folder:
        settings = dataclasses.replace(config, seed=seed)
        trainer = Trainer(model_config, settings, known, Path(folder))
        trainer.fit()
        trainer.model.eval()
        assert isinstance(trainer.model, MixtureVAE)
        if not share:
            name_clusters(trainer.model, data, rated)
        measure_poles(trainer.model, known)
        # No fader is moved here: what its scale is does not matter.
        scales = {name: Fader(name, (0.0, 1.0), (0.0, 1.0)) for name in trainer.model.handles}
        checkpoint.save(trainer.model, scales, Path(folder) / "model")
        net = FaderNet.load(Path(folder) / "model", by_sound=data.by_sound)
    return ShareRun(
        share=share,
        seed=seed,
        labelled=int((known.arousal.cpu().numpy()[rows] != UNLABELLED).sum()),
        **dict(measured(net, data, classifiers, transferred)),
        seconds=round(time.process_time() - began, 1),
    )


def judge_of(data: Segments) -> MoodClassifier:
    """A classifier that hears transfers: fitted to the ratings of pieces that no model learns of.

    That of 100 % labels was fitted to other pieces, so that no model learns what it is judged by.
    """
    parts = [mood_classifier.labelled(data, split) for split in (VALIDATION, TEST)]
    segments = [notes for notes_, _ in parts for notes in notes_]
    if not segments:
        raise ValueError("no rated segment of a piece that is not trained with")
    names = list(features(segments[0]))
    high = np.concatenate([high for _, high in parts])
    return mood_classifier.fit(table(segments, names), high, names)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.label_shares", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write or go on with")
    parser.add_argument("--seeds", type=int, default=3, help="of every share")
    parser.add_argument("--segments", type=int, default=SEGMENTS, help="to train with")
    parser.add_argument("--steps", type=int, default=RUN.steps)
    parser.add_argument("--hidden", type=int, default=MODEL.hidden)
    parser.add_argument("--transferred", type=int, default=200, help="test segments moved")
    options = parser.parse_args(arguments)
    config = dataclasses.replace(RUN, steps=options.steps, precision=precision("cpu"))
    model_config = dataclasses.replace(MODEL, hidden=options.hidden)
    try:
        data = Segments.load(options.data)
        classifiers = mood_classifier.fit_training_pieces(data), judge_of(data)
        rated = np.flatnonzero((data.split == TEST) & (data.arousal.cpu().numpy() != UNLABELLED))
        result = LabelShares(
            data_sha256=data.sha256,
            commit=commit(),
            segments=options.segments,
            model_settings=dataclasses.asdict(model_config)
            | {"attributes": list(model_config.attributes)},
            train_settings=dataclasses.asdict(config),
            classifier_auc=present(mood_classifier.held_out(classifiers[0], data).auc),
            judge_auc=present(mood_classifier.held_out(classifiers[1], data).auc),
            rated_segments=len(rated),
            rated_pieces=len(np.unique(data.piece[rated])),
            classified_segments=CLASSIFIED,
            transferred=options.transferred,
            runs=[],
        )
        if options.out.exists():
            before = LabelShares.model_validate_json(options.out.read_text())
            ours = (
                result.data_sha256,
                result.segments,
                result.model_settings,
                result.train_settings,
            )
            if ours != (
                before.data_sha256, before.segments, before.model_settings, before.train_settings
            ):  # fmt: skip
                raise ValueError(f"{options.out} is of other data or settings: name another file")
            result = before
        earlier_runs = {(r.share, r.seed) for r in result.runs}
        for seed in range(options.seeds):
            for share in SHARES:
                if (share, seed) in earlier_runs:
                    continue
                one = run(data, share, seed, config, model_config, options.segments, classifiers,
                          options.transferred)  # fmt: skip
                result = result.model_copy(update={"runs": [*result.runs, one]})
                write(options.out, text_of(result))
                print(one, flush=True)
    except ValueError as error:
        print(f"train.label_shares: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
