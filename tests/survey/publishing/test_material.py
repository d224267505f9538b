"""What a study is about is said alike from its database and from its ratings."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from db.models import Stimulus, Study
from survey.publishing import material

STRENGTHS = (0.5, 1.0)


def stimuli() -> list[Stimulus]:
    """Three segments of two pieces at two strengths, and what a study has beside them."""
    segments = [
        Stimulus(
            name=f"lh-0{at}-{strength:g}",
            kind="transfer",
            item="",
            systems=[],
            checkpoint="arranger",
            strength=strength,
            source=f"piece {at % 2}",
            segment=at,
        )
        for at in range(3)
        for strength in STRENGTHS
    ]
    beside = [
        Stimulus(name=f"{kind}-1", kind=kind, item="", systems=[], source="piece 9", segment=9)
        for kind in ("identical", "swapped", "practice")
    ]
    return [*segments, *beside]


def ratings() -> pd.DataFrame:
    """Of two people, who heard all but the practice."""
    columns = ("kind", "checkpoint", "strength", "source", "segment")
    rows = [
        {"participant": person, "item": one.name, **{name: getattr(one, name) for name in columns}}
        for person in ("a", "b")
        for one in stimuli()
        if one.kind != "practice"
    ]
    return pd.DataFrame(rows)


def test_database_and_ratings_say_the_same() -> None:
    of_study = material.of_study(Study(stimuli=stimuli()))
    assert of_study == material.of_ratings(ratings(), is_transfer=True)
    assert of_study.amount == "6 items, which are 3 segments of 2 pieces"
    assert of_study.named_systems == "arranger (strength 0.5 and 1), reference"
    assert of_study.has_several_conditions


def test_one_strength_is_not_worth_a_word() -> None:
    table = ratings()
    summary = material.of_ratings(table[table["strength"] != 0.5], is_transfer=True)
    assert summary.amount == "3 items of 2 pieces"
    assert summary.named_systems == "arranger, reference"
    assert not summary.has_several_conditions


def test_two_models_are_two_conditions() -> None:
    table = ratings()
    table["checkpoint"] = table["strength"].map({0.5: "arranger", 1.0: "gmvae"})
    summary = material.of_ratings(table.assign(strength=1.0), is_transfer=True)
    assert summary.named_systems == "arranger, gmvae, reference"
    assert summary.has_several_conditions


@pytest.mark.parametrize("missing", [None, ""])
def test_pieces_that_are_not_told_are_not_made_up(missing: str | None) -> None:
    table = ratings().assign(source=missing, segment=None)
    summary = material.of_ratings(table, is_transfer=True)
    assert summary.amount == "6 items; the ratings do not tell their pieces"
    bare = material.of_ratings(table[["participant", "item"]], is_transfer=True)
    assert bare.named_systems == "" and bare.pieces is None


def test_systems_of_other_designs_have_no_strength() -> None:
    rows = [("a", "one", "alder", "birch"), ("a", "two", "birch", None)]
    table = pd.DataFrame(rows, columns=["participant", "item", "system_first", "system_second"])
    summary = material.of_ratings(table.assign(source="piece"), is_transfer=False)
    assert (summary.amount, summary.named_systems) == ("2 items of 1 piece", "alder, birch")
    study = Study(
        stimuli=[
            Stimulus(name=f"{item}-1", kind="rated", item=item, systems=["alder", "birch"])
            for item in ("one", "two")
        ]
    )
    assert material.of_study(study) == replace(summary, pieces=2)
