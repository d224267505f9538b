"""What somebody says of a trial: what each value may be, wherever the answer comes from.

The API's body, the rows of exports and journals, and the ratings of a CSV file are all checked by
these types; the database's constraints are the same.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from db.models import BEST, LONGEST_COMMENT, LONGEST_SECONDS, WORST, Direction


def storable(text: str) -> str:
    """The text.

    Raises
    ------
    ValueError
        If it holds a NUL, which no PostgreSQL stores.
    """
    if "\0" in text:
        raise ValueError("it holds a character that cannot be stored")
    return text


Rating = Annotated[int, Field(strict=True, ge=WORST, le=BEST)]
Comment = Annotated[str, StringConstraints(max_length=LONGEST_COMMENT), AfterValidator(storable)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False)]
StoredSubmission = Annotated[str, StringConstraints(max_length=64), AfterValidator(storable)]
RATING: TypeAdapter[int] = TypeAdapter(Rating)


class Judgement(BaseModel):
    """A direction and four ratings; strict: a number in quotes is no number.

    `submission` is a key that the browser makes, by which an answer sent twice is known.
    """

    model_config = ConfigDict(strict=True)

    submission: StoredSubmission
    direction: Direction
    rhythm: Rating
    melody: Rating
    harmony: Rating
    naturalness: Rating
