"""Agreement where people answered unequally often: whole rows, counted by hand."""

import numpy as np
import pytest

from survey.statistics.agreement import (
    HeardRow,
    ItemAgreement,
    agreement,
    by_direction,
    directions,
    intervals,
    is_half,
    items,
    near_edge,
    pieces_at_edge,
)
from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import wilson
from tests.survey.statistics.by_hand import HAND, table
from tests.survey.statistics.unbalanced import ratings, transfers


def test_every_item_has_a_whole_row_in_the_order_of_names() -> None:
    expected = [
        ("h1", "higher", 1.0, 2, 2),
        ("h2", "higher", 0.5, 0, 1),
        ("l1", "lower", 1.0, 2, 3),
        ("l2", "lower", 0.5, 0, 1),
        ("l3", "lower", None, 1, 1),
    ]
    for row, (item, intended, strength, agree, n) in zip(
        items(transfers().iloc[::-1]), expected, strict=True
    ):
        share = wilson(agree, n)
        assert row == ItemAgreement(
            item=item,
            intended=intended,
            strength=strength,
            n=n,
            agree=agree,
            share=share.value,
            low=share.low,
            high=share.high,
        )


def test_catch_trials_are_counted_by_kind_and_what_a_swapped_pair_was_meant_to_be() -> None:
    assert directions(ratings()).catch == [
        HeardRow(
            row="identical",
            counts={"lower": 1, "same": 1, "higher": 0},
            shares={"lower": 0.5, "same": 0.5, "higher": 0.0},
            n=2,
            missing=1,
        ),
        HeardRow(
            row="swapped, meant higher",
            counts={"lower": 1, "same": 0, "higher": 0},
            shares={"lower": 1.0, "same": 0.0, "higher": 0.0},
            n=1,
            missing=0,
        ),
    ]


def test_a_direction_that_nobody_answered_has_no_shares() -> None:
    of_nobody = transfers().assign(heard=None)
    for row in directions(of_nobody).table:
        assert (row.n, set(row.shares.values())) == (0, {None})
        assert row.missing == {"lower": 6, "higher": 4}[row.row]


def test_an_answer_left_out_is_neither_right_nor_wrong() -> None:
    agrees = agreement(transfers())
    assert agrees.tolist()[:5] == [1, 0, 1, 0, 1]
    assert np.isnan(agrees).sum() == 2
    pooled = by_direction(transfers())
    assert {name: (answers.mean, len(answers.values)) for name, answers in pooled.items()} == {
        "overall": (5 / 8, 8),
        "lower": (3 / 5, 5),
        "higher": (2 / 3, 3),
    }


def test_the_naive_interval_takes_all_answers_for_independent() -> None:
    agreement = intervals(transfers())
    assert agreement["overall"].naive == wilson(5, 8)
    assert agreement["lower"].naive == wilson(3, 5)
    people = agreement["lower"].participants
    assert people.value == pytest.approx(3 / 5) and people.freedom == 2  # a, b and c


@pytest.mark.parametrize(
    ("share", "near"),
    [(0.05, True), (0.12, False), (0.5, False), (0.88, False), (0.89, True), (1, True)],
)
def test_near_its_end(share: float, near: bool) -> None:
    assert near_edge(share) == near and not near_edge(None)


def of_pieces(*pieces: tuple[int, int]) -> Crossed:
    """Each piece: how many agree, of how many people."""
    values, people, items = [], [], []
    for item, (agree, n) in enumerate(pieces):
        values += [1.0] * agree + [0.0] * (n - agree)
        people += list(range(n))
        items += [item] * n
    return Crossed(np.array(values), np.array(people), np.array(items))


def test_a_piece_counts_if_one_more_answer_would_leave_it_there() -> None:
    # 9 of 10 with one more against; 8 of 9 with it; 18 of 20; 17 of 20
    assert pieces_at_edge(of_pieces((9, 9), (8, 8), (18, 19), (17, 19))) == 2
    assert pieces_at_edge(of_pieces()) == 0


def test_where_most_disagree_those_count_that_nearly_nobody_hears() -> None:
    assert pieces_at_edge(of_pieces((0, 20), (1, 20), (20, 20))) == 2


@pytest.mark.parametrize(
    ("at_edge", "pieces", "half"), [(0, 0, False), (2, 4, True), (2, 5, False), (3, 5, True)]
)
def test_half_of_the_pieces(at_edge: int, pieces: int, half: bool) -> None:
    assert is_half(at_edge, pieces) == half


def test_direction_by_hand() -> None:
    direction_counts = directions(table())
    lower, higher = direction_counts.table
    assert lower.counts == {"lower": 3, "same": 1, "higher": 0}
    assert higher.counts == {"lower": 1, "same": 0, "higher": 2}
    assert (higher.n, higher.missing) == (3, 1)  # no answer is neither
    assert lower.shares == {"lower": 0.75, "same": 0.25, "higher": 0}
    items = {row.item: (row.agree, row.n) for row in direction_counts.items}
    assert items == {"h1": (1, 2), "h2": (1, 1), "l1": (2, 2), "l2": (1, 2)}
    direction_counts = intervals(table())
    assert {name: (interval.agree, interval.n) for name, interval in direction_counts.items()} == {
        "overall": (5, 7),
        "lower": (3, 4),
        "higher": (2, 3),
    }


def test_catch_trials_are_apart() -> None:
    text = HAND + "a,i1,same,same,,\nb,i1,same,lower,,\n"
    direction_counts = directions(table(text))
    assert sum(row.n for row in direction_counts.table) == 7
    assert direction_counts.catch[0].counts == {"lower": 1, "same": 1, "higher": 0}


def test_swapped_pairs_of_several_strengths_are_counted_apart() -> None:
    answers = "participant,item,kind,intended,heard,strength\n" + "".join(
        f"{person},s{at},swapped,lower,{heard},{strength}\n"
        for person, heard in (("a", "lower"), ("b", "same"))
        for at, strength in enumerate((0.5, "", 2))
    )
    rows = directions(table(answers + "a,i,identical,same,same,0\n")).catch
    assert [(row.row, row.n) for row in rows] == [
        ("identical", 1),
        *((f"swapped, meant lower, strength {words}", 2) for words in ("0.5", "2", "not told")),
    ]
    one = table(answers.replace("0.5", "2") + "a,i,identical,same,same,0\n")
    assert {row.row for row in directions(one).catch} == {"identical", "swapped, meant lower"}
