"""What was asked of pieces: files of densities, as JSON or CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from fadernets.music.attributes import attribute


class Asked(BaseModel):
    """One density that was asked for.

    Attributes
    ----------
    file : str
        Name of the pair below its folders.
    attribute : str
        Of `fadernets.music.attributes.ATTRIBUTES`.
    density : float
        That was asked for, in the attribute's own unit.
    segment : int, optional
        Number of the segment, from 0, as ``fadernets describe`` lists them.
    from_, to : float, optional
        Beats between which the density was asked for, "from" and "to" in the file. Without them
        and without a segment it was asked of the whole piece.
    source : str, optional
        What was asked for several densities, where each has a file of its own; else the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    attribute: str
    density: Annotated[FiniteFloat, Field(ge=0)]
    segment: Annotated[int, Field(ge=0)] | None = None
    from_: Annotated[FiniteFloat, Field(ge=0)] | None = Field(None, alias="from")
    to: FiniteFloat | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _place(self) -> Self:
        attribute(self.attribute)
        if (self.from_ is None) != (self.to is None):
            raise ValueError('"from" and "to" go together')
        if self.from_ is not None and self.segment is not None:
            raise ValueError('either a segment or "from" and "to" can be given')
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise ValueError('"to" is not behind "from"')
        return self

    @property
    def origin(self) -> tuple[object, ...]:
        """What tells the places of pieces apart, whatever was asked of them."""
        return self.source or self.file, self.segment, self.from_, self.to, self.attribute


def read(path: Path) -> list[Asked]:
    """What a file says was asked: a JSON list of objects, or CSV with a head.

    Raises
    ------
    ValueError
        If it cannot be read or one of its rows is not as `Asked` has it.
    """
    try:
        rows = _rows(path)
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path} lists nothing that was asked")
    return [_asked(row, number, path) for number, row in enumerate(rows, 1)]


def _rows(path: Path) -> object:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() != ".csv":
        return json.loads(text)
    table = csv.DictReader(text.splitlines(), restkey="more cells than the head")
    return [{k: v for k, v in row.items() if v not in (None, "")} for row in table]


def _asked(row: object, number: int, path: Path) -> Asked:
    try:
        return Asked.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        place = "".join(f"{part}: " for part in fault["loc"])
        reason = fault["msg"].removeprefix("Value error, ")
        raise ValueError(f"{path}, entry {number}: {place}{reason}") from error
