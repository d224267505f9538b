"""Measure a model on segments it never saw.

``python -m train.evaluate --checkpoint NAME_OR_DIR --data FILE --out results.json``
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fadernets import checkpoint, events
from fadernets.attributes import ATTRIBUTES, measure
from fadernets.models.batch import UNLABELLED
from fadernets.net import FaderNet
from fadernets.notes import Notes
from train import corpora, metrics
from train.accuracy import hits
from train.dataset import TEST, Segments

POSITIONS = np.linspace(0, 1, 8)


def chosen(data: Segments, corpus: int, count: int, seed: int) -> np.ndarray:
    """Rows of randomly chosen test segments of one corpus."""
    rows = np.flatnonzero((data.split == TEST) & (data.corpus == corpus))
    return np.sort(np.random.default_rng(seed).permutation(rows)[:count])


def notes_of(data: Segments, rows: np.ndarray) -> list[Notes]:
    """The segments of some rows as notes."""
    return [events.decode(tokens) for tokens in data.tokens[rows].cpu().numpy()]


def token_accuracy(net: FaderNet, data: Segments, rows: np.ndarray) -> float:
    """Share of tokens that the decoder predicts, told the codes and all tokens before."""
    parts = [hits(net.model, data.batch(rows[i : i + 128])) for i in range(0, len(rows), 128)]
    return float(torch.cat(parts).double().mean())


def reconstruction(net: FaderNet, source: list[Notes]) -> dict:
    """How near a greedy reconstruction comes to its original."""
    played = net.reconstruct(source)
    pairs = list(zip(source, played, strict=True))
    error = np.array(
        [[abs(measure(a)[n] - measure(b)[n]) for n in ATTRIBUTES] for a, b in pairs]
    ).mean(0)
    return {
        "note_f1": round(float(np.mean([metrics.note_f1(a, b) for a, b in pairs])), 4),
        "pitch_class_cosine": round(
            float(np.mean([metrics.pitch_class_cosine(a, b) for a, b in pairs])), 4
        ),
        "density_error": dict(zip(ATTRIBUTES, np.round(error, 4).tolist(), strict=True)),
        "empty": sum(not len(b) for b in played),
    }


def response(net: FaderNet, source: list[Notes], name: str) -> dict:
    """What one fader does, its other left alone, at eight positions from end to end."""
    codes = net.encode(source)
    played = [net.slide(codes, {name: p}) for p in tqdm(POSITIONS, desc=name, disable=None)]
    found = {n: np.array([[measure(s)[n] for s in row] for row in played]).T for n in ATTRIBUTES}
    asked = net.density(name, POSITIONS)
    return {
        "asked": np.round(asked, 4).tolist(),
        "measured_mean": np.round(found[name].mean(0), 4).tolist(),
        "measured_sd": np.round(found[name].std(0), 4).tolist(),
        "others_mean": {n: np.round(v.mean(0), 4).tolist() for n, v in found.items() if n != name},
        "spearman_of_mean": round(metrics.spearman_of_mean(asked, found[name]), 4),
        "spearman_each": round(metrics.spearman_each(asked, found[name]), 4),
        "mean_absolute_error": round(float(np.abs(found[name] - asked).mean()), 4),
        "empty": sum(not len(s) for row in played for s in row),
    }


def arousal(net: FaderNet, data: Segments, source: list[Notes]) -> dict:
    """Arousal told apart on labelled pieces never seen, and moved on performances.

    A transfer is judged by the model's own q(high) of what it played, heard anew.
    """
    rows = np.flatnonzero((data.split == TEST) & (data.arousal.cpu().numpy() != UNLABELLED))
    high = data.arousal.cpu().numpy()[rows] == 1
    found: dict = {
        "labelled_segments": len(rows),
        "labelled_pieces": len(np.unique(data.piece[rows])),
        "auc": None,  # without labels of both kinds there is nothing to tell apart
        "accuracy": None,
    }
    if high.any() and not high.all():
        probability = net.arousal(notes_of(data, rows))
        found["auc"] = round(metrics.auc(probability, high), 4)
        found["accuracy"] = round(float(((probability > 0.5) == high).mean()), 4)
    before = net.arousal(net.reconstruct(source))
    densities = {n: np.array([measure(s)[n] for s in source]) for n in ATTRIBUTES}
    for target in ("low", "high"):
        played = net.transfer(source, target)
        heard = [s for s in played if len(s)]
        after = net.arousal(heard)
        kept = np.array([len(s) > 0 for s in played])
        sign = 1 if target == "high" else -1
        found[target] = {
            "mean_before": round(float(before.mean()), 4),
            "mean_after": round(float(after.mean()), 4),
            "moved_or_there": round(float((sign * (after - before[kept]) >= 0).mean()), 4),
            "density_change": {
                n: round(float(np.mean([measure(s)[n] for s in played]) - d.mean()), 4)
                for n, d in densities.items()
            },
        }
    return found


def commit() -> str | None:
    """The code's commit, where it is known."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def evaluate(name: str, data: Segments, count: int, seed: int) -> dict:
    """Every figure of one model, with what is needed to measure it again."""
    began = time.perf_counter()
    net = FaderNet.load(name, device=str(data.tokens.device))
    rows = chosen(data, corpora.PERFORMANCES, count, seed)
    source = notes_of(data, rows)
    return {
        "checkpoint": net.name,
        "weights_sha256": dict(
            line.split()[::-1]
            for line in (checkpoint.find(name) / checkpoint.SUMS).read_text().splitlines()
        )[checkpoint.WEIGHTS],
        "data_sha256": data.sha256,
        "commit": commit(),
        "seed": seed,
        "segments": len(rows),
        "performances": len(np.unique(data.piece[rows])),
        "token_accuracy": round(token_accuracy(net, data, rows), 4),
        "reconstruction": reconstruction(net, source),
        "faders": {fader: response(net, source, fader) for fader in net.faders},
        "arousal": arousal(net, data, source),
        "seconds": round(time.perf_counter() - began, 1),
    }


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description=__doc__)
    parser.add_argument("--checkpoint", action="append", required=True, help="name or folder")
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--segments", type=int, default=200, help="test segments, 200 by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    try:
        data = Segments.load(options.data, device=options.device)
        found = [
            evaluate(name, data, options.segments, options.seed) for name in options.checkpoint
        ]
    except ValueError as error:
        print(f"train.evaluate: {error}", file=sys.stderr)
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
