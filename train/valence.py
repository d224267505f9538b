"""Valence: how well the labels can be learnt, and how the four presets move it.

``python -m train.valence --data FILE --out train/results/valence.json`` measures both. Few pieces
are rated, and the test split has only three of low valence. So the file also holds results of
cross-validation, in which the regressions that score a piece never saw it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets import checkpoint
from fadernets.models.batch import UNLABELLED
from fadernets.mood_transfer import MOODS, PRESETS, SIDES
from fadernets.music import events, key
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train import metrics
from train.data import corpora
from train.data.dataset import TEST, TRAIN, Segments
from train.evaluate import chosen, commit, notes_of
from train.evaluation.crossvalidation import aucs, out_of_fold
from train.evaluation.identity import identity
from train.evaluation.mood_classifier import (
    MoodClassifier,
    features,
    fit,
    fit_training_pieces,
    labelled,
    table,
)
from train.reporting.results.valence import (
    ModelMoves,
    MoodEffect,
    MoodSeparations,
    PresetMoves,
    Separations,
    SideMoved,
    Valence,
)
from train.reporting.writing import finish

CODER = "gmvae"
MODELS = ("arranger", "gmvae")
OF_KEY = ("major", "clarity", "classes")  # features that a change of mode moves by itself
SINGLE_MOODS = {f"{mood} {side}": {mood: side} for mood in MOODS for side in SIDES}


def separations(data: Segments, mood: str, seed: int) -> MoodSeparations:
    """AUC of a mood by densities, by a mood classifier and by codes, on unseen pieces.

    The codes come from a GM-VAE that was trained with labels of arousal, but not of valence. Only
    valence can be cross-validated with them.
    """
    labels = getattr(data, mood).cpu().numpy()
    rows = np.flatnonzero(labels != UNLABELLED)
    high, piece, split = labels[rows] == 1, data.piece[rows], data.split[rows]
    segments = [events.decode(t) for t in data.tokens[rows].cpu().numpy()]
    tables = _tables(segments, with_codes=mood == "valence")
    train, test = split == TRAIN, split == TEST
    held_out_scores = {}
    for name, x in tables.items():
        classifier = fit(x[train], high[train], [str(i) for i in range(x.shape[1])], mood)
        held_out_scores[name] = classifier.of(x[test])
    out_of_fold_scores = {
        name: out_of_fold(x, high, piece, seed) for name, x in tqdm(tables.items(), disable=None)
    }
    return MoodSeparations(
        held_out=_auc_by_score(held_out_scores, high[test], piece[test], seed),
        cross_validated=_auc_by_score(out_of_fold_scores, high, piece, seed),
    )


def _tables(segments: Sequence[Notes], with_codes: bool) -> dict[str, np.ndarray]:
    """Features of segments: name -> float64, (n, f), the baseline first."""
    names = list(features(segments[0]))
    without_key = [name for name in names if name not in OF_KEY]
    tables = {
        "densities": table(segments, PAPER),
        "classifier": table(segments, names),
        "classifier without key": table(segments, without_key),
        "mode alone": table(segments, ["major"]),
    }
    if with_codes:
        values = FaderNet.load(CODER).encode(segments).values
        codes = {name: code.cpu().double().numpy() for name, code in values.items()}
        tables |= {f"{name} code": code for name, code in codes.items()}
        tables["both codes"] = np.hstack(list(codes.values()))
    return tables


def _auc_by_score(
    scores: Mapping[str, np.ndarray], high: np.ndarray, piece: np.ndarray, seed: int
) -> Separations:
    counts = {
        "segments": len(high),
        "segments_low": int((~high).sum()),
        "pieces": len(np.unique(piece)),
        "pieces_with_low": len(np.unique(piece[~high])),
    }
    return Separations.model_validate(counts | aucs(scores, high, piece, seed))


def mood_classifiers(data: Segments) -> dict[str, MoodClassifier]:
    """Classifiers of both moods, and one of valence without the features of key."""
    segments, _ = labelled(data, TRAIN)
    without_key = [name for name in features(segments[0]) if name not in OF_KEY]
    return {
        "arousal": fit_training_pieces(data),
        "valence": fit_training_pieces(data, mood="valence"),
        "valence without key": fit_training_pieces(data, without_key, "valence"),
    }


def moved(
    net: FaderNet, source: Sequence[Notes], classifiers: Mapping[str, MoodClassifier]
) -> dict[str, PresetMoves]:
    """Effect of transfers on moods, by classifiers that never saw a model, and on the music.

    Besides the presets, each mood is moved alone, to see its effect on the other mood, and segments
    are only reconstructed, as a control. Segments that are not yet on the target side are also
    counted separately: for arousal those that the classifier puts on the other side, for valence
    those in the other mode (the classifier of valence puts few performances on the low side).
    """
    codes = net.encode(source)
    major = np.array([key.find(notes) < key.MINOR for notes in source])
    before = {name: classifier.log_odds(source) for name, classifier in classifiers.items()}
    high = {name: odds > 0 if name == "arousal" else major for name, odds in before.items()}
    presets = {}
    for preset, sides in tqdm({"nothing": {}, **PRESETS, **SINGLE_MOODS}.items(), disable=None):
        played = net.transfer(codes, sides) if sides else net.reconstruct(codes)
        after = {name: classifier.log_odds(played) for name, classifier in classifiers.items()}
        effects = {
            name: _effect_on_mood(before[name], after[name], high[name], sides.get(name.split()[0]))
            for name in classifiers
        }
        presets[preset] = _moves(sides, effects, source, played)
    return presets


def _effect_on_mood(
    before: np.ndarray, after: np.ndarray, high: np.ndarray, side: str | None
) -> MoodEffect:
    """Effect of n transfers on log-odds; both directions of a mood that was not meant to move."""
    sides = {}
    for target in (side,) if side else SIDES:
        not_there = high != (target == "high")
        sides[target] = SideMoved(
            moved_of_all=_share(before, after, target),
            n=int(not_there.sum()),
            moved=_share(before[not_there], after[not_there], target) if not_there.any() else None,
        )
    change = round(float(np.nanmean(after - before)), 4)
    return MoodEffect.model_validate({"mean_change": change} | sides)


def _share(before: np.ndarray, after: np.ndarray, target: str) -> float:
    return round(metrics.moved_as_asked(before, after, target), 4)


def _moves(
    sides: Mapping[str, str],
    effects: Mapping[str, MoodEffect],
    source: Sequence[Notes],
    played: Sequence[Notes],
) -> PresetMoves:
    pairs = [(a, b) for a, b in zip(source, played, strict=True) if len(b)]
    keys = np.array([(key.find(a), key.find(b)) for a, b in pairs])
    return PresetMoves.model_validate(
        {
            "asked": sides,
            "effects": effects,
            "identity": identity(source, played),
            "tonic_kept": round(float((keys[:, 0] % 12 == keys[:, 1] % 12).mean()), 4),
            "major_before": round(float((keys[:, 0] < 12).mean()), 4),
            "major": round(float((keys[:, 1] < 12).mean()), 4),
            "densities": {
                n: round(float(np.mean([measure(b)[n] for b in played])), 4) for n in PAPER
            },
            "empty": len(source) - len(pairs),
        }
    )


def measured(data: Segments, models: Sequence[str], count: int, seed: int) -> Valence:
    """All figures, with the settings and checksums that are needed to measure them again."""
    began = time.perf_counter()
    rows = chosen(data, corpora.PERFORMANCES, count, seed)
    source, classifiers = notes_of(data, rows), mood_classifiers(data)
    labels = {mood: separations(data, mood, seed) for mood in reversed(MOODS)}
    moves = {
        name: ModelMoves.model_validate(
            {"sha256": _checksums(name)} | moved(FaderNet.load(name), source, classifiers)
        )
        for name in models
    }
    return Valence(
        data_sha256=data.sha256,
        commit=commit(),
        seed=seed,
        labels=labels,
        segments=len(rows),
        performances=len(np.unique(data.piece[rows])),
        models=moves,
        seconds=round(time.perf_counter() - began, 1),
    )


def _checksums(name: str) -> dict[str, str]:
    """Checksums of all files of a model."""
    return {
        f"{folder.name}/{file}": checksum
        for folder in checkpoint.parts(name)
        for checksum, file in map(str.split, (folder / checkpoint.SUMS).read_text().splitlines())
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.valence", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--model", action="append", help="name or folder, by default those shipped")
    parser.add_argument("--segments", type=int, default=200, help="test segments, 200 by default")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    def measure() -> Valence:
        data = Segments.load(options.data)
        return measured(data, options.model or MODELS, options.segments, options.seed)

    return finish("valence", measure, options.out)


if __name__ == "__main__":
    sys.exit(main())
