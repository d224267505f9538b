"""Results of `train.transfers`: pieces before and after, as notes to draw."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from train.reporting.results.part import ResultsPart


class MarkedNotes(ResultsPart):
    """Notes (onset and offset in seconds, pitch, velocity), each with a mark."""

    notes: list[Annotated[list[FiniteFloat], Field(min_length=4, max_length=4)]]
    marks: list[Literal["kept", "added", "removed"]]
    beats: list[FiniteFloat]
    bars: list[FiniteFloat]

    @model_validator(mode="after")
    def _columns(self) -> Self:
        return self.alike(self.notes, self.marks)


class Drawing(ResultsPart):
    """Two pieces on one time axis."""

    original: MarkedNotes
    result: MarkedNotes
    length_s: Annotated[float, Field(gt=0)]
    pitches: Annotated[list[int], Field(min_length=2, max_length=2)]


class TransferExample(ResultsPart):
    """One piece before and after."""

    piece: str
    first_segment: int
    segments: int
    move: str
    control: str | None = None
    before: dict[str, FiniteFloat]
    after: dict[str, FiniteFloat]
    drawing: Drawing


class Transfers(ResultsPart):
    """One model of `train.transfers`."""

    kind: Literal["transfers"]
    name: str
    model: str
    player: str | None = None
    weights_sha256: str
    commit: str | None
    decoding: str
    examples: list[TransferExample]
