"""Results of models by the split that they were trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, sqrt
from pathlib import Path

from scipy import stats

from train.reporting.paper import COLUMNS
from train.reporting.reading import read
from train.reporting.results.evaluation import Evaluation, Table1
from train.reporting.results.label_shares import LabelShares
from train.reporting.results.latent import Latent
from train.reporting.results.training import Training

SPLIT_TITLES = {
    "random_split": "random split, by segment",
    "split": "by performance and piece",
}
SMALL = "-192"  # ends the names of the models at a third of the paper's size


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


def interval(sd: float, runs: int) -> float:
    """Half of a mean's 95 % interval, from the population's standard deviation over runs.

    Infinite for one run, which tells nothing of others.
    """
    if runs < 2:
        return inf
    return float(stats.t.ppf(0.975, runs - 1)) * sd / sqrt(runs - 1)


def table1(models: Models) -> dict[str, Table1]:
    """Table 1 of the models that have one."""
    return {model: e.table for model, e in models.evaluations.items() if e.table}


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
