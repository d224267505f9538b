"""Claim by claim: what the paper says (Tan and Herremans, ISMIR 2020) beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import silhouette_score

from train.reporting.markdown import NONE, Table, percent
from train.reporting.paper import (
    COLUMNS,
    FADERS,
    LISTENERS,
    NAMES,
    NOTE,
    PAPER,
    RHYTHM,
    SCORES,
)
from train.reporting.reading import read
from train.reporting.results.evaluation import Controlled, Evaluation
from train.reporting.results.evaluation import Table as Table1
from train.reporting.results.latent import Labelled, Latent, Map, Mixed
from train.reporting.results.part import present
from train.reporting.results.training import Training

REGULARISED = ("vanilla", "gmvae", "pati")  # by Pati et al.'s loss
OTHERS = ("cvae", "fadernetworks", "glsr")
SHIFTED = "gmvae"
SINGLE = "singlegmvae"
SMALL = "-192"  # ends the names of the models at a third of the paper's size
APART = 0.5  # least silhouette of clusters that are apart (Kaufman and Rousseeuw 1990)
FOLLOWS = 0.7  # least rank correlation of a z^d that follows its density
NEAR = 0.1  # of a score
CERTAIN = 0.9  # least q of a segment's cluster
SEPARATE = 0.9  # least AUC, with its interval, of codes that tell arousal apart
UNRATED = -1  # of `Mixed.arousal`
HOLDS, FAILS, OPEN, MISSING = "**holds**", "**fails**", "open", "not measured"


@dataclass(frozen=True)
class Models:
    """The results of models that were trained on one split, by model.

    Attributes
    ----------
    title : str
    evaluations, latents, trainings : model -> results
    """

    title: str
    evaluations: Mapping[str, Evaluation]
    latents: Mapping[str, Latent]
    trainings: Mapping[str, Training] = field(default_factory=dict)

    @classmethod
    def read(cls, title: str, folder: Path, ending: str = "") -> Models:
        """Those of a folder whose names end so."""
        results = read(sorted(folder.glob("*.json")))
        suffix = f"{ending}-training"
        return cls(
            title,
            {e.model: e for e in results.evaluations if e.name.endswith(ending)},
            {x.model: x for x in results.latents if x.name.endswith(ending)},
            {
                path.stem.removesuffix(suffix): Training.model_validate_json(path.read_text())
                for path in folder.glob(f"*{suffix}.json")
            },
        )


@dataclass(frozen=True)
class Claim:
    """One claim of the paper.

    Attributes
    ----------
    words, paper : str
        What it says, and its figures.
    measured : Models -> str
        Whether it holds, and ours.
    """

    words: str
    paper: str
    measured: Callable[[Models], str]


def interval(sd: float, runs: int) -> float:
    """Half of a mean's 95 % interval, from the population's standard deviation over runs."""
    return float(stats.t.ppf(0.975, runs - 1)) * sd / sqrt(runs - 1)


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of n."""
    z = 1.96
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def table1(models: Models) -> dict[str, Table1]:
    """Table 1 of the models that have one."""
    return {model: e.table for model, e in models.evaluations.items() if e.table}


def mean_and_interval(table: Table1, column: int) -> tuple[float, float]:
    """A score of the paper's unit over the runs."""
    score, fader = COLUMNS[column]
    mean, sd = table.faders[fader].score(score)
    return mean, interval(sd, table.protocol.runs)


def ranked(higher: Sequence[str], lower: Sequence[str], column: int) -> Callable[[Models], str]:
    """Whether every model of a group scores above every one of another.

    Their 95 % intervals over runs must not touch; a model that was not trained is passed by.
    """

    def measured(models: Models) -> str:
        tables = table1(models)
        above = {m: mean_and_interval(tables[m], column) for m in higher if m in tables}
        below = {m: mean_and_interval(tables[m], column) for m in lower if m in tables}
        if not above or not below:
            return MISSING
        (least, low), (greatest, high) = min(above.values()), max(below.values())
        if least - low > greatest + high:
            verdict = HOLDS
        else:
            verdict = FAILS if least + low < greatest - high else OPEN
        names = [next(m for m in g if g[m][0] == v) for g, v in ((above, least), (below, greatest))]
        first, second = (NAMES[name] for name in names)
        absent = [NAMES[model] for model in (*higher, *lower) if model not in tables]
        without = f" (no {', '.join(absent)})" if absent else ""
        return f"{verdict}: {first} {least:.2f}, {second} {greatest:.2f}{without}"

    return measured


