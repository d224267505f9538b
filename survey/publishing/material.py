"""What a study is about: items, segments, pieces, systems, and how strong transfers were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from db.models import MAIN, Study
from survey.analysis.number_format import counted
from survey.designs.design import REFERENCE
from survey.statistics import crossed_design


@dataclass(frozen=True)
class Material:
    """The trials that a study is about; catch trials and practice are left out.

    Attributes
    ----------
    items, segments : int
        One segment at several strengths, or by several systems of `transfer`, is several items.
    pieces : int or None
        None where it is not told which piece every item is from.
    systems : mapping of str to tuple of float
        Names, in order, to the strengths that they were tried at; none where a design has none.
    """

    items: int
    segments: int
    pieces: int | None
    systems: Mapping[str, tuple[float, ...]]

    @property
    def amount(self) -> str:
        """How much there is, as words: "30 items, which are 10 segments of 6 pieces"."""
        words = counted(self.items, "item")
        if self.segments != self.items:
            which = "is" if self.items == 1 else "are"
            words += f", which {which} {counted(self.segments, 'segment')}"
        if self.pieces is None:
            return f"{words}; the ratings do not tell their pieces"
        return f"{words} of {counted(self.pieces, 'piece')}"

    @property
    def has_several_conditions(self) -> bool:
        """Whether transfers are by several models or at several strengths."""
        strengths = [steps for steps in self.systems.values() if steps]
        return len(strengths) > 1 or any(len(steps) > 1 for steps in strengths)

    @property
    def named_systems(self) -> str:
        """All systems, with their strengths where there are several, as words; "" if none."""
        several = len({step for steps in self.systems.values() for step in steps}) > 1
        return ", ".join(
            f"{name} (strength {_listed(steps)})" if several and steps else name
            for name, steps in self.systems.items()
        )


def of_study(study: Study) -> Material:
    """What a study that is still in its session is about."""
    main = [stimulus for stimulus in study.stimuli if stimulus.kind in MAIN]
    has_pairs = not any(stimulus.systems for stimulus in main)
    rows = [
        {
            "item": stimulus.item or stimulus.name,
            "source": stimulus.source or (None if has_pairs else stimulus.item),
            "segment": stimulus.segment,
            "checkpoint": stimulus.checkpoint,
            "strength": stimulus.strength,
        }
        for stimulus in main
    ]
    table = pd.DataFrame(rows)
    if has_pairs:
        return _of_transfers(table)
    names = sorted({name for stimulus in main for name in stimulus.systems})
    return _of_rows(table.drop(columns="segment"), dict.fromkeys(names, ()))


def of_ratings(table: pd.DataFrame, is_transfer: bool) -> Material:
    """What ratings are about; those that nobody has given are not known of."""
    main = table[table["kind"].isin(MAIN)] if "kind" in table else table
    if is_transfer:
        return _of_transfers(main)
    columns = [name for name in main if str(name).startswith("system")]
    names = sorted({str(name) for column in columns for name in main[column].dropna()})
    return _of_rows(main, dict.fromkeys(names, ()))


def _of_transfers(table: pd.DataFrame) -> Material:
    systems: dict[str, tuple[float, ...]] = {}
    if "checkpoint" in table:
        with_checkpoint = table[table["checkpoint"].notna() & (table["checkpoint"] != "")]
        for name, rows in with_checkpoint.groupby("checkpoint"):
            strengths = pd.to_numeric(rows["strength"]).dropna() if "strength" in rows else []
            systems[str(name)] = tuple(sorted({float(step) for step in strengths}))
    if systems:
        systems[REFERENCE] = ()
    return _of_rows(table, dict(sorted(systems.items())))


def _of_rows(table: pd.DataFrame, systems: Mapping[str, tuple[float, ...]]) -> Material:
    sources = crossed_design.pieces(table)
    is_told = len(sources) > 0 and all(source is not None for source in sources)
    return Material(
        items=int(table["item"].nunique()),
        segments=len(set(crossed_design.segments(table))),
        pieces=len(set(sources)) if is_told else None,
        systems=systems,
    )


def _listed(steps: tuple[float, ...]) -> str:
    *before, last = (f"{step:g}" for step in steps)
    return f"{', '.join(before)} and {last}" if before else last
