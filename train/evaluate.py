"""Measure models on segments they never saw.

``python -m train.evaluate --checkpoint NAME_OR_DIR --data FILE --out results.json`` measures
reconstruction, faders, identity and arousal; ``--runs 10`` adds the paper's Table 1, and ``--dump
decoded.npz`` stores every decoded segment of that table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fadernets import checkpoint
from fadernets.music import attributes, events
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train import metrics
from train.data import corpora
from train.data.dataset import SPLITS, TEST, Segments
from train.data.definitions import Measure
from train.evaluation import mood_classifier
from train.evaluation.arousal import arousal, transfers_by_classifier
from train.evaluation.identity import curve, identity
from train.evaluation.mood_classifier import MoodClassifier, held_out
from train.evaluation.sweep import SCALES, Protocol, measured_names, spread
from train.evaluation.table1 import dump, table
from train.evaluation.token_accuracy import hits
from train.reporting.results.evaluation import Evaluation, Reconstruction, Response, Table1
from train.reporting.writing import text_of, write

POSITIONS = np.linspace(0, 1, 8)
QUANTILES = (0.1, 0.9)  # four segments of five lie between them


def chosen(data: Segments, corpus: int, count: int, seed: int) -> np.ndarray:
    """Rows of randomly chosen test segments of one corpus."""
    rows = np.flatnonzero((data.split == TEST) & (data.corpus == corpus))
    return np.sort(np.random.default_rng(seed).permutation(rows)[:count])


def notes_of(data: Segments, rows: np.ndarray) -> list[Notes]:
    """The segments of some rows as notes."""
    return [events.decode(tokens) for tokens in data.tokens[rows].cpu().numpy()]


def token_accuracy(net: FaderNet, data: Segments, rows: np.ndarray) -> float:
    """Share of tokens that the decoder predicts from the codes and all earlier tokens."""
    parts = [hits(net.model, data.batch(rows[i : i + 128])) for i in range(0, len(rows), 128)]
    return float(torch.cat(parts).double().mean())


def reconstruction(
    net: FaderNet, source: list[Notes], measure: Measure = attributes.measure
) -> Reconstruction:
    """Identity of greedy reconstructions with their originals, and errors of their densities."""
    played, names = net.reconstruct(source), measured_names(net)
    error = np.array(
        [
            [abs(measure(a)[n] - measure(b)[n]) for n in names]
            for a, b in zip(source, played, strict=True)
        ]
    ).mean(0)
    return Reconstruction(
        **identity(source, played).stored(),
        density_error=dict(zip(names, np.round(error, 4).tolist(), strict=True)),
        empty=sum(not len(b) for b in played),
    )


def response(
    net: FaderNet, source: list[Notes], name: str, measure: Measure = attributes.measure
) -> Response:
    """Densities at eight positions of one fader, from end to end; the other faders do not move."""
    codes, names = net.encode(source), measured_names(net)
    played = [net.slide(codes, {name: p}) for p in tqdm(POSITIONS, desc=name, disable=None)]
    densities = {n: np.array([[measure(s)[n] for s in row] for row in played]).T for n in names}
    moved = densities[name]
    targets = net.density(name, POSITIONS)
    low, high = np.quantile(moved, QUANTILES, axis=0)
    return Response(
        asked=np.round(targets, 4).tolist(),
        measured_mean=np.round(moved.mean(0), 4).tolist(),
        measured_sd=np.round(moved.std(0), 4).tolist(),
        measured_10=np.round(low, 4).tolist(),
        measured_90=np.round(high, 4).tolist(),
        others_mean={n: np.round(d.mean(0), 4).tolist() for n, d in densities.items() if n != name},
        spearman_of_mean=round(metrics.spearman_of_mean(targets, moved), 4),
        spearman_each=round(metrics.spearman_each(targets, moved), 4),
        mean_absolute_error=round(metrics.target_error(targets, moved), 4),
        empty=sum(not len(s) for row in played for s in row),
    )


def commit() -> str | None:
    """The commit of the code, or None outside a git checkout."""
    try:
        process = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return process.stdout.strip()


def weights_sha256(name: str | Path) -> str:
    """Checksum of a checkpoint's weights."""
    lines = (checkpoint.find(name) / checkpoint.SUMS).read_text().splitlines()
    return dict(line.split()[::-1] for line in lines)[checkpoint.WEIGHTS]


def loaded(name: str, data: Segments, *, strict: bool = False) -> FaderNet:
    """A model that takes what a prepared file has; `strict` as `FaderNet.strict`."""
    net = FaderNet.load(name, device=str(data.tokens.device), by_sound=data.by_sound)
    return net.strict() if strict else net


