"""All sections of too few answers, or of answers all alike."""

import json

import pytest

from survey.analysis.summary import summary
from survey.statistics.agreement import by_direction, directions, intervals
from survey.statistics.chance_tests import against_chance, lower_against_higher
from survey.statistics.dose_response import changes
from survey.statistics.json_fields import plain
from survey.statistics.mean_opinion_score import opinions
from survey.statistics.precision import precision
from survey.statistics.reliability import consensus
from survey.statistics.signal_detection import detection
from tests.survey.statistics.by_hand import table


@pytest.mark.parametrize(
    "rows",
    [
        slice(0, 0),
        slice(0, 1),
        slice(0, 4),
        [0, 4],
        [3, 7],
    ],
    ids=["nothing", "one answer", "one participant", "one item", "one item partly answered"],
)
def test_every_section_bears_little(rows: slice | list[int]) -> None:
    answers = table().iloc[rows].reset_index(drop=True)
    agreement = by_direction(answers)
    for section in (
        directions(answers),
        intervals(answers),
        against_chance(agreement, 0),
        lower_against_higher(agreement, 0),
        detection(answers),
        opinions(answers),
        consensus(answers),
        changes(answers),
        precision(answers),
        summary(answers),
    ):
        assert json.dumps(plain(section), allow_nan=False)  # raises where a number is none


def test_all_answers_equal() -> None:
    answers = table().assign(heard="same", rhythm=3)
    assert intervals(answers)["overall"].twoway.value == 0
    assert opinions(answers)["rhythm"].p is None
    reliability = consensus(answers)
    assert reliability["direction"].alpha is None
    assert reliability["rhythm"].icc_1 is None
    json.dumps(plain(precision(answers)), allow_nan=False)
