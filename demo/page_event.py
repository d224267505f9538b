"""What the page writes for an event: which piece it is about, which move it is, what it wants."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError

from demo.editing.requests import Values
from demo.guard.blocks import Sentence

CONFUSED = "The page asked for nothing that can be done."
_VALUES: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True)
class PageEvent:
    """What the page wrote into its value for an event.

    Attributes
    ----------
    piece : str
        Id of the piece.
    example : str or None
        The example that the piece is.
    number : int
        Which of the page's moves it belongs to; they count up.
    values : mapping
        All of it: what `demo.editing.requests` reads.
    """

    piece: str
    example: str | None
    number: int
    values: Values

    @classmethod
    def read(cls, text: str) -> PageEvent:
        """Raises `Sentence` if the page never writes such a value."""
        try:
            values = _VALUES.validate_json(text)
        except ValidationError:  # its text holds what was sent
            raise Sentence(CONFUSED) from None
        piece, example, number = (values.get(name) for name in ("piece", "example", "number"))
        if not isinstance(piece, str):
            raise Sentence(CONFUSED)
        return cls(
            piece,
            example if isinstance(example, str) else None,
            number if isinstance(number, int) else 0,
            values,
        )
