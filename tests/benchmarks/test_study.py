"""Coverage and wording of simulated studies: what they draw, what they count, and their page."""

import json

import numpy as np
import pytest

from benchmarks import (
    design_coverage,
    design_wording,
    dose_detection,
    study_coverage,
    study_detection,
    study_tables,
    study_wording,
)
from benchmarks.study_coverage import StudyWorld
from survey.analysis import heard_sentences, sentences
from survey.analysis.analyse import analyse
from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed


def test_the_truth_is_the_mean_of_very_many_people_and_pieces() -> None:
    random = np.random.default_rng(1)
    world = StudyWorld("lean", lower=0.95, higher=0.6)
    studies = [study_coverage.drawn(world, 200, 40, random).answers for _ in range(20)]
    for name, truth in world.truth().items():
        assert np.mean([study[name].mean for study in studies]) == pytest.approx(truth, abs=0.02)
    alike = StudyWorld("guessing", 1 / 3, 1 / 3, 0, 0, 0)
    assert alike.truth() == {"all": pytest.approx(1 / 3), "lower": pytest.approx(1 / 3)}


def test_who_leaves_is_left_out_and_poor_listeners_leave_more() -> None:
    random = np.random.default_rng(1)
    at_random, poorer = (
        study_coverage.drawn(
            StudyWorld("", 0.8, 0.8, 1, 0, 0, leave=0.5, poorer=poorer), 400, 12, random
        )
        for poorer in (False, True)
    )
    for study in (at_random, poorer):
        assert 0.4 < study.left < 0.6
        people = study.answers["all"].participant_count
        assert people == round(400 * (1 - study.left))
    assert poorer.answers["all"].mean > at_random.answers["all"].mean + 0.02


def test_before_segments_were_independent_and_any_variance_above_0_stood() -> None:
    random = np.random.default_rng(2)
    answers = study_coverage.drawn(StudyWorld("usual"), 48, 6, random).answers["all"]
    by_segment = Crossed(answers.values, answers.participants, answers.segments)
    assert twoway.share(by_segment).note is None
    low, high = study_coverage.before(answers)
    expected = twoway.on_logits(twoway.mean(by_segment), 1)
    assert (low, high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    now = twoway.share(answers)
    assert now.low < low < high < now.high


def test_real_raters_are_halved_and_cut_into_parts(tmp_path) -> None:
    """Twenty raters alike, of ten measures that rise: all hear all four changes as meant."""
    rater = {"musicianship": 1, "arousal": np.linspace(-1, 1, 10).tolist(), "valence": []}
    other = {**rater, "arousal": [0.0]}  # of another length: dropped
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps({"a": {"annotations": [rater] * 20 + [other]}}))
    agreement = study_coverage.real_answers(file, seed=0)
    (changes,) = agreement["changes"]
    assert changes.shape == (10, 4) and changes.all()
    (levels,) = agreement["levels"]
    assert levels.shape == (10, 4)  # the middle part is neither high nor low
    row = study_coverage.covered_by_raters(agreement["changes"], 8, 4, runs=3, seed=0)
    assert (row["truth"], row["coverage"]) == (1, 1)


def test_strength_is_found_where_it_matters_and_people_hear_each_segment_or_all() -> None:
    random = np.random.default_rng(0)
    table = dose_detection.study(3.0, dose_detection.ALL, 24, 12, 1, random)
    assert len(table) == 24 * 12 * 3 and dose_detection.claims(table)[dose_detection.SLOPE]
    drawn = dose_detection.study(0.0, dose_detection.DRAWN, 24, 12, 1, random)
    assert len(drawn) == 24 * 12 and drawn["strength"].nunique() == 3


@pytest.mark.slow
def test_listeners_are_what_they_are_called() -> None:
    random = np.random.default_rng(0)
    claims = {
        kind: study_wording.claims(study_wording.study(kind, 24, 12, 1, random), 0)
        for kind in study_wording.LISTENERS
    }
    assert claims["biased"][study_wording.LEANS]
    for kind in ("lazy", "perfect"):
        assert not claims[kind][study_wording.LEANS]
    assert claims["perfect"][study_wording.GUESSING]
    assert claims["unbiased"][study_wording.DOSE_BEFORE]
    assert not claims["unbiased"][study_wording.SLOPE]
    assert claims[study_wording.MORE_OF_MORE][study_wording.SLOPE]


