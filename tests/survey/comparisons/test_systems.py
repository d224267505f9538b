"""Means of systems and their paired differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from survey.comparisons import systems

VALUES = [[5, 5, 4], [4, 4, 4], [2, 3, 2], [3, 3, 4]]  # of docs/statistics.md

# The mean of these ± t with 2 degrees of freedom times the error by participants, .4976798019, for
# which the smaller two-way one is never taken.
RAISED = (1.4419899753, 5.7246766914)


def table(of_systems: dict[str, list[list[float]]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (f"p{person}", f"i{item}", "", system, value)
            for system, values in of_systems.items()
            for person, of_person in enumerate(values)
            for item, value in enumerate(of_person)
        ],
        columns=["participant", "item", "source", "system", "quality"],
    )


def test_a_mean_has_the_known_interval() -> None:
    (one,) = systems.means(table({"a": VALUES}), ["quality"])
    assert one.mean.value == pytest.approx(3.5833333333)
    assert (one.mean.low, one.mean.high) == pytest.approx(RAISED)
    assert (one.naive.low, one.naive.high) == pytest.approx((2.9503749249, 4.2162917418))
    assert (one.participants, one.pieces, one.median, one.missing) == (4, 3, 4, 0)


def test_a_difference_is_paired() -> None:
    """What participants and items have in common cancels: a constant has no width."""
    higher = [[value + 1 for value in row] for row in VALUES]
    differences = systems.differences(table({"b": higher, "a": VALUES}), ["quality"])
    (one,) = differences
    assert (one.first, one.second) == ("a", "b")
    assert one.difference.value == pytest.approx(-1)
    assert one.difference.error == pytest.approx(0, abs=1e-12)


def test_missing_ones_are_counted_and_pairs_are_corrected_together() -> None:
    dice = np.random.default_rng(1)
    gaps = [[value if value < 5 else None for value in row] for row in VALUES]
    noise = dice.normal(3, 1, (4, 3)).tolist()
    data = table({"a": VALUES, "b": gaps, "c": noise}).assign(other=lambda t: t["quality"] ** 2)
    means = {one.system: one for one in systems.means(data, ["quality"])}
    assert means["b"].missing == 2 and means["b"].mean.n == 10
    differences = systems.differences(data, ["quality", "other"])
    assert len(differences) == 6
    smallest = min(differences, key=lambda one: one.p)
    assert smallest.holm == pytest.approx(min(1, 6 * smallest.p))
