import numpy as np
import pytest
from scipy.special import expit, logit

from survey.planning.power import (
    LOOKS,
    Expectation,
    StudySize,
    drawn,
    expected,
    looks,
    needed,
    truth_of,
)
from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed
from survey.statistics.simulation import PEOPLE, Truth, simulate

RUNS = 60


def planned(**change: object) -> StudySize:
    return StudySize(truth_of(0.8, Truth()), **{"items": 20, "each": 20, "runs": RUNS, **change})


@pytest.mark.slow
def test_more_participants_and_more_items_are_more_precise() -> None:
    width_of_12, width_of_96 = (expected(planned(), people).agreement.width for people in (12, 96))
    items = expected(planned(items=60, each=60), 96).agreement.width
    assert items < width_of_96 < width_of_12


def test_fewer_pieces_make_the_interval_as_wide_as_the_report_has_it() -> None:
    """Pieces' sd 0.8, segments' 0.6 and people's 0.7, by hand; segments counted each make 0.15."""
    middle = logit(truth_of(0.8, Truth()).agreement)
    for pieces in (4, 6):
        widths = []
        for run in range(RUNS):
            random = np.random.default_rng(run)
            person, segment = np.indices((48, 20)).reshape(2, -1)
            piece = segment % pieces
            ease = random.normal(0, 0.8, pieces)[piece] + random.normal(0, 0.6, 20)[segment]
            chance = expit(middle + ease + random.normal(0, 0.7, 48)[person])
            agrees = (random.random(len(chance)) < chance).astype(float)
            share = twoway.share(Crossed(agrees, person, piece, segment))
            widths.append(share.high - share.low)
        expectation = expected(planned(pieces=pieces), 48)
        assert expectation.agreement.width == pytest.approx(np.median(widths), rel=0.15)
        assert expectation.agreement.width > 0.2
        assert expectation.power < 1


def test_every_piece_has_its_segments() -> None:
    for pieces, expected_count in ((None, 12), (4, 4), (20, 20)):
        for answers in drawn(planned(pieces=pieces), 3, np.random.default_rng(0)):
            assert answers.item_count == expected_count
            assert len(set(answers.segments)) == 20
    assert planned(items=5, each=5).piece_count == 5


def test_what_is_expected_of_a_study() -> None:
    expectation = expected(planned(pieces=20), 48)
    agreement = expectation.agreement
    assert agreement.mean == pytest.approx(0.8, abs=0.02)
    assert agreement.design_effect == pytest.approx(1 + 19 * agreement.rho, rel=0.1)
    assert agreement.observed > agreement.design_effect > 1
    assert expectation.power == 1
    assert expectation == expected(planned(pieces=20), 48)


@pytest.mark.slow
def test_the_number_needed_is_the_smallest_that_is_enough() -> None:
    def enough(expectation: Expectation) -> bool:
        return expectation.agreement.width <= 0.18

    expectation = needed(planned(), enough)
    assert enough(expectation)
    assert not enough(expected(planned(), expectation.participants - 1))


def test_participants_cannot_replace_items() -> None:
    small = planned(items=6, each=6, runs=5)
    assert needed(small, lambda expectation: expectation.agreement.width <= 0.05) is None


def test_careless_participants_cost_agreement() -> None:
    honest, careless = (expected(planned(careless=share), 48) for share in (0.0, 0.3))
    lost = honest.agreement.mean - careless.agreement.mean
    assert lost == pytest.approx(0.3 * (0.8 - 1 / 3), abs=0.03)
    assert careless.agreement.rho > honest.agreement.rho


def test_nobody_to_tell_from_guessing() -> None:
    guessing = StudySize(Truth(agreement=0.5), runs=RUNS)
    assert expected(guessing, 48).power < 0.15


def test_some_items_each() -> None:
    agrees, ratings = drawn(planned(items=60, each=20), 30, np.random.default_rng(0))
    for answers in (agrees, ratings):
        assert (np.bincount(answers.participants) == 20).all()
        assert len(set(answers.segments)) == 60


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"items": 1}, "a study has at least 2 items, not 1"),
        ({"items": 5, "each": 6}, "a participant rates 1 to 5 items, not 6"),
        ({"pieces": 1}, "20 items are of 2 to 20 pieces, not 1"),
        ({"pieces": 21}, "20 items are of 2 to 20 pieces, not 21"),
        ({"each": 0}, "a participant rates 1 to 20 items, not 0"),
        ({"careless": 1.5}, "the careless share is from 0 to 1, not 1.5"),
        ({"careless": -0.1}, "the careless share is from 0 to 1, not -0.1"),
        ({"runs": 0}, "there is at least one run, not 0"),
    ],
)
def test_a_design_that_cannot_be_is_refused(values: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        StudySize(Truth(), **values)
    for changes in ({"items": 2, "each": 1}, {"each": 20}, {"careless": 1.0}, {"runs": 1}):
        assert StudySize(Truth(), **changes)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_agreement_that_nothing_can_be_planned_for(share: float) -> None:
    with pytest.raises(ValueError, match=f"between 0.01 and 0.99 to be planned for, not {share}$"):
        truth_of(share, Truth())


def test_each_kind_of_participants_has_its_look() -> None:
    looks_by_kind = {look.kind: look for look in looks(20, 0, Truth())}
    assert list(looks_by_kind) == list(PEOPLE)
    assert looks_by_kind["perfect"].agreement == 1 and looks_by_kind["perfect"].left_out == 0
    assert looks_by_kind["random"].agreement == pytest.approx(1 / 3, abs=0.1)
    assert looks_by_kind["biased"].criterion is not None and looks_by_kind["biased"].criterion > 1
    assert looks_by_kind["lazy"].left_out > 0.5


def test_catch_trials_have_no_part_in_a_look_but_who_is_left_out() -> None:
    look = next(look for look in looks(20, 0, Truth()) if look.kind == "realistic")
    table = simulate({"realistic": LOOKS}, 20, 0, Truth())
    is_right = table["heard"] == table["intended"]
    is_transfer = table["kind"] == "transfer"
    assert look.agreement == pytest.approx(is_right[is_transfer].mean())
    assert is_right[~is_transfer].mean() - is_right[is_transfer].mean() > 0.05