@pytest.mark.slow
def test_both_write_what_the_tables_read(tmp_path, monkeypatch) -> None:
    for benchmark, options in (
        (study_coverage, ["--runs", "2"]),
        (study_wording, ["--studies", "1", "--others", "1"]),
        (study_detection, ["--runs", "2"]),
        (dose_detection, ["--runs", "1"]),
        (design_wording, ["--studies", "1"]),
    ):
        file = tmp_path / "results.json"
        monkeypatch.setattr(benchmark, "RESULTS", file)
        if benchmark is study_coverage:
            monkeypatch.setattr(benchmark, "WORLDS", benchmark.WORLDS[:1])
        assert benchmark.main([*options, "--json", str(file)]) == 0
        names = {
            study_coverage: ("coverage", "lower", "unwarned"),
            study_wording: ("wording",),
            study_detection: ("detection",),
            dose_detection: ("doses",),
            design_wording: ("designs_wording",),
        }
        for name in names[benchmark]:
            tables = study_tables.TABLES | study_tables.DESIGN_TABLES
            assert tables[name]().startswith("| ")


@pytest.mark.slow
def test_claims_are_those_of_the_whole_report() -> None:
    """The benchmark makes no more of a report than claims rest on."""
    table = study_wording.study("biased", 12, 8, 2, np.random.default_rng(3))
    results = analyse(table, rules={}, draws=10)
    parts = [kept_sections for _, kept_sections, _ in results.parts()]
    claims = study_wording.claims(table, 0)
    text = " ".join(
        sentence
        for part in parts
        for sentence in (
            *heard_sentences.intervals(part.intervals),
            *heard_sentences.chance(part.chance),
            *heard_sentences.bias(part.bias, part.lean),
        )
    )
    assert claims[study_wording.LEANS] == ("People answer" in text)
    assert claims[study_wording.DIRECTIONS] == ("People agree more on items meant" in text)
    assert claims[study_wording.HARD_PIECES] == ("few hard pieces" in text)
    assert claims[study_wording.ITEMS] == ("these very items of one direction" in text)
    of_doses = " ".join(sentences.doses(results.doses))
    assert claims[study_wording.SLOPE] == (" of a stronger transfer: " in of_doses)
    scales = [one.holm for part in parts for one in part.opinion.values()]
    assert claims[study_wording.MIDDLE] == any(p is not None and p < 0.05 for p in scales)


def test_unbiased_listeners_are_said_to_be_nothing_else() -> None:
    """Each kind of claim at its level, but for chance; what is there is found."""
    wording = study_wording
    kinds = {
        wording.LEANS: ["biased"],
        wording.CONDITIONS: [wording.MORE_OF_MORE],
        wording.SCALES_DIFFER: [],
        wording.DIRECTIONS: ["biased"],
        wording.SLOPE: [wording.MORE_OF_MORE],
        wording.DOSE: [],
        wording.MEASURED: [],
    }
    for row in json.loads(wording.RESULTS.read_text())["rows"]:
        by_chance = wording.LEVEL + 2 * np.sqrt(wording.LEVEL * 0.95 / row["studies"])
        for claim, there in kinds.items():
            share = row["claims"][claim]
            if row["listeners"] not in there:
                assert share <= by_chance, (row["listeners"], claim)
            elif row["participants"] == 48:
                assert share > 0.95, (row["listeners"], claim)


def test_of_systems_nothing_is_claimed_that_is_not_there() -> None:
    wording = design_wording
    hearing = {wording.HEARING, wording.PERFECT}
    there = {
        wording.DIFFER: hearing,
        wording.ORDER: {wording.BIASED},
        wording.TREND: set(),
    }
    report = json.loads(wording.RESULTS.read_text())
    by_chance = 0.05 + 2 * np.sqrt(0.05 * 0.95 / report["studies"])
    for row in report["rows"]:
        for claim, listeners in there.items():
            share, lazy_letter = (
                row["claims"][claim],
                row["design"] == "abx" and claim == wording.ORDER,
            )
            if row["listeners"] in listeners or (lazy_letter and row["listeners"] == wording.LAZY):
                assert share > 0.7 or row["participants"] == 12, row
            else:
                assert share <= by_chance, row


