"""The numbers to watch of unbalanced answers, with and without exclusion."""

import json
import time

from survey.analysis.summary import summary
from survey.ratings import exclusion, rating_table
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.json_fields import plain
from survey.statistics.simulation import simulate
from tests.survey.statistics.unbalanced import ratings, transfers


def test_without_rules_everybody_counts() -> None:
    result = summary(ratings())
    assert (result.participants, result.excluded, result.answers) == (4, 0, 10)
    for name, answers in by_direction(transfers()).items():
        assert result.agreement[name] == twoway.share(answers)
    assert (result.opinion["rhythm"].value, result.opinion["rhythm"].n) == (30 / 9, 9)
    lower, higher = result.directions
    assert (lower.row, lower.n, lower.missing) == ("lower", 5, 1)
    assert (higher.row, higher.n, higher.missing) == ("higher", 3, 1)


def test_who_is_excluded_is_counted_and_counts_for_nothing_else() -> None:
    result = summary(ratings(), {"median_seconds": 4.0})
    assert (result.participants, result.excluded, result.answers) == (4, 1, 7)
    assert result.agreement["overall"].n == 6
    assert result.directions[0].counts == {"lower": 3, "same": 1, "higher": 0}


def test_summary_is_json_and_fast() -> None:
    answers = simulate({"realistic": 42}, seed=1)
    assert len(answers) > 1000
    summary(answers)
    start = time.process_time()  # whatever else the machine does
    result = summary(answers, exclusion.DEFAULT_RULES)
    assert time.process_time() - start < 0.1
    json.dumps(plain(result), allow_nan=False)
    assert result.participants == 42
    overall = result.agreement["overall"]
    assert overall.low < overall.value < overall.high
    assert summary(rating_table.empty()).agreement["overall"].value is None
