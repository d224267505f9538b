"""Each participant at a glance: who answers by hearing, by habit, or at random."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from db.models import DIRECTIONS, SCALES
from survey.core.headphones import PASSED
from survey.ratings.exclusion import Excluded, faster
from survey.statistics.agreement import agreement


@dataclass(frozen=True)
class ParticipantSummary:
    """One participant's answers; shares are from 0 to 1, None where there is nothing to share.

    Attributes
    ----------
    participant : str
    answers : int
        To transfers.
    agreement : float
        Share of these that agree.
    lower, same, higher : float
        How often each direction was answered to transfers.
    identical_wrong : float
        Share of identical pairs called otherwise than same.
    most_frequent_answers : float
        Share of the most frequent combination of five answers.
    median_seconds : float
    faster_than_clips : float
        Share of answers that came before their clips could be heard, of those whose time is known.
    habits : str
        As of `survey.ratings.habits`, with commas between them.
    finished : bool
    excluded_by : str
        Rules, with blanks between them.
    """

    participant: str
    answers: int
    agreement: float | None
    lower: float | None
    same: float | None
    higher: float | None
    identical_wrong: float | None
    most_frequent_answers: float | None
    median_seconds: float | None
    faster_than_clips: float | None
    habits: str
    finished: bool | None
    excluded_by: str


@dataclass(frozen=True)
class Headphones:
    """What came out of the check; shares from 0 to 1, None where there is nothing to share.

    Attributes
    ----------
    checked, passed : int
        Participants with ratings who did the check, and who passed it.
    passed_agreement, failed_agreement : float or None
        Share of the transfers heard as intended, by the mean participant of the group; None in
        designs in which nothing is intended.
    """

    checked: int
    passed: int
    passed_agreement: float | None
    failed_agreement: float | None


def headphones(table: pd.DataFrame) -> Headphones | None:
    """The check's results of all in a table of ratings; None if nobody did it."""
    scores = table.groupby("participant")["headphones_right"].first().dropna()
    if scores.empty:
        return None
    passed = (scores >= PASSED).to_numpy(dtype=bool)
    if "intended" not in table:
        return Headphones(len(scores), int(passed.sum()), None, None)
    transfers = table[table["kind"] == "transfer"]
    agrees = transfers.assign(agrees=agreement(transfers))
    shares = agrees.groupby("participant")["agrees"].mean().reindex(scores.index)
    return Headphones(len(scores), int(passed.sum()), _mean(shares[passed]), _mean(shares[~passed]))


def _mean(shares: pd.Series) -> float | None:
    known = shares.dropna()
    return None if known.empty else float(known.mean())


def people(
    table: pd.DataFrame,
    excluded: Iterable[Excluded],
    habits: Mapping[str, Iterable[str]] | None = None,
) -> list[ParticipantSummary]:
    """All participants of a table, by name; `habits` as of `survey.ratings.habits`."""
    rows = table.assign(agrees=agreement(table))
    transfers = rows[rows["kind"] == "transfer"]
    by = transfers.groupby("participant")
    names = pd.Index(sorted(set(table["participant"])), name="participant")
    columns = pd.DataFrame(index=names)
    columns["answers"] = by["heard"].count().reindex(names, fill_value=0)
    columns["agreement"] = by["agrees"].mean()
    for word in DIRECTIONS:
        is_heard = (transfers["heard"] == word).where(transfers["heard"].notna())
        columns[word] = is_heard.astype(float).groupby(transfers["participant"]).mean()
    # A catch pair without an answer is neither right nor wrong: its NaN is left out of the mean.
    identical = rows[rows["kind"] == "identical"]
    columns["identical_wrong"] = 1 - identical.groupby("participant")["agrees"].mean()
    answers = transfers.groupby(["participant", "heard", *SCALES], dropna=False).size()
    each = answers.groupby("participant")
    columns["most_frequent_answers"] = each.max() / each.sum()
    columns["median_seconds"] = table.groupby("participant")["seconds"].median()
    columns["faster_than_clips"] = faster(table)
    columns["habits"] = [", ".join((habits or {}).get(name, ())) for name in names]
    columns["finished"] = table.groupby("participant")["finished"].first()
    rules: dict[str, list[str]] = {}
    for row in excluded:
        rules.setdefault(row.participant, []).append(row.rule)
    columns["excluded_by"] = [" ".join(rules.get(name, [])) for name in names]
    order = [field.name for field in fields(ParticipantSummary)]
    records = columns.reset_index().replace({np.nan: None})[order].to_dict("records")
    return [ParticipantSummary(**record) for record in records]
