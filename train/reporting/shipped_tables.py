"""What the tables on the shipped models say, from `train.evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from train.reporting import comparison
from train.reporting.markdown import Table, percent
from train.reporting.paper import COLUMNS, PAPER
from train.reporting.results.evaluation import Evaluation
from train.reporting.results.part import present


def control(evaluations: Sequence[Evaluation]) -> Table:
    """Table 1 of the paper, ours below it."""
    rows = [(f"{name} (paper)", *(f"{v:.3f}" for v in table_1)) for name, table_1 in PAPER.items()]
    for evaluation in evaluations:
        means = (comparison.score(evaluation, column)[0] for column in range(len(COLUMNS)))
        rows.append((f"**{evaluation.name}** (ours)", *(f"**{mean:.3f}**" for mean in means)))
    return rows, ("model", *(f"{score} {fader}" for score, fader in COLUMNS))


def models(evaluations: Sequence[Evaluation]) -> Table:
    """Identity, errors of densities and arousal of models on unseen segments."""
    head = f"{evaluations[0].segments} test segments"
    return _measures(evaluations), (head, *(evaluation.name for evaluation in evaluations))


def keys(arrangers: Mapping[str, Evaluation]) -> Table:
    """The same of the arranger by sound and by keys; and Table 1."""
    evaluations = list(arrangers.values())
    rows = [
        ("commit, data", *(f"{str(e.commit)[:8]}, {e.data_sha256[:8]}" for e in evaluations)),
        ("test segments, performances", *(f"{e.segments}, {e.performances}" for e in evaluations)),
    ]
    for column, (score, fader) in enumerate(COLUMNS):
        means = (comparison.score(evaluation, column)[0] for evaluation in evaluations)
        rows.append((f"{score} {fader}", *(f"{mean:.3f}" for mean in means)))
    return [*rows, *_measures(evaluations)], ("arranger", *arrangers)


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
