"""What all parts of results share.

A part may be missing; one that is there has to be whole. Fields that no figure needs are optional,
since files made before they were counted lack them.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Value = TypeVar("Value")
Numbers = Annotated[list[FiniteFloat], Field(min_length=1)]
MeanSd = Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)]
Share = Annotated[float, Field(ge=0, le=1)]


class ResultsPart(BaseModel):
    """Some values of a results file; others in it are passed by."""

    model_config = ConfigDict(strict=True, frozen=True)

    def stored(self) -> dict[str, Any]:
        """The values that were measured, for a results file."""
        return self.model_dump(exclude_unset=True)

    def alike(self, *columns: Sized | None) -> Self:
        """Refuse columns of different lengths."""
        lengths = {len(column) for column in columns if column is not None}
        if len(lengths) > 1:
            raise ValueError(f"columns that belong together have {sorted(lengths)} values")
        return self


class Estimate(ResultsPart):
    """A mean or a share of n values, with its 95 % interval over pieces if there are several."""

    mean: FiniteFloat
    interval: MeanSd | None = None
    n: int


def present(part: Value | None) -> Value:
    """A part that is known to be there.

    Raises
    ------
    ValueError
        If it is not.
    """
    if part is None:
        raise ValueError("a part of the results is missing")
    return part
