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
from typing import Literal, TypeVar

from train.reporting import (
    ablation_table,
    arousal_table,
    claims,
    comparison,
    mood_tables,
    naturalness_table,
    paper_tables,
)
from train.reporting.markdown import Table, percent, table
from train.reporting.paper import COLUMNS, PAPER
from train.reporting.reading import read
from train.reporting.results.ablation import Ablation
from train.reporting.results.arousal import Arousal, ArousalTries
from train.reporting.results.evaluation import Evaluation
from train.reporting.results.naturalness import Naturalness, NaturalnessTries
from train.reporting.results.part import Part, present
from train.reporting.results.preparation import DensitySummary, Preparation
from train.reporting.results.training import Training
from train.reporting.results.valence import Valence
from train.reporting.split_results import Models, shipped_sets

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
DRAWN = ("table1", "figure3", "figure4", "figure5", "response", "movement")
LOSSES = {  # of a log's last validation, besides those of labels: the term and its unit
    "events": ("events", "nats a token"),
    "onset": ("onsets", "nats a note"),
    "hold": ("holds", "nats a key that sounds"),
    "velocity": ("velocities", "squared error"),
}


Kind = TypeVar("Kind", bound=Part)


def stored(name: str, kind: type[Kind]) -> Kind:
    """A results file of one kind, by name."""
    return kind.model_validate_json((RESULTS / f"{name}.json").read_text())


def shipped() -> list[Evaluation]:
    """The evaluations of the shipped models, in the order of `SHIPPED`."""
    return [read([RESULTS / f"{name}.json"]).evaluations[0] for name in SHIPPED]


def data_table() -> str:
    """Counts and densities of the prepared data, from `train.prepare`."""
    counts = stored("prepare", Preparation)
    densities = {
        f"{name} density": (density, _digits(density)) for name, density in counts.densities.items()
    }
    rows = [
        ("files read, unusable", f"{counts.files:,}, {counts.files_unusable}"),
        ("segments of performances", f"{counts.segments_performances:,}"),
        ("segments of VGMIDI", f"{counts.segments_vgmidi:,}"),
        (
            "of these high, low arousal",
            f"{counts.segments_high_arousal:,}, {counts.segments_low_arousal:,}",
        ),
        ("tokens a segment", f"{counts.mean_tokens:.1f}"),
        *(
            (f"{name}, mean ± sd", f"{d.mean:.{digits}f} ± {d.sd:.{digits}f}")
            for name, (d, digits) in densities.items()
        ),
        *(
            (
                f"{name} at high, low arousal",
                f"{d.mean_high_arousal:.{digits}f}, {d.mean_low_arousal:.{digits}f}",
            )
            for name, (d, digits) in densities.items()
        ),
        ("seconds on 2 cores", f"{counts.seconds:.0f}"),
    ]
    return table(rows, ("data", ""))


def _digits(density: DensitySummary) -> int:
    """Decimals of a density's figures: one more for shares, which are 1 at most."""
    return 3 if max(map(present, density.percentiles_5_50_95)) <= 1 else 2


def training_table(name: str) -> str:
    """How a shipped model was trained."""
    run = stored(f"{name}-training", Training)
    rows = [
        ("hardware", run.hardware),
        ("steps × batch, minutes", f"{run.steps:,} × {run.batch}, {run.minutes:.0f}"),
        ("weights", f"{run.parameters / 1e6:.1f} million"),
    ]
    losses = LOSSES | {n: (f"{n} label", "nats a step") for n in run.attributes}
    for loss, value in run.validation.items():
        if loss in losses:
            term, unit = losses[loss]
            rows.append((f"validation, {term}", f"{value:.3f} {unit}"))
    return table(rows, ("training", ""))


def control_table() -> str:
    """Table 1 of the paper, ours below it."""
    rows = [(f"{name} (paper)", *(f"{v:.3f}" for v in table_1)) for name, table_1 in PAPER.items()]
    for evaluation in reversed(shipped()):
        means = (comparison.score(evaluation, column)[0] for column in range(len(COLUMNS)))
        rows.append((f"**{evaluation.name}** (ours)", *(f"**{mean:.3f}**" for mean in means)))
    return table(rows, ("model", *(f"{score} {fader}" for score, fader in COLUMNS)))


def model_table() -> str:
    """Identity, errors of densities and arousal of the shipped models on unseen segments."""
    evaluations = shipped()
    return table(_measures(evaluations), (f"{evaluations[0].segments} test segments", *SHIPPED))


def keys_table() -> str:
    """The same of the arranger by sound, as `model_table` has it, and by keys; and Table 1."""
    evaluations = [read([RESULTS / name]).evaluations[0] for name in ARRANGERS.values()]
    rows = [
        ("commit, data", *(f"{str(e.commit)[:8]}, {e.data_sha256[:8]}" for e in evaluations)),
        ("test segments, performances", *(f"{e.segments}, {e.performances}" for e in evaluations)),
    ]
    for column, (score, fader) in enumerate(COLUMNS):
        means = (comparison.score(evaluation, column)[0] for evaluation in evaluations)
        rows.append((f"{score} {fader}", *(f"{mean:.3f}" for mean in means)))
    return table([*rows, *_measures(evaluations)], ("arranger", *ARRANGERS))


