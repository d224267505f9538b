"""Write the README's and the model cards' tables from results files: ``python -m train.report``.

A table stands between the comments ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->`` and is made
from the JSON in ``train/results/`` alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from train.reporting import (
    ablation_table,
    arousal_table,
    benchmark_tables,
    claims,
    comparison,
    half_step_table,
    label_share_table,
    mood_tables,
    naturalness_table,
    paper_tables,
    seed_tables,
    shipped_tables,
    training_tables,
)
from train.reporting.markdown import Table, table
from train.reporting.reading import read
from train.reporting.results.ablation import Ablation
from train.reporting.results.arousal import Arousal, ArousalTries
from train.reporting.results.discriminator import Discriminating
from train.reporting.results.evaluation import Evaluation
from train.reporting.results.half_step import HalfStep
from train.reporting.results.label_shares import LabelShares
from train.reporting.results.naturalness import Naturalness, NaturalnessTries
from train.reporting.results.part import ResultsPart
from train.reporting.results.preparation import Preparation
from train.reporting.results.training import Training
from train.reporting.results.valence import Valence
from train.reporting.split_results import Models, SeedMeans, seed_sets, shipped_sets

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("arranger", "gmvae")
ARRANGERS = {
    "by sound, before": "arranger.json",
    "by keys": "keys/arranger.json",
    "by keys, strict": "keys/arranger-strict.json",
}
CARDS = tuple(ROOT / "fadernets" / "pretrained" / name / "README.md" for name in SHIPPED)
DOCS = ROOT / "docs"
WITH_TABLES = ("paper", "reliability", "results", "training")
PAGES = (ROOT / "README.md", *(DOCS / f"{name}.md" for name in WITH_TABLES), *CARDS)
BENCHMARKS = ROOT / "benchmarks" / "results"
FIGURES = DOCS / "figures"
PAPER_FIGURES = DOCS / "paper"
COLLECTIONS = ("", "-scores", "-pop")  # end the names of results on other music than performances
DRAWN = ("table1", "figure3", "figure4", "figure5", "response", "movement")


Kind = TypeVar("Kind", bound=ResultsPart)


def stored(name: str, kind: type[Kind]) -> Kind:
    """A results file of one kind, by name."""
    return kind.model_validate_json((RESULTS / f"{name}.json").read_text())


def shipped() -> list[Evaluation]:
    """The evaluations of the shipped models, in the order of `SHIPPED`."""
    return [read([RESULTS / f"{name}.json"]).evaluations[0] for name in SHIPPED]


def measured(path: Path) -> Any:
    """What a benchmark has written."""
    return json.loads(path.read_text())


def training_table(name: str) -> str:
    """How a shipped model was trained."""
    return table(*training_tables.training(stored(f"{name}-training", Training)))


def keys_table() -> str:
    """The arranger by sound and by keys."""
    arrangers = {n: read([RESULTS / path]).evaluations[0] for n, path in ARRANGERS.items()}
    return table(*shipped_tables.keys(arrangers))


def compared(rows: Callable[[list[Evaluation]], Table]) -> str:
    """A table of every model that was evaluated."""
    return table(*rows(comparison.evaluations(RESULTS)))


def of_paper(rows: Callable[[Sequence[Models]], Table], sets: int) -> str:
    """A table of the paper's models, of the first so many of `shipped_sets`."""
    return table(*rows(shipped_sets(RESULTS)[:sets]))


def valence_table() -> str:
    """How well densities, classifiers and codes separate valence."""
    return table(*mood_tables.carried(stored("valence", Valence).labels))


def presets_table() -> str:
    """How the four presets move moods, and the identity after them."""
    return table(*mood_tables.presets(stored("valence", Valence).models, SHIPPED))


def naturalness(rows: Callable[[Naturalness], Table], name: str = "naturalness") -> str:
    """A table of how well changed music can be told from real music, from a results file."""
    return table(*rows(stored(name, Naturalness)))


def half_step_rows() -> str:
    """Densities by both counts, on every collection of music."""
    return table(*half_step_table.rows([stored(f"half_step{e}", HalfStep) for e in COLLECTIONS]))


def arousal(rows: Callable[[Arousal], Table]) -> str:
    """A table of how classifiers hear arousal moved."""
    return table(*rows(stored("arousal", Arousal)))