@pytest.mark.slow
def test_listeners_of_designs_are_what_they_are_called() -> None:
    for design, kinds in design_wording.LISTENERS.items():
        for kind in kinds:
            table = design_wording.study(design, kind, 48, 12, np.random.default_rng(2))
            claims = design_wording.claims(design, table)
            if kind in (design_wording.UNBIASED, design_wording.BIASED):
                assert not claims[design_wording.DIFFER], design
                assert claims[design_wording.ORDER] == (kind == design_wording.BIASED), design
            if kind == design_wording.PERFECT:
                assert claims[design_wording.DIFFER], design
            if kind == design_wording.LAZY:
                assert claims[design_wording.ALIKE] and not claims[design_wording.DIFFER], design


def test_intervals_of_d_prime_hold() -> None:
    report = json.loads(study_detection.RESULTS.read_text())
    error = np.sqrt(0.95 * 0.05 / report["runs"])
    for row in report["rows"]:
        for name in ("d_prime", "criterion"):
            assert row[name] >= 0.95 - 2 * error, (name, row)


def test_the_page_has_the_tables_of_its_results() -> None:
    for path, tables in (
        (study_tables.PAGE, study_tables.TABLES),
        (study_tables.DESIGNS_PAGE, study_tables.DESIGN_TABLES),
    ):
        page = path.read_text(encoding="utf-8")
        for name, make in tables.items():
            assert f"<!-- {name}:begin -->\n{make()}\n<!-- {name}:end -->" in page


@pytest.mark.slow
def test_the_coverage_of_designs_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_coverage, "PIECES", (4,))
    monkeypatch.setattr(design_coverage, "PARTICIPANTS", (8,))
    monkeypatch.setattr(design_coverage, "ANSWERS", 20_000)
    rows = design_coverage.measured(8, 0, lambda: None)
    assert len(rows) == 11 and all(row["coverage"] > 0.7 and row["width"] > 0 for row in rows)


def test_where_means_of_systems_are_too_short_the_report_says_that_they_are_near_an_end() -> None:
    """Below 94 % by more than a standard error: always; where systems are middling, hardly ever."""
    report = json.loads(design_coverage.RESULTS.read_text())
    means = [row for row in report["rows"] if row["warned"] is not None]
    assert {row["measure"] for row in means} >= {"mean", "mean, high", "hidden reference, mushra"}
    error = np.sqrt(0.94 * 0.06 / report["runs"])
    short = [row for row in means if row["coverage"] < 0.94 - error]
    assert short and all(row["warned"] >= 0.95 for row in short)
    assert all(row["warned"] < 0.02 for row in means if row["measure"] == "mean")


def test_an_interval_is_right_or_the_report_warns() -> None:
    """Wrong in silence hardly more often than it claims; 94 % where most are not warned of."""
    for row in json.loads(study_coverage.RESULTS.read_text())["simulated"]:
        assert study_tables.silently_wrong(row) <= 0.06, row
        if row["warned"] < 0.5:
            error = np.sqrt(0.94 * 0.06 / (row["runs"] * (1 - row["warned"])))
            assert row["coverage_without_warning"] >= 0.94 - 2 * error, row


def test_what_is_below_is_warned_of_and_what_is_right_hardly() -> None:
    """Below 94 % by more than a standard error: in 95 % of the studies or more."""
    for row in json.loads(study_coverage.RESULTS.read_text())["simulated"]:
        if row["coverage"] < 0.94 - np.sqrt(0.94 * 0.06 / row["runs"]):
            assert row["warned"] >= 0.95, row
        if row["world"] == "usual" or row["world"].startswith("guessing"):
            assert row["warned"] <= (0.1 if row["pieces"] >= 12 else 0.3), row


def test_no_claim_is_made_of_unbiased_listeners_more_often_than_at_its_level() -> None:
    report = json.loads(study_wording.RESULTS.read_text())
    claims = (
        *(study_wording.LEANS, study_wording.CONDITIONS, study_wording.SCALES_DIFFER),
        study_wording.DIRECTIONS,
        *(study_wording.DOSE, study_wording.MEASURED),
    )
    for row in report["rows"]:
        if row["listeners"] == "unbiased":
            error = np.sqrt(report["level"] * (1 - report["level"]) / row["studies"])
            for claim in claims:
                assert row["claims"][claim] <= report["level"] + 2 * error, claim
