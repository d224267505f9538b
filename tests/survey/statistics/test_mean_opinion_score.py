"""Mean opinion scores where people rated unequally often."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy import stats

from survey.statistics import twoway
from survey.statistics.chance_tests import holm
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import t_interval
from survey.statistics.families import corrected
from survey.statistics.mean_opinion_score import Opinion, opinions
from tests.survey.statistics.by_hand import table
from tests.survey.statistics.unbalanced import transfers


def test_a_scale_has_the_estimates_that_its_names_say() -> None:
    table = transfers()
    opinion = opinions(table)["rhythm"]
    answers = crossed(table, table["rhythm"])
    scores = np.array([4, 2, 5, 5, 3, 4, 2, 1, 4], float)
    assert opinion.twoway == twoway.mean(answers)
    assert opinion.participants == twoway.by_participant(answers)
    assert asdict(opinion.naive) == pytest.approx(asdict(t_interval(scores)))
    assert (opinion.median, opinion.n, opinion.missing) == (4, 9, 1)
    assert opinion.histogram == {"1": 1, "2": 2, "3": 1, "4": 3, "5": 2}


def test_p_is_two_sided_against_the_middle_of_the_scale_also_below_it() -> None:
    table = transfers()
    above, below = opinions(table)["rhythm"], opinions(table.assign(rhythm=6 - table["rhythm"]))
    assert above.p == pytest.approx(below["rhythm"].p)
    t = (above.twoway.value - 3) / above.twoway.error
    assert above.p == pytest.approx(2 * stats.t.sf(abs(t), above.twoway.freedom))


def test_holms_correction_counts_only_the_scales_that_were_answered() -> None:
    opinion = corrected(opinions(transfers()), Opinion)
    tested = [scale for scale, row in opinion.items() if row.p is not None]
    assert tested == ["rhythm", "melody"]
    expected = holm([opinion[scale].p for scale in tested])
    assert [opinion[scale].holm for scale in tested] == expected
    assert {row.holm for scale, row in opinion.items() if scale not in tested} == {None}
    nobody = opinions(transfers().iloc[:0])["melody"]
    assert (nobody.median, nobody.n, nobody.p, nobody.holm) == (None, 0, None, None)


def test_opinion_by_hand() -> None:
    opinion = opinions(table())
    rhythm = opinion["rhythm"]
    assert rhythm.twoway.value == 3.5
    assert rhythm.median == 4
    assert rhythm.histogram == {"1": 1, "2": 1, "3": 1, "4": 3, "5": 2}
    assert (opinion["melody"].n, opinion["melody"].missing) == (6, 2)
    assert opinion["harmony"].twoway.value is None
    t = (3.5 - 3) / rhythm.twoway.error
    assert rhythm.p == pytest.approx(2 * stats.t.sf(t, rhythm.twoway.freedom))


def test_intervals_of_opinions_are_not_clipped() -> None:
    text = "participant,item,intended,heard,rhythm\n" + "".join(
        f"p{person},i{item},lower,lower,{5 if (person, item) != (0, 0) else 1}\n"
        for person in range(3)
        for item in range(3)
    )
    assert opinions(table(text))["rhythm"].twoway.high > 5
