"""Each strength by itself, also where some items do not tell theirs."""

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.crossed_design import crossed
from survey.statistics.strength import by_strength
from tests.survey.statistics.unbalanced import transfers


def test_each_strength_has_the_estimates_of_its_own_answers() -> None:
    strength_rows = by_strength(transfers())
    assert [row.strength for row in strength_rows] == [0.5, 1.0]
    for row in strength_rows:
        of_strength = transfers()
        of_strength = of_strength[of_strength["strength"] == row.strength]
        for name, answers in by_direction(of_strength).items():
            assert row.agreement[name] == twoway.share(answers)
        for scale in SCALES:
            assert row.opinion[scale] == twoway.mean(crossed(of_strength, of_strength[scale]))


def test_one_strength_beside_unknown_ones_is_nothing_to_compare() -> None:
    table = transfers()
    assert by_strength(table[table["strength"] != 0.5]) == []