def order(models: Models) -> str:
    """Kendall's τ between the paper's order of models and ours, by column of Table 1."""
    tables = table1(models)
    if len(tables) < 3:
        return MISSING
    values = []
    for column in range(len(COLUMNS)):
        ours = [mean_and_interval(table, column)[0] for table in tables.values()]
        papers = [PAPER[NAMES[model]][column] for model in tables]
        values.append(float(stats.kendalltau(papers, ours).statistic))
    return f"{', '.join(f'{value:.2f}' for value in values)} ({len(tables)} models)"


def reached(models: Models) -> str:
    """How many of the GM-VAE's scores come near the paper's, or above."""
    table = table1(models).get(SHIFTED)
    if table is None:
        return MISSING
    pairs = zip(range(len(COLUMNS)), PAPER[NAMES[SHIFTED]], strict=True)
    near = sum(mean_and_interval(table, c)[0] > value - NEAR for c, value in pairs)
    return f"{HOLDS if near == len(COLUMNS) else FAILS}: {near} of {len(COLUMNS)}"


def mixed_of(models: Models) -> Mixed | None:
    """The maps of the GM-VAE's codes."""
    latent = models.latents.get(SHIFTED)
    return latent.mixed if latent else None


def certain(places: Map) -> tuple[np.ndarray, np.ndarray]:
    """The segments that a code puts into the high cluster, and into the low one, by its q."""
    high = np.asarray(present(places.high))
    return high > CERTAIN, high < 1 - CERTAIN


def apart(models: Models) -> str:
    """Whether the segments of the two clusters lie apart on a code's map."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    parts = []
    for code, places in mixed.codes.items():
        high, low = certain(places)
        members = high | low
        if not high.any() or not low.any():
            return f"{FAILS}: one cluster in {code}"
        silhouette = float(silhouette_score(np.c_[places.x, places.y][members], high[members]))
        parts.append(f"{HOLDS if silhouette >= APART else FAILS}: {code} {silhouette:.2f}")
    return ", ".join(parts)


def all_belong(models: Models) -> str:
    """Whether most performances, which carry no label, belong to a cluster, too."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    has_rating = np.asarray(mixed.arousal) != UNRATED
    shares = []
    for places in mixed.codes.values():
        members = np.logical_or(*certain(places))
        shares.append([float(members[~has_rating].mean()), float(members[has_rating].mean())])
    (unrated, rated_share), verdict = np.mean(shares, 0), HOLDS
    if min(unlabelled for unlabelled, _ in shares) < 0.5:
        verdict = FAILS
    return f"{verdict}: {percent(unrated, 0)} of performances, {percent(rated_share, 0)} of rated"


def _difference(more: np.ndarray, less: np.ndarray, sign: int) -> str:
    """Whether a mean is higher (sign 1) or lower (-1) than another, with a 95 % interval."""
    difference = float(more.mean() - less.mean())
    half = 1.96 * sqrt(sum(values.var(ddof=1) / len(values) for values in (more, less)))
    if abs(difference) <= half:
        verdict = OPEN
    else:
        verdict = HOLDS if difference * sign > 0 else FAILS
    return f"{verdict}: {difference:+.2f} ± {half:.2f}"


