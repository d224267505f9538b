"""From a training run to a model that `fadernets.load` takes: calibrated faders, half precision.

``python -m train.export --run DIR --data FILE --out DIR`` exports a run that was stopped early, and
with ``--results FILE`` writes down how it was trained. ``--valence DIR --data FILE`` measures what
an exported model, perhaps older than that, knows of valence, and changes nothing else of it;
``--scales DIR --data FILE`` measures the scales of an exported reviser's faders.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError
from scipy.optimize import isotonic_regression

from fadernets import checkpoint, mood_transfer
from fadernets.compute.recurrence import BFLOAT16
from fadernets.decoding.generate import generate
from fadernets.faders import Fader
from fadernets.models import Model, build
from fadernets.models.config import ModelConfig
from fadernets.models.mixture import MixtureVAE
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music.attributes import PLANNED, PLANNED_ONSETS
from fadernets.music.events import decode
from fadernets.music.grid import notes_of_tokens
from train.data.dataset import SPLITS, TRAIN, VALIDATION, Segments
from train.data.encoded import encoded
from train.run.loop import LOG
from train.run.resume import CHECKPOINT, RunState, load_state

if TYPE_CHECKING:  # training needs none of what results files do
    from train.reporting.results.training import Training

KNOTS = 17
SWEEP = 21  # values of z^d that are decoded
OUTERMOST_PERCENT = 1.0  # percent of the training segments beyond either end of a fader
ENCODED = 2_048  # training segments whose z^d is looked at
BEYOND = 0.25  # z^d is swept this share of its training range past either end
FLAT = 0.03  # of a scale: a gain in density too small to go farther for
REACH = 2.5  # the way from calm to energetic, in distances between the labelled groups' mean codes
STATES_REACH = 2.0  # the same way for a reviser, in distances between the groups' mean densities
DECODED = 64  # validation segments that are slid over the whole range


@torch.inference_mode()
def response(
    model: SegmentVAE, data: Segments, rows: np.ndarray, name: str, sweep: np.ndarray
) -> np.ndarray:
    """Density of what is decoded when an attribute's z^d takes each value of a sweep.

    Returns
    -------
    float64 array, shape (len(rows), len(sweep))
    """
    handle = model.handles[name]
    codes = encoded(model, data, rows)
    batch = data.batch(rows)
    played = []
    for value in sweep:
        moved = codes[handle.code].clone()
        moved[:, handle.dimension] = float(value)
        condition = model.condition(codes | {handle.code: moved}, batch.key)
        tokens = generate(model.decoder, condition, precision=BFLOAT16)  # means are wanted
        notes = [decode(row) for row in tokens.cpu().numpy()]
        played.append([data.measure(n, [name])[name] for n in notes])
    return np.array(played).T


def calibrate(model: SegmentVAE, data: Segments, name: str, seed: int = 0) -> Fader:
    """A fader's scale, fitted on what the decoder plays for unseen segments.

    z^d is swept over its range in the training set and a quarter as far again on either side; the
    mean density of the decoded segments is made monotone (isotonic regression) and inverted. Where
    the decoder does not reach an end of the scale, z^d stays at the innermost value that comes
    within `FLAT` of the farthest it gets: the decoder learnt nothing beyond. A fader that moves
    nothing, because the model ignores it, keeps its range of training.
    """
    model.eval()
    rng = np.random.default_rng(seed)
    train = rng.permutation(np.flatnonzero(data.split == TRAIN))[:ENCODED]
    validation = rng.permutation(np.flatnonzero(data.split == VALIDATION))[:DECODED]
    densities = data.densities[name].cpu().numpy()
    low, high = np.percentile(
        densities[data.split == TRAIN], (OUTERMOST_PERCENT, 100 - OUTERMOST_PERCENT)
    )
    handle = model.handles[name]
    z = encoded(model, data, np.sort(train))[handle.code][:, handle.dimension].cpu().numpy()
    past = BEYOND * np.ptp(z)
    sweep = np.linspace(z.min() - past, z.max() + past, SWEEP)
    played = response(model, data, validation, name, sweep).mean(0)
    rising = isotonic_regression(played).x + 1e-6 * np.arange(len(sweep))
    flat = FLAT * (high - low)
    first = np.flatnonzero(rising <= rising[0] + flat)[-1]
    last = np.flatnonzero(rising >= rising[-1] - flat)[0]
    knots = np.linspace(low, high, KNOTS)
    if first < last:
        code = np.interp(knots, rising[first : last + 1], sweep[first : last + 1])
    else:
        code = np.linspace(z.min(), z.max(), KNOTS)
    code = np.maximum.accumulate(code) + 1e-6 * np.arange(KNOTS)
    return Fader(name, tuple(np.round(knots, 6).tolist()), tuple(np.round(code, 7).tolist()))


def measure_poles(model: SegmentVAE, data: Segments) -> None:
    """Set the model's poles to the mean codes of its labelled training segments, pulled apart.

    They are `REACH` times as far from each other as those means, so that listeners hear a shift of
    strength 1.
    A component without labelled segments takes its learnt mean. A model without mixtures has no
    poles to be set.
    """
    if not isinstance(model, MixtureVAE):
        return
    model.eval()
    arousal = data.arousal.cpu().numpy()
    for component in range(model.config.components):
        rows = np.flatnonzero((data.split == TRAIN) & (arousal == component))
        codes = encoded(model, data, rows) if len(rows) else {}
        for name, poles in model.poles.items():
            learnt = model.means[name][component].detach()
            poles[component] = codes[name].mean(0) if name in codes else learnt
    for poles in model.poles.values():
        middle = poles.mean(0)
        poles.copy_(middle + REACH * (poles - middle))


def measure_valence(model: SegmentVAE, data: Segments) -> None:
    """Set the model's poles of valence to the mean codes of its labelled training segments.

    The poles lie as far apart as those of arousal. The part of their difference that is parallel to
    the difference of arousal's poles is taken out, so that valence moves alone. A model without
    mixtures, or data without labels of both sides, gets no poles.
    """
    if not isinstance(model, MixtureVAE):
        return
    model.eval()
    valence, means = data.valence.cpu().numpy(), []
    for side in mood_transfer.SIDES.values():
        rows = np.flatnonzero((data.split == TRAIN) & (valence == side))
        if not len(rows):
            return
        means.append({n: c.mean(0) for n, c in encoded(model, data, rows).items()})
    poles = {}
    for name, (low, high) in model.poles.items():
        arousal = high - low
        direction = means[1][name] - means[0][name]
        direction = direction - (direction @ arousal) / (arousal @ arousal) * arousal
        middle = (means[0][name] + means[1][name]) / 2
        poles[name] = torch.stack([middle - REACH / 2 * direction, middle + REACH / 2 * direction])
    model.learn_valence(poles)


def measure_states(model: Reviser, data: Segments) -> None:
    """Set the reviser's poles: mean rhythm density and velocity of calm and energetic segments.

    Those of the labelled training segments, `STATES_REACH` times as far apart, so that a shift of
    strength 1 is heard. Without labels they stay 0, and arousal is not to be moved.
    """
    arousal, means = data.arousal.cpu().numpy(), []
    for state in range(len(model.poles)):
        rows = np.flatnonzero((data.split == TRAIN) & (arousal == state))
        if not len(rows):
            return
        batch = data.batch(rows)
        velocity = notes_of_tokens(batch.tokens).velocity.mean()
        means.append(torch.stack([batch.densities[PLANNED_ONSETS].mean(), velocity]))
    poles = torch.stack(means)
    middle = poles.mean(0)
    model.poles.copy_(middle + STATES_REACH * (poles - middle))


def scales_by_keys(model: Reviser, data: Segments) -> dict[str, Fader]:
    """Scales of a reviser's faders: it reaches densities exactly, those of keys.

    They end where the training segments' densities without the pedal do, with the codes that the
    scales of the model that makes its codes have for the same densities. Data without densities of
    keys leave these scales as they are.
    """
    _, of_sound = checkpoint.load(checkpoint.find(model.config.codes))
    scales = {name: fader for name, fader in of_sound.items() if name in PLANNED}
    for name, fader in scales.items():
        if name in data.key_densities:
            densities = data.key_densities[name][data.split == TRAIN]
            low, high = np.percentile(densities, (OUTERMOST_PERCENT, 100 - OUTERMOST_PERCENT))
            knots = np.linspace(low, high, KNOTS)
            code = np.interp(knots, fader.density, fader.code) + 1e-6 * np.arange(KNOTS)
            scales[name] = Fader(
                name, tuple(np.round(knots, 6).tolist()), tuple(np.round(code, 7).tolist())
            )
    return scales


def export(model: Model, data: Segments, out: Path) -> None:
    """Measure a trained model's poles, calibrate its faders and save all of it.

    A reviser has faders for the attributes that it plans.
    """
    if isinstance(model, Reviser):
        measure_states(model, data)
        checkpoint.save(model, scales_by_keys(model, data), out)
        return
    measure_poles(model, data)
    measure_valence(model, data)
    scales = {name: calibrate(model, data, name) for name in model.handles}
    checkpoint.save(model, scales, out)


def add_valence(folder: Path, data: Segments) -> None:
    """Measure valence of an exported model and save that alone.

    Raises
    ------
    ValueError
        If the folder holds no model, or there is nothing for it to learn.
    """
    model, _ = checkpoint.load(folder)
    if not isinstance(model, Reviser):
        measure_valence(model, data)
    if not getattr(model, "valence", {}):
        raise ValueError(f"{folder}: no mixtures, or no labels of both low and high valence")
    checkpoint.save_valence(model, folder)


def scale(folder: Path, data: Segments) -> None:
    """Measure the scales of an exported reviser's faders and save them alone.

    Raises
    ------
    ValueError
        If the folder holds no reviser, or the data no densities of keys.
    """
    model, _ = checkpoint.load(folder)
    if not isinstance(model, Reviser):
        raise ValueError(f"{folder} holds no reviser: the scales of other models are of sound")
    if not data.key_densities:
        raise ValueError("the data has no densities of keys: prepare it again with train.prepare")
    checkpoint.save_scales(scales_by_keys(model, data), folder)


def history(state: RunState, log: Path, model: Model, hardware: str) -> Training:
    """The settings of a training run and the losses of its last validation.

    Parameters
    ----------
    state : RunState
        The run's checkpoint.
    log : Path
        Its CSV log.
    model : Model
    hardware : str
        What it was trained on, in words.
    """
    from train.reporting.results.training import Training

    with log.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["set"] == "validation"]
    last_row = rows[-1] if rows else {}
    columns = ("step", "set", "seconds", "beta", "learning_rate")  # of the log beside the losses
    return Training(
        hardware=hardware,
        torch=str(torch.__version__),
        steps=state["step"],
        batch=state["train_config"]["batch"],
        minutes=round(state["seconds"] / 60, 1),
        seed=state["train_config"]["seed"],
        parameters=sum(p.numel() for p in model.parameters()),
        data_sha256=state["data_sha256"],
        model_config=state["model_config"]
        | {"attributes": list(state["model_config"]["attributes"])},
        train_config=state["train_config"],
        validation_step=int(last_row.get("step", 0)),
        validation={n: float(v) for n, v in last_row.items() if n not in columns and v},
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    from train.reporting.writing import text_of, write

    parser = argparse.ArgumentParser(prog="python -m train.export", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", type=Path, help="folder of train.fit")
    which.add_argument("--valence", type=Path, metavar="DIR", help="folder of an exported model")
    which.add_argument("--scales", type=Path, metavar="DIR", help="folder of an exported reviser")
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, help="folder to write, for --run")
    parser.add_argument("--results", type=Path, help="JSON file for how the run was trained")
    parser.add_argument("--hardware", default=platform.machine(), help="for --results, in words")
    options = parser.parse_args(arguments)
    if options.run and not options.out:
        parser.error("--run needs --out")
    try:
        if options.valence:
            add_valence(options.valence, Segments.load(options.data))
            return 0
        if options.scales:
            scale(options.scales, Segments.load(options.data))
            return 0
        state = load_state(options.run / CHECKPOINT)
        data = Segments.load(options.data, state.get("split", SPLITS[0]))
        settings = state["model_config"] | {
            "attributes": tuple(state["model_config"]["attributes"])
        }
        model = build(ModelConfig(**settings))
        model.load_state_dict(state["model"])
        export(model, data, options.out)
        if options.results:
            record = history(state, options.run / LOG, model, options.hardware)
            write(options.results, text_of(record))
    except (OSError, ValueError, SafetensorError) as error:
        print(f"train.export: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
