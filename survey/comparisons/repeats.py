"""Trials that one participant answers twice: how far the second answer is from the first.

The distance of two replies to one question is a share of its scale: 0 the same, 1 from one end to
the other; of a choice 0 or 1. That of two answers is the mean over the questions that have one. The
second answer stands for consistency alone: no estimate counts it. Who hears no difference may well
answer otherwise the second time, so the rule of exclusion about it is off unless a study turns it
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.analysis.number_format import counted, number, people, percent

REPEAT = "repeat"  # the kind of such a trial
SUFFIX = "+again"  # ends its name, which begins with the name of the trial that it repeats
DISTANCE = "apart"  # the column of the distance


@dataclass(frozen=True)
class Scale:
    """A question whose replies have a distance: `span` from end to end, None of a choice."""

    name: str
    span: float | None


@dataclass(frozen=True)
class Consistency:
    """How many repeats there were, how many were answered alike, and the mean distance."""

    repeats: int
    participants: int
    alike: int
    apart: float


def with_distances(table: pd.DataFrame, scales: Sequence[Scale]) -> pd.DataFrame:
    """A table with `DISTANCE` in the rows of repeats whose first answer is there, NaN elsewhere."""
    keys = ["participant", "stimulus", *(["system"] if "place" in table else [])]
    names = [scale.name for scale in scales]
    first = table[table["kind"] != REPEAT].set_index(keys)[names]
    again = table[table["kind"] == REPEAT]
    at = pd.MultiIndex.from_frame(
        again[keys].assign(stimulus=again["stimulus"].str.removesuffix(SUFFIX))
    )
    before = first[~first.index.duplicated()].reindex(at)
    distances = np.full((len(again), len(scales)), np.nan)
    for column, scale in enumerate(scales):
        one, two = (of[scale.name].to_numpy(dtype=object) for of in (before, again))
        has_both = ~(pd.isna(one) | pd.isna(two))
        if scale.span is None:
            distances[has_both, column] = one[has_both] != two[has_both]
        else:
            apart = np.abs(one[has_both].astype(float) - two[has_both].astype(float))
            distances[has_both, column] = apart / scale.span
    known = ~np.isnan(distances)
    counts = known.sum(axis=1)
    means = np.where(counts, np.nansum(distances, axis=1) / np.maximum(counts, 1), np.nan)
    of_rows = pd.Series(np.nan, index=table.index)
    of_rows[again.index] = means
    return table.assign(**{DISTANCE: of_rows})


def without(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that estimates are made of."""
    if "kind" not in table:
        return table
    return table[table["kind"] != REPEAT].reset_index(drop=True)


def by_participant(table: pd.DataFrame) -> pd.DataFrame:
    """Trials that each participant answered twice (`repeats`), and their mean `DISTANCE`."""
    columns = ["repeats", DISTANCE]
    if DISTANCE not in table:
        return pd.DataFrame(columns=columns, dtype=float)
    return _of_trials(table).groupby("participant").agg(["size", "mean"]).set_axis(columns, axis=1)


def consistency(table: pd.DataFrame) -> Consistency | None:
    """The consistency of everybody in a table; None if nobody answered a trial twice."""
    if DISTANCE not in table or not table[DISTANCE].notna().any():
        return None
    of_trials = _of_trials(table)
    return Consistency(
        repeats=len(of_trials),
        participants=int(of_trials.index.get_level_values("participant").nunique()),
        alike=int((of_trials == 0).sum()),
        apart=float(of_trials.groupby("participant").mean().mean()),
    )


def _of_trials(table: pd.DataFrame) -> pd.Series:
    """The distance of every trial that somebody answered twice, the mean over its clips."""
    known = table[table[DISTANCE].notna()]
    return known.groupby(["participant", "stimulus"])[DISTANCE].mean().astype(float)


def sentences(consistency: Consistency | None) -> list[str]:
    """How alike people answered what they heard twice; [] if nobody did."""
    if consistency is None:
        return []
    count, share = consistency.repeats, consistency.alike / consistency.repeats
    return [
        f"{people(consistency.participants)} answered {counted(count, 'trial')} once more: "
        f"{percent(share)} exactly as before; by the mean participant both answers are "
        f"{number(consistency.apart)} of the scale apart. The second answers count in no other "
        "result."
    ]