def density_of_clusters(density: str, sign: int) -> Callable[[Models], str]:
    """Whether the high cluster of a density's code has more (sign 1) or less of it (-1)."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        values = np.asarray(mixed.density[density])
        high, low = certain(mixed.codes[density])
        if min(high.sum(), low.sum()) < 2:
            return f"{FAILS}: one cluster"
        return _difference(values[high], values[low], sign)

    return measured


def density_of_ratings(density: str, sign: int) -> Callable[[Models], str]:
    """The same of the segments that people rated high and low, whatever a model says."""

    def measured(models: Models) -> str:
        mixed = mixed_of(models)
        if mixed is None:
            return MISSING
        values, arousal = np.asarray(mixed.density[density]), np.asarray(mixed.arousal)
        return _difference(values[arousal == 1], values[arousal == 0], sign)

    return measured


def follows(models: Models) -> str:
    """Whether z^d follows the density, by rank correlation."""
    mixed = mixed_of(models)
    if mixed is None:
        return MISSING
    correlations = [
        float(stats.spearmanr(values, mixed.density[name]).statistic)
        for places in mixed.codes.values()
        for name, values in places.zd.items()
    ]
    verdict = HOLDS if min(correlations) >= FOLLOWS else FAILS
    return f"{verdict}: {', '.join(f'{value:.2f}' for value in correlations)}"


def rated(models: Models, model: str) -> Labelled | None:
    """The map of a model's codes of rated segments."""
    latent = models.latents.get(model)
    return latent.labelled if latent else None


def with_features(models: Models) -> str:
    """Whether codes tell rated arousal with low-level features better than without, by AUC."""
    labelled = [rated(models, model) for model in (SHIFTED, SINGLE)]
    words = ("with", "without")
    parts, intervals = [], []
    for name, codes in zip(words, labelled, strict=True):
        if codes is not None:
            least, greatest = present(codes.auc_interval)
            intervals.append((least, greatest))
            parts.append(f"{name} {present(codes.auc):.2f} [{least:.2f}, {greatest:.2f}]")
    if len(intervals) < len(words):
        return f"{MISSING}: {parts[0]} alone" if parts else MISSING
    ours, single = intervals
    verdict = HOLDS if ours[0] > single[1] else FAILS if single[0] > SEPARATE else OPEN
    return f"{verdict}: AUC {', '.join(parts)}"


def shifted(side: str) -> Callable[[Models], str]:
    """Whether a shift of arousal is heard by the classifier more often than playing alone."""

    def measured(models: Models) -> str:
        evaluation = models.evaluations.get(SHIFTED)
        transfers = (evaluation.classified_transfers or {}) if evaluation else {}
        if side not in transfers or transfers[side].moved is None:
            return MISSING
        moves = transfers[side]
        share, alone = present(moves.moved), present(moves.moved_by_reconstruction)
        least, greatest = wilson(share, moves.n)
        verdict = HOLDS if least > max(alone, 0.5) else OPEN if greatest > alone else FAILS
        return (
            f"{verdict}: {percent(share, 0)} [{100 * least:.0f}, {100 * greatest:.0f}], "
            f"alone {percent(alone, 0)}"
        )

    return measured


def not_run(_models: Models) -> str:
    """A claim that nothing was trained for."""
    return MISSING


def column(score: str, fader: str) -> int:
    """The place of a score in Table 1."""
    return COLUMNS.index((score, fader))


def least_above_greatest(higher: Iterable[str], lower: Iterable[str], place: int) -> str:
    """The paper's figures of a claim of `ranked`."""
    least = min(PAPER[NAMES[model]][place] for model in higher)
    return f"{least:.2f} > {max(PAPER[NAMES[model]][place] for model in lower):.2f}"


def _ranked_claim(words: str, higher: Sequence[str], lower: Sequence[str], place: int) -> Claim:
    fader = COLUMNS[place][1]
    figures = least_above_greatest(higher, lower, place)
    return Claim(f"{words}: {fader}", figures, ranked(higher, lower, place))


