"""Results of `train.ablation`: variants of the arranger."""

from __future__ import annotations

from pydantic import FiniteFloat

from train.reporting.results.part import ResultsPart


class VariantControl(ResultsPart):
    """Table 1's scores of one fader over one run, and the error of its density."""

    consistency: FiniteFloat
    restrictiveness: FiniteFloat
    linearity: FiniteFloat
    target_error: FiniteFloat


class VariantIdentity(ResultsPart):
    """What is left of n segments; n is not counted where nothing moved."""

    n: int | None = None
    note_f1: FiniteFloat | None = None
    pitch_class_cosine: FiniteFloat | None = None
    key_kept: FiniteFloat | None = None
    contour: FiniteFloat | None = None


class VariantTime(ResultsPart):
    """Milliseconds a segment: one alone, encoded and played, and each of many, played."""

    one_ms: FiniteFloat
    each_ms: FiniteFloat


class VariantRow(ResultsPart):
    """One variant of the ablation; control by fader, identity by move."""

    idea: str
    model: str
    decodes: int
    searches: bool
    control: dict[str, VariantControl]
    identity: dict[str, VariantIdentity]
    time: VariantTime


class Ablation(ResultsPart):
    """What `train.ablation` measured."""

    segments: int
    seed: int
    sd: dict[str, FiniteFloat]
    data_sha256: str
    commit: str | None
    threads: int
    machine: str
    rows: list[VariantRow]
