"""The summary of `train.prepare`: counts, checksums and densities of prepared data."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, FiniteFloat

from train.reporting.results.part import ResultsPart

DENSITY = "_density"  # ends the names of densities in the file


class DensitySummary(ResultsPart):
    """One density over the performances and over rated segments; None where there are none."""

    mean: FiniteFloat | None
    sd: FiniteFloat | None
    percentiles_5_50_95: Annotated[list[FiniteFloat | None], Field(min_length=3, max_length=3)]
    mean_high_arousal: FiniteFloat | None
    mean_low_arousal: FiniteFloat | None


class Preparation(ResultsPart):
    """Files and segments that were read, and beside these counts ``NAME_density`` for each name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, DensitySummary]

    definition: str = "sound"
    seconds: FiniteFloat
    files: int
    files_unusable: int
    segments_performances: int
    segments_vgmidi: int
    segments_high_arousal: int
    segments_low_arousal: int
    dropped: dict[str, int]
    mean_tokens: FiniteFloat | None
    tokens_sha256: str

    @property
    def densities(self) -> dict[str, DensitySummary]:
        """The summary of each attribute's densities, by its name."""
        return {
            name.removesuffix(DENSITY): density for name, density in self.__pydantic_extra__.items()
        }
