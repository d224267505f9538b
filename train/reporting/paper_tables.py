"""Tables of the paper's models: Table 1 by split, and how fast they trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from train.reporting.markdown import NONE, Table
from train.reporting.paper import COLUMNS, FADERS, NAMES, PAPER, SCORES
from train.reporting.results.evaluation import Controlled
from train.reporting.results.part import present
from train.reporting.split_results import Models


def scores(sets: Sequence[Models]) -> Table:
    """Table 1 in the paper's unit: the paper's, then ours with 95 % intervals."""
    rows = []
    for model, name in NAMES.items():
        if name not in PAPER or all(model not in models.scores() for models in sets):
            continue
        rows.append((name, "paper", NONE, *(f"{value:.3f}" for value in PAPER[name])))
        for models in sets:
            row = models.scores().get(model)
            if row:
                cells = [f"**{mean:.3f}** ± {half:.3f}" for mean, half in row]
                run = models.trainings.get(model)
                rows.append((name, models.title, f"{run.steps:,}" if run else NONE, *cells))
    return rows, ("model", "trained on", "steps", *(f"{s} {f}" for s, f in COLUMNS))


def scores_as_played(sets: Sequence[Models]) -> Table:
    """Consistency and restrictiveness in units of the originals, measured as results are."""
    columns = [(score, fader) for score, fader in COLUMNS if score != SCORES[-1]]
    rows = []
    for models in sets:
        for model, table in models.tables().items():
            units = table.sd_as_played
            if units:
                cells = [_as_played(table.faders[f], s, f, units) for s, f in columns]
                rows.append((NAMES[model], models.title, *cells))
    return rows, ("model", "trained on", *(f"{score} {fader}" for score, fader in columns))


def _as_played(fader: Controlled, score: str, name: str, units: Mapping[str, float]) -> str:
    """A raw score in other units: consistency in the fader's, restrictiveness in the other's.

    Originals that are all alike have no unit.
    """
    (other,) = (n for n in FADERS if n != name)
    unit = units[name if score == "consistency" else other]
    raw = getattr(present(fader.raw), score)[0]
    return f"{1 - (1 - raw) / unit:.3f}" if unit else NONE


def speeds(sets: Sequence[Models]) -> Table:
    """Steps and minutes of the runs, which shared a card."""
    rows = [
        (
            NAMES[model],
            models.title,
            f"{run.steps:,}",
            f"{run.minutes:.1f}",
            f"{run.steps / run.minutes / 60:.1f}" if run.minutes else NONE,
            f"{run.validation['total']:.3f}" if run.validation else NONE,
        )
        for models in sets
        for model in NAMES
        if (run := models.trainings.get(model))
    ]
    return rows, ("model", "trained on", "steps", "minutes", "steps a second", "validation loss")