def evaluate(
    net: FaderNet,
    name: str,
    data: Segments,
    count: int,
    seed: int,
    classifier: MoodClassifier | None,
) -> Evaluation:
    """All figures of one model except Table 1, with the settings to measure them again."""
    began = time.perf_counter()
    data.require(net.faders)
    rows = chosen(data, corpora.PERFORMANCES, count, seed)
    source = notes_of(data, rows)
    sd, has_moods = spread(data), bool(net.model.poles)
    return Evaluation(
        checkpoint=net.name,
        model=net.model.config.model,
        player=type(net.realiser).__name__,
        weights_sha256=weights_sha256(name),
        data_sha256=data.sha256,
        commit=commit(),
        seed=seed,
        segments=len(rows),
        performances=len(np.unique(data.piece[rows])),
        token_accuracy=round(token_accuracy(net, data, rows), 4),
        reconstruction=reconstruction(net, source, data.measure),
        faders={fader: response(net, source, fader, data.measure) for fader in net.faders},
        identity={
            fader: curve(net, source, fader, sd[fader], data.measure) for fader in net.faders
        },
        arousal=arousal(net, data, source) if has_moods else None,
        classified_transfers=transfers_by_classifier(net, source, classifier)
        if has_moods and classifier
        else None,
        classifier=held_out(classifier, data) if classifier else None,
        seconds=round(time.perf_counter() - began, 1),
    )


def table_of(net: FaderNet, data: Segments, protocol: Protocol, path: Path | None) -> Table1 | None:
    """Table 1 of one model, None for one without faders; `path` gets the decoded segments."""
    began = time.perf_counter()
    if not net.faders:
        return None
    result, sweeps = table(net, data, protocol)
    if path:
        dump(path, data, sweeps)
    seconds = time.perf_counter() - began
    decodes = len(sweeps) * protocol.best_of * protocol.runs * protocol.segments * protocol.values
    return result.model_copy(
        update={
            "seconds": round(seconds, 1),
            "ms_per_decode": round(1000 * seconds / decodes, 3),
        }
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = parser().parse_args(arguments)
    evaluations = []
    try:
        protocol = Protocol(
            runs=options.runs or 1,
            segments=options.samples,
            scale=options.scale,
            best_of=options.best_of,
            seed=options.seed,
        )
        data = Segments.load(options.data, options.split, options.device)
        file = options.classifier
        classifier = mood_classifier.load(file) if file else _own_classifier(data)
        for name in options.checkpoint:
            net = loaded(name, data, strict=options.strict)
            result = evaluate(net, name, data, options.segments, options.seed, classifier)
            if options.runs:
                path = options.dump
                if path and len(options.checkpoint) > 1:
                    path = path.with_name(f"{path.stem}-{result.checkpoint}{path.suffix}")
                result = result.model_copy(update={"table": table_of(net, data, protocol, path)})
            evaluations.append(result)
        text = text_of(evaluations)
        write(options.out, text)
    except (OSError, ValueError) as error:
        print(f"train.evaluate: {error}", file=sys.stderr)
        return 2
    print(text, end="")
    return 0


def _own_classifier(data: Segments) -> MoodClassifier | None:
    """A mood classifier fitted to the file's own labels, or None if it has no labels."""
    try:
        return mood_classifier.fit_training_pieces(data)
    except ValueError:
        return None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.evaluate", description=__doc__)
    options.add_argument("--checkpoint", action="append", required=True, help="name or folder")
    options.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options.add_argument("--segments", type=int, default=200, help="test segments, 200 by default")
    options.add_argument(
        "--classifier",
        "--judge",  # its name in the first versions
        type=Path,
        help="file of train.evaluation.mood_classifier, else the data's own",
    )
    options.add_argument("--runs", type=int, default=0, help="runs of Table 1; 10 in the paper")
    options.add_argument("--samples", type=int, default=100, help="segments of each run")
    options.add_argument("--scale", choices=SCALES, default="z", help="what Table 1 asks for")
    options.add_argument("--best-of", type=int, default=1, help="decodes of each, for scale fader")
    options.add_argument("--dump", type=Path, help="NPZ file for what was played for Table 1")
    options.add_argument(
        "--strict", action="store_true", help="of an arranger: what nobody asks for stays exactly"
    )
    options.add_argument("--split", choices=SPLITS, default=SPLITS[0])
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return options


if __name__ == "__main__":
    sys.exit(main())
