"""Arousal as classifiers hear it that know no model and no loudness: ``python -m train.arousal``.

``--data FILE --vgmidi DIR --piano DIR --out FILE`` fits classifiers of two kinds to VGMIDI's
ratings, cross-fitted by piece, and lets them hear segments before and after a change: of rated
pieces that no model learnt from, of performances in one split of the prepared file, validation by
default, and with ``--other NAME=DIR=PATTERN`` of further files. Models move arousal, one fader, or
one part of arousal alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fadernets.music import midi
from fadernets.music.attributes import PAPER
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from train import metrics
from train.data import corpora
from train.data.corpora import Source
from train.data.dataset import TEST, VALIDATION, Segments
from train.data.unseen import MODELS, add_options, names_of, some, unseen
from train.evaluate import commit
from train.evaluation import arousal_classifiers
from train.evaluation.arousal_changes import (
    RULES,
    ChangedSegments,
    NamedExcerpt,
    by_change,
    by_rule,
    changes,
    expression_of,
)
from train.evaluation.arousal_classifiers import ArousalClassifier
from train.evaluation.arousal_gains import gains
from train.evaluation.naturalness import excerpt
from train.metrics.over_pieces import share
from train.reporting.results.arousal import (
    Arousal,
    ChangesByWay,
    Fitted,
    HeardChange,
    MusicChanges,
    WayChange,
)
from train.reporting.writing import finish

TO_DRAW = 4  # times as many pieces are read as excerpts are wanted, at most: some are too short


def collections(options: argparse.Namespace, data: Segments) -> dict[str, list[Source]]:
    """The files of every collection of music, by its name.

    Rated pieces are few: all that no model learnt from are taken, of validation and test.

    Raises
    ------
    ValueError
        If a folder has none.
    """
    rated = names_of(data, (VALIDATION, TEST))
    vgmidi = (source for source in corpora.vgmidi(options.vgmidi) if source.name in rated)
    return {
        "rated pieces": some(vgmidi, options.vgmidi),
        "performances": unseen(options.piano, "*", data, options.split),
        **{
            name: unseen(Path(folder), pattern, None, options.split)
            for name, folder, pattern in options.other
        },
    }


def excerpts(
    sources: Sequence[Source], count: int, length: int, rng: np.random.Generator
) -> tuple[list[NamedExcerpt], np.ndarray]:
    """Excerpts of pieces drawn at random, and the standard deviations of all their densities."""
    sample: list[NamedExcerpt] = []
    densities = []
    for number in rng.permutation(len(sources))[: TO_DRAW * count]:
        if len(sample) == count:
            break
        piece: Piece | None = None
        with suppress(midi.MidiError, OSError):
            piece = midi.read(sources[number].path)
        part = piece and excerpt(piece, int(number), length, rng)
        if piece and part:
            sample.append(NamedExcerpt(part, sources[number].name))
            densities += [list(s.measure(PAPER).values()) for s in segments(piece)[1:-1]]
    if not sample:
        raise ValueError(f"no piece has {length} segments with notes in them")
    return sample, np.std(densities, 0)


def change_of(
    pairs: ChangedSegments, way: str, classifiers: Mapping[str, ArousalClassifier], seed: int
) -> WayChange:
    """How classifiers hear segments after a change, and what became of their densities."""
    low, high = (way.endswith(side) for side in ("low", "high"))
    target_side = "low" if low else "high" if high else None
    before, after = pairs.densities.mean(1)
    is_known = bool(np.isfinite(pairs.densities).all())
    change = pairs.densities[1] - pairs.densities[0]
    regression = next(c for c in classifiers.values() if c.weights is not None)
    added = regression.contributions(pairs.before, pairs.after)
    return WayChange(
        segments=len(pairs.piece),
        pieces=len(np.unique(pairs.piece)),
        unchanged=_rounded(
            np.mean([_alike(*p) for p in zip(pairs.before, pairs.after, strict=True)])
        ),
        before={n: _rounded(v) for n, v in zip(PAPER, before, strict=True)} if is_known else {},
        after={n: _rounded(v) for n, v in zip(PAPER, after, strict=True)} if is_known else {},
        fewer_onsets=_rounded((change[:, 0] < 0).mean()) if is_known else None,
        more_sounding=_rounded((change[:, 1] > 0).mean()) if is_known else None,
        heard={name: heard_as(pairs, c, target_side, seed) for name, c in classifiers.items()},
        contributions={name: _rounded(value) for name, value in added.items()},
    )


def _alike(before: arousal_classifiers.Heard, after: arousal_classifiers.Heard) -> bool:
    a, b = before.notes, after.notes
    return len(a) == len(b) and all(
        np.allclose(getattr(a, name), getattr(b, name)) for name in ("onset", "offset", "pitch")
    )


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)


def heard_as(
    pairs: ChangedSegments, classifier: ArousalClassifier, target_side: str | None, seed: int
) -> HeardChange:
    """How one classifier hears segments after a change, each by fits that left out its piece."""
    before, after = np.empty((2, len(pairs.piece)))
    for name in np.unique(pairs.piece).tolist():
        rows = np.flatnonzero(pairs.piece == name)
        for odds, music in ((before, pairs.before), (after, pairs.after)):
            odds[rows] = classifier.log_odds([music[i] for i in rows], name)
    lower, lower_interval = share(after < before, pairs.piece, seed)
    higher, higher_interval = share(after > before, pairs.piece, seed)
    there = before < 0 if target_side == "low" else before > 0
    not_there = ~there if target_side else np.zeros(len(before), bool)
    moved = None
    if target_side and not_there.any():
        moved = _rounded(metrics.moved_as_asked(before[not_there], after[not_there], target_side))
    change = np.nan_to_num(after - before)  # of a segment that fell silent none can be told
    each = [change[pairs.piece == name].mean() for name in np.unique(pairs.piece)]
    return HeardChange(
        lower=_rounded(lower),
        lower_interval=[_rounded(end) for end in lower_interval or (lower, lower)],
        higher=_rounded(higher),
        higher_interval=[_rounded(end) for end in higher_interval or (higher, higher)],
        mean_change=_rounded(change.mean()),
        not_there=int(not_there.sum()) if target_side else None,
        moved_not_there=moved,
        excerpts_lower=_rounded(np.mean(np.array(each) < 0)),
        excerpts_higher=_rounded(np.mean(np.array(each) > 0)),
    )


def of_music(
    name: str,
    sources: Sequence[Source],
    nets: Sequence[FaderNet],
    classifiers: Mapping[str, ArousalClassifier],
    options: argparse.Namespace,
) -> MusicChanges:
    """Everything that models and rules change in one collection of music."""
    rng = np.random.default_rng(options.seed)
    sample, sd = excerpts(sources, options.excerpts, options.length, rng)
    changed = []
    for net in nets:
        ways = {}
        for way, change in tqdm(changes(net, sd).items(), desc=f"{name}, {net.name}", disable=None):
            pairs = by_change(net, sample, change, expression_of(way))
            ways[way] = change_of(pairs, way, classifiers, options.seed)
        changed.append(ChangesByWay(name=net.name, ways=ways))
    by_rules = {
        way: change_of(by_rule(sample, rule), way, classifiers, options.seed)
        for way, rule in RULES.items()
    }
    changed.append(ChangesByWay(name="rules", ways=by_rules))
    return MusicChanges(name=name, pieces=len(sample), changed=changed)


def fitted(classifier: ArousalClassifier, seed: int) -> Fitted:
    """A classifier's own figures."""
    auc, interval = classifier.auc(seed)
    weights = classifier.weights
    return Fitted(
        name=classifier.kind.name,
        hears_loudness=not classifier.kind.is_deaf,
        pieces=len(np.unique(classifier.piece)),
        segments=len(classifier.piece),
        auc=_rounded(auc),
        interval=interval,
        weights=weights and {name: _rounded(value) for name, value in weights.items()},
    )