CLAIMS = (
    *(
        _ranked_claim(
            "Table 1: Vanilla VAE, GM-VAE and Pati et al. are more linear than the other three",
            REGULARISED, OTHERS, column("linearity", fader),
        )
        for fader in FADERS
    ),
    _ranked_claim(
        "Table 1: the same three are more consistent",
        REGULARISED, OTHERS, column("consistency", RHYTHM),
    ),
    *(
        _ranked_claim(
            "Table 1: the GM-VAE is more consistent than the Vanilla VAE",
            ("gmvae",), ("vanilla",), column("consistency", fader),
        )
        for fader in FADERS
    ),
    *(
        _ranked_claim(
            "Table 1: CVAE and Fader Networks leave the other density more alone than the GM-VAE",
            ("cvae", "fadernetworks"), ("gmvae",), column("restrictiveness", fader),
        )
        for fader in FADERS
    ),
    Claim("Table 1: order of the models in each column (Kendall's τ)", "1", order),
    Claim(f"Table 1: the GM-VAE's scores, less {NEAR} at most", "6 of 6", reached),
    Claim("Figure 3: segments of the two clusters lie apart (silhouette)", "seen", apart),
    Claim("Figure 3: every segment belongs to a cluster", "seen", all_belong),
    *(
        Claim(f"Figure 3: the cluster of high arousal has {words}", "seen", measure)
        for words, measure in (
            ("more onsets", density_of_clusters(RHYTHM, 1)),
            ("fewer notes", density_of_clusters(NOTE, -1)),
        )
    ),
    *(
        Claim(f"… what people rated high has {words}", NONE, measure)
        for words, measure in (
            ("more onsets", density_of_ratings(RHYTHM, 1)),
            ("fewer notes", density_of_ratings(NOTE, -1)),
        )
    ),
    Claim("Figure 3: z^d follows the density, rhythm, note (rank correlation)", "seen", follows),
    Claim("Figure 4: codes with low-level features tell arousal apart, without do not", "seen",
          with_features),
    *(
        Claim(
            f"Section 5.2: a shift to {side} arousal is heard",
            f"{percent(LISTENERS[side], 0)} of listeners", shifted(side),
        )
        for side in ("high", "low")
    ),
    Claim("1 % of labels is enough (against 0, 5, 100 %)", "said", not_run),
)  # fmt: skip


def claims(sets: Sequence[Models]) -> Table:
    """Every claim, the paper's figures and ours."""
    rows = [(c.words, c.paper, *(c.measured(models) for models in sets)) for c in CLAIMS]
    return rows, ("claim", "paper", *(models.title for models in sets))


def scores(sets: Sequence[Models]) -> Table:
    """Table 1 in the paper's unit: the paper's, then ours with 95 % intervals over runs."""
    rows = []
    for model, name in NAMES.items():
        if name not in PAPER:
            continue
        rows.append((name, "paper", NONE, *(f"{value:.3f}" for value in PAPER[name])))
        for models in sets:
            table = table1(models).get(model)
            if table:
                pairs = [mean_and_interval(table, c) for c in range(len(COLUMNS))]
                cells = [f"**{mean:.3f}** ± {half:.3f}" for mean, half in pairs]
                rows.append((name, models.title, f"{models.trainings[model].steps:,}", *cells))
    return rows, ("model", "trained on", "steps", *(f"{s} {f}" for s, f in COLUMNS))


def scores_as_played(sets: Sequence[Models]) -> Table:
    """Consistency and restrictiveness in units of the originals, measured as results are."""
    columns = [(score, fader) for score, fader in COLUMNS if score != SCORES[-1]]
    rows = []
    for models in sets:
        for model, table in table1(models).items():
            units = table.sd_as_played
            if units:
                cells = [f"{_as_played(table.faders[f], s, f, units):.3f}" for s, f in columns]
                rows.append((NAMES[model], models.title, *cells))
    return rows, ("model", "trained on", *(f"{score} {fader}" for score, fader in columns))


def _as_played(fader: Controlled, score: str, name: str, units: Mapping[str, float]) -> float:
    """A raw score in other units: consistency in the fader's, restrictiveness in the other's."""
    (other,) = (n for n in FADERS if n != name)
    unit = units[name if score == "consistency" else other]
    return 1 - (1 - getattr(present(fader.raw), score)[0]) / unit


def speeds(sets: Sequence[Models]) -> Table:
    """Steps and minutes of the runs, which shared a card."""
    rows = [
        (
            NAMES[model],
            models.title,
            f"{run.steps:,}",
            f"{run.minutes:.1f}",
            f"{run.steps / run.minutes / 60:.1f}",
            f"{run.validation['total']:.3f}",
        )
        for models in sets
        for model in NAMES
        if (run := models.trainings.get(model))
    ]
    return rows, ("model", "trained on", "steps", "minutes", "steps a second", "validation loss")


def shipped_sets(results: Path) -> tuple[Models, ...]:
    """What is in the repository: the paper's size on both splits, and the small models."""
    return (
        Models.read("random split, by segment", results / "paper" / "random_split"),
        Models.read("by performance and piece", results / "paper" / "split"),
        Models.read("small, by performance and piece", results, SMALL),
    )
