"""Tables of all models that were evaluated, however many, the paper's order first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from train.reporting.markdown import NONE, Table, percent
from train.reporting.paper import COLUMNS, LISTENERS, PAPER, SCORES
from train.reporting.reading import read
from train.reporting.results.evaluation import Evaluation, names_in
from train.reporting.results.part import present
from train.reporting.results.training import Training

DISTANCES = (-1.0, 1.0)  # sd, of `train.evaluation.identity.DISTANCES`


def evaluations(folder: Path) -> list[Evaluation]:
    """The evaluations among a folder's results files."""
    return read(sorted(folder.glob("*.json"))).evaluations


def control(evaluations: Sequence[Evaluation]) -> Table:
    """Table 1: the paper's models, each with ours of its kind, then further ones of ours."""
    rows, further = [], further_columns(evaluations)
    for name, scores in PAPER.items():
        none = (NONE for _ in further)
        rows.append((f"{name}, paper", "", *(f"{value:.3f}" for value in scores), *none))
        rows += [_scores(e, further) for e in evaluations if e.of_paper == name]
    rows += [_scores(e, further) for e in evaluations if e.of_paper not in PAPER]
    heads = (f"{name} {fader}" for name, fader in (*COLUMNS, *further))
    return rows, ("model", "swept in", *heads)


def further_columns(evaluations: Sequence[Evaluation]) -> tuple[tuple[str, str], ...]:
    """Columns of Table 1 (score, fader) for faders that the paper has not."""
    swept = (fader for e in evaluations if e.table for fader in e.table.faders)
    papers_faders = {fader for _, fader in COLUMNS}
    names = [fader for fader in dict.fromkeys(swept) if fader not in papers_faders]
    return tuple((score, fader) for score in SCORES for fader in names)


def score(evaluation: Evaluation, column: int) -> list[float]:
    """Mean and sd over runs of one column of the paper's Table 1."""
    name, fader = COLUMNS[column]
    return present(evaluation.table).faders[fader].score(name)


def is_complete(evaluation: Evaluation) -> bool:
    """Whether a model has all of the paper's Table 1."""
    table = evaluation.table
    return table is not None and all(fader in table.faders for _, fader in COLUMNS)


def _scores(evaluation: Evaluation, further: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    table, columns = evaluation.table, (*COLUMNS, *further)
    if not table:
        return (f"**{evaluation.name}**", NONE, *(NONE for _ in columns))
    scale = {"z": "z^d", "fader": "density"}.get(table.protocol.scale, table.protocol.scale)
    pairs = (table.faders[f].score(name) if f in table.faders else None for name, f in columns)
    return (
        f"**{evaluation.name}**",
        scale,
        *(f"**{pair[0]:.3f}** ± {pair[1]:.3f}" if pair else NONE for pair in pairs),
    )


def preserved(evaluations: Sequence[Evaluation]) -> Table:
    """What is left of a segment: nothing moved, and each fader one sd down and up."""
    rows, faders = [], names_in(e.identity for e in evaluations)
    for e in evaluations:
        reconstruction = e.reconstruction
        row = [f"**{e.name}**"]
        row.append(
            f"{reconstruction.note_f1:.2f}, {reconstruction.pitch_class_cosine:.2f}"
            if reconstruction
            else NONE
        )
        for fader in faders:
            for distance in DISTANCES:
                points = (e.identity or {}).get(fader, [])
                point = next((p for p in points if p.distance == distance and p.n), None)
                row.append(
                    f"{point.note_f1:.2f}, {point.pitch_class_cosine:.2f}" if point else NONE
                )
        rows.append(tuple(row))
    moves = (f"{fader} {d:+.0f} sd" for fader in faders for d in DISTANCES)
    return rows, ("note F1, harmony", "nothing moved", *moves)


def arousal(evaluations: Sequence[Evaluation]) -> Table:
    """AUC of arousal on unseen pieces, and how often it moved, by a classifier of its own."""
    rows = []
    for e in evaluations:
        separation, transfers = e.arousal, e.classified_transfers or {}
        auc = f"{separation.auc:.2f}" if separation and separation.auc is not None else NONE
        moved = [
            (percent(transfers[side].moved), percent(transfers[side].moved_by_reconstruction))
            if side in transfers
            else (NONE, NONE)
            for side in LISTENERS
        ]
        rows.append((f"**{e.name}**", auc, *(value for pair in moved for value in pair)))
    rows.append(
        ("the paper's, by its listeners", NONE)
        + tuple(value for share in LISTENERS.values() for value in (percent(share), NONE))
    )
    heads = (head for side in LISTENERS for head in (f"moved to {side}", "… by playing alone"))
    return rows, ("model", "AUC", *heads)


def trained(folder: Path) -> Table:
    """Hardware, steps and minutes of every run whose record is in a folder."""
    rows = []
    for path in sorted(folder.glob("*-training.json")):
        run = Training.model_validate_json(path.read_text())
        hidden = run.model_settings.get("hidden")
        rows.append(
            (
                f"**{path.stem.removesuffix('-training')}**",
                str(hidden or NONE),
                f"{run.steps:,} × {run.batch}",
                f"{run.minutes:.0f}",
                f"{run.parameters / 1e6:.1f}",
                run.hardware,
            )
        )
    return rows, ("model", "hidden", "steps × batch", "minutes", "million weights", "hardware")


def figures(folder: Path, begin: str) -> str:
    """Every figure of a folder whose name begins so, each with the facts of its caption.

    Parameters
    ----------
    folder : Path
        What `train.figures` wrote; the page stands beside it.
    begin : str
    """
    captions = json.loads((folder / "captions.json").read_text())
    parts = [
        f"![{caption['words']}]({folder.name}/{name}.svg)\n\n*{caption['facts']}*"
        for name, caption in captions.items()
        if name == begin or name.startswith(f"{begin}-")
    ]
    return "\n\n".join(parts) or "Not drawn yet: its results are not there."
