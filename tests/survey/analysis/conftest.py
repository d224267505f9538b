"""One full analysis and its report, made once for a process."""

import pytest

from survey.analysis.results import Results
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results
from tests.survey.analysis.report_pages import files_of


@pytest.fixture(scope="session")
def full() -> Results:
    people = {"realistic": 10, "random": 2, "lazy": 1, "biased": 1}
    return results(simulate(people, seed=3, strengths=(0.5, 1.0)))


@pytest.fixture(scope="session")
def files(full: Results) -> dict[str, bytes]:
    return files_of(full)
