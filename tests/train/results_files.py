"""Small results files whose figures can be checked by hand."""

from __future__ import annotations

import json

HASHES = {"weights_sha256": "aaaaaaaa11", "data_sha256": "bbbbbbbb22", "commit": "cccccccc33"}


def fresh(entry: dict) -> dict:
    """The same, with no part in common with another or with itself."""
    return json.loads(json.dumps(entry))


def controlled(first: float) -> dict:
    return {
        "normalised": {"consistency": [first, 0.01], "restrictiveness": [first + 0.1, 0.02]},
        "linearity_each": [first + 0.2, 0.03],
    }


def evaluation(name: str = "mine", model: str = "gmvae") -> dict:
    """One model of `train.evaluate`, with the values that figures read."""
    response = {
        "asked": [0.25, 0.5, 1.0],
        "measured_mean": [0.375, 0.5, 0.75],
        "measured_sd": [0.125, 0.0, 0.25],
        "mean_absolute_error": 0.125,
    }
    identity = {"note_f1": 0.9, "pitch_class_cosine": 0.8, "key_kept": 0.7, "contour": 0.6}
    moved = {"note_f1": 0.5, "pitch_class_cosine": 0.4, "key_kept": 0.3, "contour": 0.2}
    curve = [
        {"distance": -2.0, "n": 0},
        {"distance": -1.0, "n": 3, "moved": -0.75, **moved},
        {"distance": 1.0, "n": 4, "moved": 0.5, **moved},
    ]
    sides = {"n": 4, "moved": 0.75, "moved_by_reconstruction": 0.25}
    protocol = {"runs": 2, "segments": 3, "values": 8, "scale": "z", "seed": 5, "best_of": 1}
    return fresh(
        {
            "checkpoint": name,
            "model": model,
            "player": "Retelling",
            **HASHES,
            "seed": 5,
            "segments": 7,
            "performances": 6,
            "reconstruction": identity | {"empty": 0},
            "faders": {"rhythm": response, "note": response},
            "identity": {"rhythm": curve, "note": curve},
            "arousal": {"labelled_segments": 9, "labelled_pieces": 2, "auc": 0.7, "accuracy": 0.6},
            "classified_transfers": {"high": sides, "low": sides},
            "table": {
                "protocol": protocol,
                "faders": {"rhythm": controlled(0.3), "note": controlled(0.4)},
            },
        }
    )


def latent(name: str = "mine", model: str = "gmvae") -> dict:
    """One model of `train.latent`: four mixed segments, three rated ones."""
    places = {"x": [0.0, 1.0, 0.5, 0.25], "y": [0.0, 0.5, 1.0, 0.75]}
    codes = {
        code: places | {"zd": {code: [-1.0, 0.0, 1.0, 2.0]}, "high": [0.0, 1.0, 0.5, 0.25]}
        for code in ("rhythm", "note")
    }
    return fresh(
        {
            "kind": "latent",
            "name": name,
            "model": model,
            **HASHES,
            "seed": 5,
            "perplexity": 30.0,
            "mixed": {
                "segments": 4,
                "pieces": 3,
                "density": {"rhythm": [0.1, 0.2, 0.3, 0.4], "note": [1.0, 2.0, 3.0, 4.0]},
                "arousal": [0, 1, -1, 1],
                "codes": codes,
            },
            "labelled": {
                "segments": 3,
                "pieces": 2,
                "arousal": [0, 1, 1],
                "x": [0.0, 1.0, 0.5],
                "y": [1.0, 0.0, 0.5],
                "silhouette": 0.125,
                "auc": 0.75,
                "auc_interval": [0.5, 0.875],
            },
        }
    )


def transfers(name: str = "mine") -> dict:
    """One model of `train.transfers`: two notes of which one stays, and a new one."""
    grid = {"beats": [0.0, 1.0], "bars": [0.0]}
    original = {"notes": [[0.0, 1.0, 60, 70], [1.0, 2.0, 64, 70]], "marks": ["kept", "removed"]}
    result = {"notes": [[0.0, 0.5, 60, 70], [0.5, 2.0, 67, 70]], "marks": ["kept", "added"]}
    drawing = {"original": original | grid, "result": result | grid}
    example = {
        "piece": "Nobody: Nothing",
        "first_segment": 0,
        "segments": 1,
        "move": "high arousal",
        "before": {"rhythm": 0.25},
        "after": {"rhythm": 0.5},
        "drawing": drawing | {"length_s": 2.0, "pitches": [60, 67]},
    }
    return fresh(
        {"kind": "transfers", "name": name, "model": "gmvae", **HASHES, "decoding": "greedy"}
        | {"examples": [example]}
    )
