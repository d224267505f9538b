"""Table 1 of the paper for any model: consistency, restrictiveness and linearity of its faders.

All scores are computed from token sequences. `dump` stores these, so that other code can compute
the scores again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fadernets.music import events
from fadernets.net import FaderNet
from train import metrics
from train.data.dataset import Segments
from train.evaluation.sweep import Protocol, Sweep, chosen, ends, slide, spread
from train.reporting.results import evaluation
from train.reporting.results.evaluation import Controlled, Scores, Table1


def scores(sweep: Sweep, sd: Mapping[str, float]) -> Controlled:
    """Table 1's scores of one fader: mean and sd over the runs, normalised and raw.

    Parameters
    ----------
    sweep : Sweep
    sd : name -> float
        Unit of each density; the raw scores are in its own.
    """
    fader = sweep.fader
    others = [name for name in sweep.densities if name != fader]

    def score(unit: Mapping[str, float]) -> Scores:
        moved = sweep.densities[fader] / unit[fader]
        runs = {
            "consistency": [metrics.consistency(run) for run in moved],
            "restrictiveness": [
                float(
                    np.mean(
                        [metrics.restrictiveness(sweep.densities[n][run] / unit[n]) for n in others]
                    )
                )
                for run in range(len(moved))
            ],
        }
        return Scores(**{name: _mean_sd(values) for name, values in runs.items()})

    moved = sweep.densities[fader]
    pooled = moved.reshape(-1, moved.shape[-1])
    return Controlled(
        normalised=score(sd),
        raw=score(dict.fromkeys(sd, 1.0)),
        linearity_each=_mean_sd([metrics.linearity_each(sweep.targets, run) for run in moved]),
        linearity_pooled=_mean_sd([metrics.linearity_pooled(sweep.targets, run) for run in moved]),
        spearman_each=_mean_sd([metrics.spearman_each(sweep.targets, run) for run in moved]),
        asked=np.round(sweep.targets, 4).tolist(),
        measured_mean=np.round(pooled.mean(0), 4).tolist(),
        measured_sd=np.round(pooled.std(0), 4).tolist(),
        failures=round(metrics.failure_rate(sweep.lengths), 5),
    )


def _mean_sd(values: list[float]) -> list[float]:
    return [round(float(np.mean(values)), 4), round(float(np.std(values)), 4)]


def table(net: FaderNet, data: Segments, protocol: Protocol) -> tuple[Table1, dict[str, Sweep]]:
    """Table 1 of one model, and the sweeps that it was computed from.

    Raises
    ------
    ValueError
        If the model has no faders or does not play from z^d, or there are too few segments.
    """
    if not net.faders:
        raise ValueError(f"model {net.name!r} has no faders to slide")
    sd = spread(data)
    span = ends(net, data, protocol.seed) if protocol.scale == "z" else {}
    sweeps = {name: slide(net, data, name, protocol, span) for name in net.faders}
    faders = {}
    for name, sweep in sweeps.items():
        faders[name] = scores(sweep, sd)
        if protocol.scale == "fader":
            error = metrics.target_error(sweep.targets, sweep.densities[name])
            faders[name] = faders[name].model_copy(update={"target_error": round(error, 4)})
    result = Table1(
        sd={n: round(v, 5) for n, v in sd.items()},
        sd_as_played=sd_as_played(data, chosen(data, protocol)),
        faders=faders,
        protocol=evaluation.TableProtocol(**dataclasses.asdict(protocol)),
    )
    return result, sweeps


def sd_as_played(data: Segments, rows: np.ndarray) -> dict[str, float]:
    """Standard deviation of every density of some segments, measured from tokens as results are.

    Where labels are of keys and tokens hold pedalled notes, it is not that of the labels.
    """
    stored = data.tokens.cpu().numpy()
    originals = [data.measure(events.decode(stored[row])) for row in rows.ravel()]
    return {
        name: round(float(np.std([densities[name] for densities in originals])), 5)
        for name in data.densities
    }


def dump(path: Path, data: Segments, sweeps: Mapping[str, Sweep]) -> None:
    """Write the targets, sources and played tokens as arrays of a compressed ``.npz`` file.

    For every fader ``NAME_asked`` (t,), ``NAME_rows`` of the prepared file (r, m), ``NAME_source``
    tokens (r, m, 100) and ``NAME_tokens`` played (r, m, t, longest).
    """
    stored = data.tokens.cpu().numpy()
    arrays: dict[str, np.ndarray] = {}
    for name, sweep in sweeps.items():
        arrays |= {
            f"{name}_asked": sweep.targets,
            f"{name}_rows": sweep.rows,
            f"{name}_source": stored[sweep.rows],
            f"{name}_tokens": sweep.tokens,
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