def _measures(evaluations: Sequence[Evaluation]) -> list[tuple[str, ...]]:
    """Rows on identity, errors of densities and arousal, a column an evaluation."""

    def moved(evaluation: Evaluation, fader: str, distance: float) -> str:
        points = present(evaluation.identity)[fader]
        point = next(p for p in points if p.distance == distance)
        return (
            f"{point.note_f1:.2f}, {point.pitch_class_cosine:.2f}, "
            f"{point.key_kept:.2f}, {point.contour:.2f}"
        )

    unmoved = [present(evaluation.reconstruction) for evaluation in evaluations]
    responses = [present(evaluation.faders) for evaluation in evaluations]
    rows = [
        ("note F1, nothing moved", *(f"{scores.note_f1:.3f}" for scores in unmoved)),
        (
            "pitch-class cosine, nothing moved",
            *(f"{scores.pitch_class_cosine:.3f}" for scores in unmoved),
        ),
    ]
    for fader in [name for name in responses[0] if all(name in faders for faders in responses)]:
        for distance in (-1.0, 1.0):
            rows.append(
                (
                    f"{fader} {distance:+.0f} sd: F1, harmony, key kept, melody",
                    *(moved(evaluation, fader, distance) for evaluation in evaluations),
                )
            )
        errors = (faders[fader].mean_absolute_error for faders in responses)
        rows.append(
            (f"{fader} fader: mean error of the density", *(f"{error:.3f}" for error in errors))
        )
    sides: tuple[Literal["low", "high"], ...] = ("low", "high")
    for target in sides:
        by_model = [present(evaluation.classified_transfers)[target] for evaluation in evaluations]
        rows += [
            (
                f"moved to {target} arousal, by a classifier that never saw the model",
                *(percent(transfers.moved) for transfers in by_model),
            ),
            (
                "… and without moving it at all",
                *(percent(transfers.moved_by_reconstruction) for transfers in by_model),
            ),
        ]
    return rows


def speed_table() -> str:
    """How fast the demo answers, from `benchmarks.demo_latency`."""
    latency = json.loads((RESULTS / "latency.json").read_text())
    stages = ("rolls", "sound", "sound after rolls", "heard while playing", "undo")
    rows = [
        (
            f"{length['minutes']} minutes" if length["minutes"] else "one segment",
            f"{length['segments']}",
            f"{length['releases']}",
            *(_milliseconds(length[stage]) for stage in stages),
        )
        for length in latency["lengths"]
    ]
    served = latency["served"]
    of_server = ", ".join(f"{stage} {_milliseconds(served[stage])}" for stage in served)
    note = (
        "Median / 95 % in ms, from the release of a fader: both rolls drawn, first sound ready to"
        " play, the time between, the change heard while the music plays, and rolls and sound after"
        " undo. By the server alone, of one segment:"
        f" {of_server}. Start to usable page: {latency['start_s']:.1f} s. Measured on 2 cores"
        " without a GPU."
    )
    if memory := latency.get("memory"):
        note += (
            f" Over {memory['edits']:,} edits of a segment the page's memory went from"
            f" {memory['page_before_mb']:.0f} MB (after a tenth of them) to"
            f" {memory['page_after_mb']:.0f} MB, the server's from"
            f" {memory['server_before_mb']:.0f} MB to {memory['server_after_mb']:.0f} MB."
        )
    return f"{table(rows, ('all of', 'segments', 'releases', *stages))}\n\n{note}"


def _milliseconds(times: dict[str, float]) -> str:
    return f"{times['median_ms']:,.0f} / {times['p95_ms']:,.0f}"


def kills_table() -> str:
    """Counts from `benchmarks.survey_kills`."""
    counts = json.loads((BENCHMARKS / "survey_kills.json").read_text())
    rows = [(name.replace("_", " "), f"{value}") for name, value in counts.items()]
    return table(rows, ("killed", ""))


def load_table() -> str:
    """Waiting times and errors from `benchmarks.survey_load`."""
    load = json.loads((BENCHMARKS / "survey_load.json").read_text())
    names = ("median_ms", "p95_ms", "max_ms")
    rows = [
        (kind, f"{times['n']:,}", *(f"{times[name]:.0f}" for name in names))
        for kind, times in load["requests"].items()
    ]
    conditions = (
        f"{load['participants']} participants, {load['database']}: {load['errors']} errors, "
        f"{load['acknowledged']} answers acknowledged, {load['lost']} lost; server "
        f"{load['server_cpu_s']:.0f} s of CPU in {load['seconds']:.0f} s; load average "
        f"before it {load['load_average_before']}."
    )
    return f"{table(rows, ('request', 'n', 'median ms', '95 % ms', 'most ms'))}\n\n{conditions}"


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
    "arousal_heard": partial(arousal, arousal_table.heard),
    "arousal_relation": partial(arousal, arousal_table.relation),
    "arousal_tries": lambda: table(*arousal_table.tries(stored("arousal_tries", ArousalTries))),
    "arousal_ways": partial(arousal, arousal_table.ways),
    "claims": partial(of_paper, claims.claims, 3),
    "claims_figure4": partial(comparison.figures, PAPER_FIGURES, "figure4"),
    "claims_scores": partial(of_paper, paper_tables.scores, 2),
    "claims_scores_as_played": partial(of_paper, paper_tables.scores_as_played, 2),
    "claims_speeds": partial(of_paper, paper_tables.speeds, 2),
    "data": data_table,
    **{f"figures_{name}": partial(comparison.figures, FIGURES, name) for name in DRAWN},
    "control": control_table,
    "kills": kills_table,
    "load": load_table,
    "keys": keys_table,
    "model": model_table,
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
    "speed": speed_table,
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
