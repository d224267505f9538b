"""Tests that one report makes of one kind: a family, whose p values are corrected together.

A report asks the same of every condition, direction and scale. At 5 % each, three conditions
without any difference would have a claim in one report of seven. After Holm (1979) over all tests
of a kind in the report, at most one report in twenty claims what is not there, by each kind.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from survey.statistics.chance_tests import holm

Results = TypeVar("Results")


def corrected(results: Results, *kinds: type) -> Results:
    """The same dataclasses, dicts and lists with `holm` in all tests that have a `p`.

    Parameters
    ----------
    results : dataclass, dict or list
        What one report says.
    kinds : types
        Dataclasses with the fields `p` and `holm`: each a family of its own.
    """
    p_by_kind: dict[type, list[float]] = {kind: [] for kind in kinds}

    def remember(test: Any) -> Any:
        if _is_known(test.p):
            p_by_kind[type(test)].append(test.p)
        return test

    _replaced(results, kinds, remember)
    known = {kind: iter(holm(p_values)) for kind, p_values in p_by_kind.items()}

    def correct(test: Any) -> Any:
        return dataclasses.replace(
            test, holm=next(known[type(test)]) if _is_known(test.p) else None
        )

    replaced: Results = _replaced(results, kinds, correct)
    return replaced


def _is_known(p: float | None) -> bool:
    return p is not None and math.isfinite(p)  # it is not, of absurd values


def _replaced(results: Any, kinds: Collection[type], change: Callable[[Any], Any]) -> Any:
    """With `change` made of all that is of the kinds, innermost first, always in the same order."""
    outcome = results
    if dataclasses.is_dataclass(results) and not isinstance(results, type):
        members = {
            field.name: value
            for field in dataclasses.fields(results)
            if isinstance(value := getattr(results, field.name), dict | list)
            or dataclasses.is_dataclass(value)
        }
        if members:
            outcome = dataclasses.replace(results, **_replaced(members, kinds, change))
    elif isinstance(results, dict):
        outcome = {key: _replaced(value, kinds, change) for key, value in results.items()}
    elif isinstance(results, list):
        outcome = [_replaced(value, kinds, change) for value in results]
    return change(outcome) if type(outcome) in kinds else outcome
