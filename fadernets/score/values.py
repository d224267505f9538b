"""Values by their names, as JSON has them, checked: each with a sentence where it is none."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as short

from fadernets import curve
from fadernets.curve import Amount

Values = Mapping[str, object]  # JSON's, by name, not checked yet


def number(values: Values, name: str, low: float, high: float) -> float | None:
    """A number by its name, None if there is none.

    Raises
    ------
    ValueError
        If it is not a number or outside its range.
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{name} {short(value)} is not a number")
    require_range(name, value, low, high)
    return value


def mapping(values: Values, name: str) -> Values:
    """Values by their names in a value, none if there is none; raises ValueError if it is none."""
    value = values.get(name)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"{name} {short(value)} have no names")
    return value or {}


def amount(
    values: Values, name: str, low: float, high: float = 1, *, gaps: bool = False
) -> Amount | None:
    """A number, a curve or its JSON text by its name, within bounds; None if there is none."""
    value = values.get(name)
    if not isinstance(value, list | dict) and not curve.is_curve_text(value):
        return number(values, name, low, high)
    try:
        return curve.amount(value, low, high, gaps=gaps)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def require_range(name: str, value: float, low: float, high: float) -> None:
    """Raises ValueError if a number is outside its range."""
    if not low <= value <= high:
        raise ValueError(f"{name} {short(value)} is outside {low:g} to {high:g}")


def whole(values: Values, name: str, low: int, high: int) -> int | None:
    """As `number`, a whole one."""
    value = number(values, name, low, high)
    if value is not None and value != int(value):
        raise ValueError(f"{name} {short(value)} is not a whole number")
    return None if value is None else int(value)


def flag(values: Values, name: str) -> bool:
    """A yes or no by its name, no if there is none; raises ValueError if it is neither."""
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} {short(value)} is neither true nor false")
    return bool(value)