def measured(options: argparse.Namespace) -> Arousal:
    """What the command line asks for.

    Raises
    ------
    ValueError
        If the data or a folder cannot be used, or the music is too little.
    """
    began = time.perf_counter()
    data = Segments.load(options.data)
    music = collections(options, data)
    nets = [FaderNet.load(name) for name in options.model or MODELS]
    rated = arousal_classifiers.rated(corpora.vgmidi(options.vgmidi))
    names = names_of(data, (VALIDATION, TEST))
    classifiers = arousal_classifiers.fitted(rated, names, options.seed)
    return Arousal(
        kind="arousal",
        split=options.split,
        classifiers=[fitted(c, options.seed) for c in classifiers.values()],
        gains=gains(rated, options.seed),
        music=[of_music(n, s, nets, classifiers, options) for n, s in music.items()],
        seed=options.seed,
        commit=commit(),
        data_sha256=data.sha256,
        seconds=round(time.perf_counter() - began, 1),
    )


def other(text: str) -> tuple[str, str, str]:
    """Name, folder and pattern of ``NAME=DIR=PATTERN``."""
    name, folder, pattern = text.split("=")
    return name, folder, pattern


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.arousal", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    options.add_argument("--vgmidi", type=Path, required=True, help="folder with annotations.json")
    options.add_argument("--piano", type=Path, required=True, help="folder of performances")
    options.add_argument(
        "--other", type=other, action="append", default=[], metavar="NAME=DIR=PATTERN",
        help="further music, such as scores=asap=midi_score.mid; a quarter is for validation",
    )  # fmt: skip
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    add_options(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    return finish("arousal", partial(measured, options), options.out)


if __name__ == "__main__":
    sys.exit(main())