TABLES: dict[str, Callable[[], str]] = {
    "ablation_control": lambda: table(*ablation_table.control(stored("ablation", Ablation))),
    "ablation_kept": lambda: table(*ablation_table.preserved(stored("ablation", Ablation))),
    "all_control": partial(compared, comparison.control),
    "all_kept": partial(compared, comparison.preserved),
    "all_arousal": partial(compared, comparison.arousal),
    "all_trained": lambda: table(*comparison.trained(RESULTS)),
    "arousal_classifiers": partial(arousal, arousal_table.classifiers),
    "arousal_contributions": partial(arousal, arousal_table.contributions),
    "arousal_gains": partial(arousal, arousal_table.gains),
    "arousal_heard": partial(arousal, arousal_table.heard),
    "arousal_relation": partial(arousal, arousal_table.relation),
    "arousal_tries": lambda: table(*arousal_table.tries(stored("arousal_tries", ArousalTries))),
    "arousal_ways": partial(arousal, arousal_table.ways),
    "claims": partial(of_paper, claims.claims, 3),
    "claims_figure4": partial(comparison.figures, PAPER_FIGURES, "figure4"),
    "claims_scores": partial(of_paper, paper_tables.scores, 2),
    "claims_scores_as_played": partial(of_paper, paper_tables.scores_as_played, 2),
    "claims_seeds": lambda: table(*seed_tables.claims(seed_sets(RESULTS))),
    "claims_seeds_scores": lambda: table(*paper_tables.scores([SeedMeans.of(seed_sets(RESULTS))])),
    "claims_seeds_spread": lambda: table(*seed_tables.spread(seed_sets(RESULTS))),
    "claims_speeds": partial(of_paper, paper_tables.speeds, 2),
    "data": lambda: table(*training_tables.data(stored("prepare", Preparation))),
    "discriminator": lambda: table(
        *naturalness_table.discriminator(stored("discriminator", Discriminating))
    ),
    **{f"figures_{name}": partial(comparison.figures, FIGURES, name) for name in DRAWN},
    "half_step": half_step_rows,
    "control": lambda: table(*shipped_tables.control(shipped()[::-1])),
    "kills": lambda: benchmark_tables.kills(
        measured(BENCHMARKS / "survey_kills.json"),
        measured(BENCHMARKS / "survey_kills_postgresql.json"),
    ),
    "load": lambda: benchmark_tables.load(measured(BENCHMARKS / "survey_load.json")),
    "load_designs": lambda: benchmark_tables.load(
        measured(BENCHMARKS / "survey_load_designs.json")
    ),
    "load_postgresql": lambda: benchmark_tables.load(
        measured(BENCHMARKS / "survey_load_postgresql.json")
    ),
    "keys": keys_table,
    "label_shares": lambda: table(*label_share_table.rows(stored("label_shares", LabelShares))),
    "model": lambda: table(*shipped_tables.models(shipped())),
    **{f"training_{name}": partial(training_table, name) for name in SHIPPED},
    "naturalness": partial(naturalness, naturalness_table.rows),
    "naturalness_scores": partial(naturalness, naturalness_table.rows, "naturalness-scores"),
    "naturalness_pop": partial(naturalness, naturalness_table.rows, "naturalness-pop"),
    "naturalness_tries": lambda: table(
        *naturalness_table.tries(stored("naturalness_tries", NaturalnessTries))
    ),
    "naturalness_measures": partial(naturalness, naturalness_table.measures),
    "naturalness_scores_measures": partial(
        naturalness, naturalness_table.measures, "naturalness-scores"
    ),
    "naturalness_tells": partial(naturalness, naturalness_table.tells),
    "presets": presets_table,
    "speed": lambda: benchmark_tables.latency(measured(RESULTS / "latency.json")),
    "valence": valence_table,
}


def fill(text: str, tables: dict[str, Callable[[], str]] | None = None) -> str:
    """The text of a page with every marked table replaced by a new one.

    Raises
    ------
    ValueError
        If a marker names no table.
    """
    tables = TABLES if tables is None else tables

    def filled(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in tables:
            raise ValueError(f"no table is named {name!r}")
        return f"<!-- {name}:begin -->\n{tables[name]()}\n<!-- {name}:end -->"

    return re.sub(
        r"<!-- (?P<name>\w+):begin -->.*?<!-- (?P=name):end -->", filled, text, flags=re.S
    )


def main() -> int:
    """Fill every page; returns the exit status."""
    for page in PAGES:
        page.write_text(fill(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
