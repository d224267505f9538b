"""What the tables on data and on training say, from `train.prepare` and `train.fit`."""

from __future__ import annotations

from train.reporting.markdown import Table
from train.reporting.results.part import present
from train.reporting.results.preparation import DensitySummary, Preparation
from train.reporting.results.training import Training

LOSSES = {  # of a log's last validation, besides those of labels: the term and its unit
    "events": ("events", "nats a token"),
    "onset": ("onsets", "nats a note"),
    "hold": ("holds", "nats a key that sounds"),
    "velocity": ("velocities", "squared error"),
}


def data(counts: Preparation) -> Table:
    """Counts and densities of the prepared data, from `train.prepare`."""
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
    return rows, ("data", "")


def _digits(density: DensitySummary) -> int:
    """Decimals of a density's figures: one more for shares, which are 1 at most."""
    return 3 if max(map(present, density.percentiles_5_50_95)) <= 1 else 2


def training(run: Training) -> Table:
    """How a model was trained."""
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
    return rows, ("training", "")
