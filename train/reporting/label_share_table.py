"""What the table of label shares says, from the results of `train.label_shares`."""

from __future__ import annotations

from train.reporting.markdown import Table, percent
from train.reporting.results.label_shares import LabelShares


def rows(results: LabelShares) -> Table:
    """A row for each share of labels: means over the seeds, with the lowest and highest."""
    cells = []
    for share in sorted({run.share for run in results.runs}):
        runs = [run for run in results.runs if run.share == share]
        labels = sorted({run.labelled for run in runs})
        cells.append(
            (
                percent(share, 0),
                f"{labels[0]:,}" if len(labels) == 1 else f"{labels[0]:,} to {labels[-1]:,}",
                f"{len(runs)}",
                _over_seeds([run.auc for run in runs]),
                _over_seeds([run.auc_of_classifier for run in runs]),
                _over_seeds([run.silhouette for run in runs]),
                *(
                    f"{_over_seeds([run.heard[side] for run in runs])}, "
                    f"alone {_over_seeds([run.heard_unmoved[side] for run in runs])}"
                    for side in ("high", "low")
                ),
                _over_seeds([run.token_accuracy for run in runs]),
            )
        )
    head = (
        *("share", "labels", "seeds", "AUC, rated pieces", "AUC, performances"),
        *("silhouette", "high heard", "low heard", "token accuracy"),
    )
    return cells, head


def _over_seeds(values: list[float]) -> str:
    mean = sum(values) / len(values)
    spread = f" [{min(values):.2f}, {max(values):.2f}]" if len(values) > 1 else ""
    return f"{mean:.2f}{spread}"
