"""Facts of a caption: which weights, which code, which data, which seed."""

from __future__ import annotations

from collections.abc import Sequence

from train.reporting.results.evaluation import Evaluation
from train.reporting.results.latent import Latent
from train.reporting.results.transfers import Transfers

HASH_DIGITS = 8  # digits of a hash


def provenance(parts: Sequence[Evaluation | Latent | Transfers]) -> str:
    """What tells these results from others; what all share is said once."""
    weights = ", ".join(f"{p.name} {p.weights_sha256[:HASH_DIGITS]}" for p in parts)
    sentences = [f"Weights: {weights}"]
    for label, attribute in (("code", "commit"), ("data", "data_sha256"), ("seed", "seed")):
        values = [getattr(p, attribute, None) for p in parts]
        if not any(value is not None for value in values):
            continue
        short = [_short(value) for value in values]
        if len(set(short)) == 1:
            sentences.append(f"{label} {short[0]}")
        else:
            by_model = ", ".join(f"{p.name} {s}" for p, s in zip(parts, short, strict=True))
            sentences.append(f"{label}: {by_model}")
    return "; ".join(sentences) + "."


def counts(parts: Sequence[Evaluation]) -> str:
    """How many segments were measured, once if all models had as many."""
    sentences = {
        p.name: f"{p.segments} test segments of {p.performances} performances" for p in parts
    }
    if len(set(sentences.values())) == 1:
        return next(iter(sentences.values())) + "."
    return "; ".join(f"{name}: {count}" for name, count in sentences.items()) + "."


def _short(value: str | int | None) -> str:
    if value is None:
        return "unknown"
    return value[:HASH_DIGITS] if isinstance(value, str) else str(value)
