"""Classifiers of arousal that know no model: fitted to VGMIDI's ratings, cross-fitted by piece.

Each is a set of fits that leave out some of the rated pieces. A piece is scored by the fits that
left it out, music that none was fitted to by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fadernets.music import midi
from fadernets.music.attributes import PAPER
from fadernets.music.notes import Notes
from fadernets.music.segments import Segment, segments
from train import metrics
from train.data import corpora
from train.data.corpora import Source
from train.data.dataset import AMBIGUOUS
from train.evaluation.crossvalidation import DRAWS, FOLDS, interval
from train.evaluation.mood_classifier import RIDGE
from train.metrics.arousal_features import (
    Heard,
    averages,
    distributions,
    loudness,
    without_onsets,
)

DENSITIES = tuple(f"{name} density" for name in PAPER)
TEMPO = "tempo"  # log of quarter notes a minute
LACKING = -1.0  # of a feature that a segment has not: all that trees see are 0 or more
MOST_STEPS = 1_000  # of the regression's solver
Features = Callable[[Heard], dict[str, float]]


@dataclass(frozen=True)
class ClassifierKind:
    """A kind of classifier.

    Attributes
    ----------
    name : str
    features : tuple of functions
        Of `train.metrics.arousal_features`.
    fresh : function
        From a seed and the number of segments to a classifier that is not fitted yet.
    unseen_only : bool
        Fitted to nothing but pieces that no model learnt from.
    """

    name: str
    features: tuple[Features, ...]
    fresh: Callable[[int, int], Pipeline]
    unseen_only: bool = False

    @property
    def is_deaf(self) -> bool:
        """Whether it does not hear how loud music is."""
        return loudness not in self.features

    def row(self, heard: Heard) -> list[float]:
        """The features of a segment; NaN where there is too little of something."""
        return [value for some in self.features for value in some(heard).values()]


def regression(_: int, count: int) -> Pipeline:
    """The ridge regression of `mood_classifier.fit`; what is missing is average."""
    return make_pipeline(
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=1 / (RIDGE * count), max_iter=MOST_STEPS),
    )


def boosted_trees(seed: int, _: int) -> Pipeline:
    """Gradient-boosted trees; what is missing is below all that there is."""
    return make_pipeline(
        FunctionTransformer(np.nan_to_num, kw_args={"nan": LACKING}),
        HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=20,
            random_state=seed,
        ),
    )  # fmt: skip


KINDS = (
    ClassifierKind("regression", (averages,), regression),
    ClassifierKind("boosted trees", (distributions,), boosted_trees),
    ClassifierKind("regression deaf to onsets", (without_onsets,), regression),
    ClassifierKind("regression, unseen pieces", (averages,), regression, unseen_only=True),
    ClassifierKind("regression with loudness", (averages, loudness), regression),
    ClassifierKind("boosted trees with loudness", (distributions, loudness), boosted_trees),
)


@dataclass(frozen=True, eq=False)
class Rated:
    """n rated segments.

    Attributes
    ----------
    heard : list of n Heard
    high : bool array, shape (n,)
    piece : str array, shape (n,)
        Names of their pieces.
    facts : name -> float array, shape (n,)
        `DENSITIES` and `TEMPO` of each.
    """

    heard: list[Heard]
    high: np.ndarray
    piece: np.ndarray
    facts: Mapping[str, np.ndarray] = field(default_factory=dict)

    def of(self, pieces: set[str]) -> Rated:
        """The segments of some pieces."""
        rows = np.flatnonzero([name in pieces for name in self.piece.tolist()])
        facts = {name: values[rows] for name, values in self.facts.items()}
        return Rated([self.heard[i] for i in rows], self.high[rows], self.piece[rows], facts)


def heard(segment: Segment, notes: Notes) -> Heard:
    """Notes in beats from a segment's start, as they are heard at its piece's tempo."""
    piece, start = segment.piece, float(segment.piece.seconds(segment.start))
    onset, offset = (
        piece.seconds(beats + segment.start) - start for beats in (notes.onset, notes.offset)
    )
    seconds = float(piece.seconds(segment.start + segment.beats)) - start
    return Heard(Notes(onset, offset, notes.pitch, notes.velocity), seconds)


def rated(sources: Sequence[Source]) -> Rated:
    """The segments of rated pieces whose arousal is clear, by keys.

    Raises
    ------
    ValueError
        If a piece cannot be read, or all segments are of one arousal.
    """
    music: list[Heard] = []
    high: list[bool] = []
    names: list[str] = []
    facts: list[list[float]] = []
    for name, segment, is_high in rated_segments(sources):
        music.append(heard(segment, segment.window.notes))
        tempo = float(np.log(60 * segment.beats / music[-1].seconds))
        facts.append([*segment.measure(PAPER).values(), tempo])
        high.append(is_high)
        names.append(name)
    if len(set(high)) < 2:
        raise ValueError(f"all {len(high)} rated segments are of one arousal")
    columns = zip((*DENSITIES, TEMPO), np.array(facts).T, strict=True)
    return Rated(music, np.array(high), np.array(names), dict(columns))


def rated_segments(sources: Sequence[Source]) -> Iterator[tuple[str, Segment, bool]]:
    """Segments whose arousal is clear: the names of their pieces, and whether it is high.

    Raises
    ------
    ValueError
        If a piece cannot be read.
    """
    for source in sources:
        if source.ratings is None:
            continue
        try:
            piece = midi.read(source.path)
        except (midi.MidiError, OSError) as error:
            raise ValueError(f"{source.name} cannot be read: {error}") from error
        starts = corpora.measure_starts(piece)
        for segment in segments(piece):
            end = segment.start + segment.beats
            arousal = float(corpora.rating(source.ratings, starts, segment.start, end)[0])
            if len(segment.notes) and abs(arousal) > AMBIGUOUS:
                yield source.name, segment, arousal > 0


@dataclass(frozen=True, eq=False)
class ArousalClassifier:
    """A classifier, cross-fitted.

    Attributes
    ----------
    kind : ClassifierKind
    fits : sequence of (frozenset of str, Pipeline)
        The pieces that each fit left out, and the fit.
    scores : float array, shape (n,)
        Log-odds of the segments that it was fitted to, by fits that left their pieces out.
    high : bool array, shape (n,)
        Their ratings.
    piece : str array, shape (n,)
    """

    kind: ClassifierKind
    fits: Sequence[tuple[frozenset[str], Pipeline]]
    scores: np.ndarray
    high: np.ndarray
    piece: np.ndarray

    def log_odds(self, music: Sequence[Heard], piece: str = "") -> np.ndarray:
        """How much more likely high arousal is than low, of segments of a piece: float64, (n,).

        NaN where nothing sounds: a comparison with NaN is never true. Music in which nothing is
        struck has its features missing, but what sounds.
        """
        odds = np.full(len(music), np.nan)
        rows = [i for i, each in enumerate(music) if len(each.notes)]
        left_out = [fit for pieces, fit in self.fits if piece in pieces]
        fits = left_out or [fit for _, fit in self.fits]
        if rows:
            values = np.array([self.kind.row(music[i]) for i in rows])
            odds[rows] = np.mean([fit.decision_function(values) for fit in fits], 0)
        return odds

    @property
    def weights(self) -> dict[str, float] | None:
        """Log-odds for a standard deviation of each feature, mean of the fits; None of trees."""
        if not all(hasattr(fit[-1], "coef_") for _, fit in self.fits):
            return None
        each = np.mean([fit[-1].coef_[0] for _, fit in self.fits], 0)
        return dict(zip(self.names, each.tolist(), strict=True))

    @property
    def names(self) -> list[str]:
        """Names of its features."""
        nothing = Heard(Notes.empty(), 1.0)
        return [name for some in self.kind.features for name in some(nothing)]

    def contributions(self, before: Sequence[Heard], after: Sequence[Heard]) -> dict[str, float]:
        """What each feature of a regression adds to the mean change of log-odds.

        Raises
        ------
        ValueError
            If it is no regression.
        """
        if self.weights is None:
            raise ValueError("trees have no weights")
        tables = [np.array([self.kind.row(each) for each in music]) for music in (before, after)]
        changes = []
        for _, fit in self.fits:
            first, second = (fit[:-1].transform(table) for table in tables)
            changes.append((second - first).mean(0) * fit[-1].coef_[0])
        return dict(zip(self.names, np.mean(changes, 0).tolist(), strict=True))

    def auc(self, seed: int) -> tuple[float, list[float]]:
        """On pieces that the scoring fits left out, and its interval over pieces."""
        own = interval_of(self.scores, self.high, self.piece, seed)
        return metrics.auc(self.scores, self.high), own


def interval_of(scores: np.ndarray, high: np.ndarray, piece: np.ndarray, seed: int) -> list[float]:
    """The 95 % interval of an AUC, from a bootstrap over pieces."""
    rows = [np.flatnonzero(piece == name) for name in np.unique(piece)]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        part = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        if high[part].any() and not high[part].all():
            drawn.append(metrics.auc(scores[part], high[part]))
    return interval(drawn)


def fit(kind: ClassifierKind, music: Rated, seed: int) -> ArousalClassifier:
    """A classifier cross-fitted to rated segments, a fit for each of `FOLDS` folds of pieces.

    Raises
    ------
    ValueError
        If the pieces are too few for the folds, or too much alike.
    """
    values = np.array([kind.row(each) for each in music.heard])
    scores, fits = cross_fitted(kind.fresh, values, music.high, music.piece, seed)
    return ArousalClassifier(kind, fits, scores, music.high, music.piece)


def cross_fitted(
    fresh: Callable[[int, int], Pipeline],
    values: np.ndarray,
    high: np.ndarray,
    piece: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, list[tuple[frozenset[str], Pipeline]]]:
    """Log-odds of n segments by fits that left their pieces out, and each fit with these pieces.

    Raises
    ------
    ValueError
        As `fit` does.
    """
    pieces = np.unique(piece)
    if len(pieces) < FOLDS:
        raise ValueError(f"{len(pieces)} rated pieces are too few for {FOLDS} folds")
    scores, fits = np.empty(len(values)), []
    for part in np.array_split(np.random.default_rng(seed).permutation(pieces), FOLDS):
        outside = np.isin(piece, part)
        if len(np.unique(high[~outside])) < 2:
            raise ValueError("all segments of a fold are of one arousal")
        classifier = fresh(seed, int((~outside).sum())).fit(values[~outside], high[~outside])
        scores[outside] = classifier.decision_function(values[outside])
        fits.append((frozenset(part.tolist()), classifier))
    return scores, fits


def fitted(music: Rated, unseen: set[str], seed: int) -> Mapping[str, ArousalClassifier]:
    """All of `KINDS`, by name; `unseen` are the pieces that no model learnt from."""
    return {
        kind.name: fit(kind, music.of(unseen) if kind.unseen_only else music, seed)
        for kind in KINDS
    }
