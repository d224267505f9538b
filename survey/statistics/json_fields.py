"""Results as JSON holds them: dataclasses as objects, and no number that is not finite."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any, TypeVar, cast

NAME, OPTIONAL = "name", "optional"  # in the metadata of a field
Results = TypeVar("Results")


def json_name(name: str) -> Any:
    """A dataclass's field that has another name in JSON."""
    return dataclasses.field(metadata={NAME: name})


def optional() -> Any:
    """A dataclass's field that is not in JSON while it is None."""
    return dataclasses.field(default=None, metadata={OPTIONAL: True})


def fields(results: object) -> Iterator[tuple[dataclasses.Field[Any], str, Any]]:
    """The fields of a dataclass's instance that JSON shows, their names in it, their values."""
    for field in dataclasses.fields(results):  # type: ignore[arg-type]
        value = getattr(results, field.name)
        if value is not None or not field.metadata.get(OPTIONAL):
            yield field, field.metadata.get(NAME, field.name), value


def plain(results: object) -> Any:
    """Dataclasses as dicts, in whatever dicts and lists; what is neither stays as it is."""
    if dataclasses.is_dataclass(results):
        return {name: plain(value) for _, name, value in fields(results)}
    if isinstance(results, dict):
        return {str(key): plain(value) for key, value in results.items()}
    if isinstance(results, list | tuple):
        return [plain(value) for value in results]
    return results


def finite(results: Results, non_finite: list[str], name: str = "") -> Results:
    """The same dataclasses, dicts and lists with None for every number that is not finite.

    Parameters
    ----------
    results : dataclass, dict, list or a single value
    non_finite : list of str
        What was replaced is added, by where it was: "participants.3.median_seconds".
    name : str
        Where `results` itself is.
    """
    replaced: Any = results
    if dataclasses.is_dataclass(results) and not isinstance(results, type):
        changes = {
            field.name: finite(value, non_finite, _under(name, key))
            for field, key, value in fields(results)
        }
        replaced = dataclasses.replace(results, **changes)
    elif isinstance(results, dict):
        replaced = {
            key: finite(value, non_finite, _under(name, key)) for key, value in results.items()
        }
    elif isinstance(results, list):
        replaced = [finite(value, non_finite, _under(name, at)) for at, value in enumerate(results)]
    elif isinstance(results, float) and not math.isfinite(results):
        non_finite.append(name)
        replaced = None
    return cast(Results, replaced)


def _under(name: str, key: object) -> str:
    return f"{name}.{key}" if name else str(key)
