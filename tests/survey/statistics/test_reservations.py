"""Who left and how they heard, by hand; when agreement is near its end."""

import pandas as pd
import pytest
from scipy import stats

from survey.statistics.reservations import dropout
from tests.survey.statistics.unbalanced import ratings


def rows(person: str, finished: object, agreeing: int, answers: int) -> list[dict[str, object]]:
    return [
        {
            "participant": person,
            "kind": "transfer",
            "intended": "lower",
            "heard": "lower" if at < agreeing else "same",
            "finished": finished,
        }
        for at in range(answers)
    ]


def table(*people: tuple[str, object, int, int]) -> pd.DataFrame:
    return pd.DataFrame([row for person in people for row in rows(*person)])


def test_who_left_beside_who_stayed() -> None:
    report = dropout(
        table(("a", True, 4, 4), ("b", True, 3, 4), ("c", False, 1, 2), ("d", False, 0, 3)),
        ["a", "d"],
    )
    assert (report.left, report.stayed) == (2, 2)
    assert (report.left_agreement, report.stayed_agreement) == (1 / 4, 7 / 8)
    expected = stats.ttest_ind([1 / 2, 0], [1, 3 / 4], equal_var=False).pvalue
    assert report.p == pytest.approx(expected)
    assert report.matters
    assert report.analysed == 1


def test_what_is_not_known_is_not_said() -> None:
    nobody = dropout(table(("a", None, 4, 4)), ["a"])
    assert nobody is None
    all_stayed = dropout(table(("a", True, 4, 4), ("b", True, 1, 4)), ["a", "b"])
    assert (all_stayed.left, all_stayed.left_agreement, all_stayed.p) == (0, None, None)
    assert not all_stayed.matters
    alike = dropout(table(*((name, name < "c", 2, 4) for name in "abcd")), [])
    assert alike.p is None  # no scatter to compare with
    left_alike = dropout(
        table(
            *((f"s{at}", True, 1 + at % 4, 4) for at in range(8)),
            *(("l1", False, 3, 3), ("l2", False, 4, 4)),
        ),
        [],
    )
    assert left_alike.p is None  # two people who happen to agree with all they heard: no evidence
    unbalanced = dropout(ratings(), [])  # c's end is not known, d heard nothing
    assert (unbalanced.left, unbalanced.stayed) == (1, 1)


@pytest.mark.parametrize(("left", "matters"), [(0, False), (1, False), (2, True), (18, True)])
def test_one_in_ten_who_leave_matters(left: int, matters: bool) -> None:
    people = [(f"s{at}", True, 3, 4) for at in range(18)]
    people += [(f"l{at}", False, 1, 2) for at in range(left)]
    assert dropout(table(*people), []).matters == matters
