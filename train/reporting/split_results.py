"""Results of models by the split that they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from pathlib import Path

import numpy as np
from scipy import stats

from train.reporting.paper import COLUMNS
from train.reporting.reading import read
from train.reporting.results.evaluation import Evaluation, Table1
from train.reporting.results.label_shares import LabelShares
from train.reporting.results.latent import Latent
from train.reporting.results.part import present
from train.reporting.results.training import Training

SPLIT_TITLES = {
    "random_split": "random split, by segment",
    "split": "by performance and piece",
}
SMALL = "-192"  # ends the names of the models at a third of the paper's size

Row = list[tuple[float, float]]  # of Table 1, by `COLUMNS`: means and half of their intervals


@dataclass(frozen=True)
class Models:
    """The results of models that were trained on one split, by model.

    Attributes
    ----------
    title : str
    evaluations, latents, trainings : model -> results
    label_shares : LabelShares or None
        Of a GM-VAE with more or fewer labels, on the same split.
    """

    title: str
    evaluations: Mapping[str, Evaluation]
    latents: Mapping[str, Latent]
    trainings: Mapping[str, Training] = field(default_factory=dict)
    label_shares: LabelShares | None = None

    @classmethod
    def read(cls, title: str, folder: Path, ending: str = "") -> Models:
        """Read the results of a folder whose names end so."""
        results = read(sorted(folder.glob("*.json")))
        suffix = f"{ending}-training"
        shares = folder / "label_shares.json"
        return cls(
            title,
            {e.model: e for e in results.evaluations if e.name.endswith(ending)},
            {x.model: x for x in results.latents if x.name.endswith(ending)},
            {
                path.stem.removesuffix(suffix): Training.model_validate_json(path.read_text())
                for path in folder.glob(f"*{suffix}.json")
            },
            LabelShares.model_validate_json(shares.read_text()) if shares.exists() else None,
        )

    def tables(self) -> dict[str, Table1]:
        """Table 1 of the models that have one."""
        return {model: e.table for model, e in self.evaluations.items() if e.table}

    def scores(self) -> dict[str, Row]:
        """Table 1 in the paper's unit, by model, with intervals over the runs."""
        return {
            model: [mean_and_interval(table, column) for column in range(len(COLUMNS))]
            for model, table in self.tables().items()
        }

    def arousal_auc(self, model: str) -> tuple[float, float, float] | None:
        """How well a model's codes tell rated arousal, and the ends of the interval over pieces."""
        latent = self.latents.get(model)
        if latent is None or latent.labelled is None:
            return None
        least, greatest = present(latent.labelled.auc_interval)
        return present(latent.labelled.auc), least, greatest


@dataclass(frozen=True)
class SeedMeans(Models):
    """What several seeds of the same training come to, with intervals over the seeds.

    Attributes
    ----------
    seeds : sequence of Models
        What all of them have is counted, and nothing else.
    """

    seeds: Sequence[Models] = ()

    @classmethod
    def of(cls, seeds: Sequence[Models]) -> SeedMeans:
        """The means of some seeds."""
        return cls(f"{len(seeds)} seeds", {}, {}, seeds=seeds)

    def scores(self) -> dict[str, Row]:
        """Table 1 in the paper's unit, by model, with intervals over the seeds."""
        each = [models.scores() for models in self.seeds]
        return {
            model: [
                over_seeds([scores[model][column][0] for scores in each])
                for column in range(len(COLUMNS))
            ]
            for model in each[0]
            if all(model in scores for scores in each)
        }

    def arousal_auc(self, model: str) -> tuple[float, float, float] | None:
        """How well a model's codes tell rated arousal, and the ends of the interval over seeds."""
        evaluations = (models.evaluations.get(model) for models in self.seeds)
        each = [present(e.arousal.auc) for e in evaluations if e and e.arousal]
        if len(each) < len(self.seeds):
            return None
        mean, half = over_seeds(each)
        return mean, mean - half, mean + half


def interval(sd: float, runs: int) -> float:
    """Half of a mean's 95 % interval, from the population's standard deviation over runs.

    Infinite for one run, which tells nothing of others.
    """
    if runs < 2:
        return inf
    return float(stats.t.ppf(0.975, runs - 1)) * sd / sqrt(runs - 1)


def over_seeds(values: Sequence[float]) -> tuple[float, float]:
    """The mean over some seeds and half of its 95 % interval, Student's t."""
    return float(np.mean(values)), interval(float(np.std(values)), len(values))


def mean_and_interval(table: Table1, column: int) -> tuple[float, float]:
    """A score of the paper's unit over the runs."""
    score, fader = COLUMNS[column]
    mean, sd = table.faders[fader].score(score)
    return mean, interval(sd, table.protocol.runs)


def shipped_sets(results: Path) -> tuple[Models, ...]:
    """What is in the repository: the paper's size on both splits, and the small models."""
    return (
        *(Models.read(title, results / "paper" / name) for name, title in SPLIT_TITLES.items()),
        Models.read("small, by performance and piece", results, SMALL),
    )


def seed_sets(results: Path) -> tuple[Models, ...]:
    """What is in the repository of several seeds: tiny models, one set for each seed."""
    folders = sorted((results / "seeds").iterdir())
    return tuple(Models.read(f"seed {folder.name}", folder) for folder in folders)
