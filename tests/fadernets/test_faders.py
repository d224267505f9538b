import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets import faders
from fadernets.curve import Curve
from fadernets.faders import Fader

FADER = Fader("rhythm", (0.125, 0.25, 0.75), (-2.0, 0.0, 1.0))


@st.composite
def scales(draw):
    """Faders with rising knots, some of them close together."""
    knots = st.floats(-20, 20).map(lambda x: round(x, 3))
    density = draw(st.lists(knots, min_size=2, max_size=12, unique=True))
    code = draw(st.lists(knots, min_size=len(density), max_size=len(density), unique=True))
    return Fader("note", tuple(sorted(density)), tuple(sorted(code)))


def test_by_hand():
    assert FADER.density_at(0.0) == 0.125
    assert FADER.density_at(0.2) == 0.25
    assert FADER.density_at(1.0) == 0.75
    assert FADER.code_at(np.array([0.0, 0.1, 0.2, 0.6, 1.0])).tolist() == [-2, -1, 0, 0.5, 1]
    assert FADER.position_of(0.25) == pytest.approx(0.2)


def test_densities_beyond_the_scale_stand_at_its_ends():
    assert FADER.position_of(np.array([-1.0, 0.0, 0.125, 0.75, 9.0])).tolist() == [0, 0, 0, 1, 1]


@given(scales(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_position_and_density_are_inverse(fader, positions):
    positions = np.array(positions)
    density = fader.density_at(positions)
    assert np.allclose(fader.position_of(density), positions)
    assert density.min() >= fader.density[0] - 1e-9
    assert density.max() <= fader.density[-1] + 1e-9


@given(scales())
def test_a_higher_position_is_a_higher_code(fader):
    code = fader.code_at(np.linspace(0, 1, 101))
    assert (np.diff(code) > 0).all()
    assert (code[0], code[-1]) == pytest.approx((fader.code[0], fader.code[-1]))


@given(scales())
def test_every_knot_is_met(fader):
    assert np.allclose(fader.code_at(fader.position_of(fader.density)), fader.code)


@pytest.mark.parametrize(
    ("position", "sentence"),
    [
        ("0,5", "'0,5' is text, no number: write 0.5"),
        ("0.5", "'0.5' is text, no number: write 0.5"),
        ("half", "'half' is text, no number"),
        (None, "None is no number: leave rhythm out of the positions where it shall stay"),
    ],
)
def test_positions_that_are_no_numbers_are_refused(position, sentence):
    for given_position in (position, [0.5, position]):
        for method in (FADER.density_at, FADER.code_at):
            with pytest.raises(TypeError) as error:
                method(given_position)
            assert str(error.value) == f"rhythm fader position {sentence}"


@pytest.mark.parametrize("position", [-0.001, 1.001, float("nan"), float("inf")])
def test_positions_outside_are_refused(position):
    for given_position in (position, np.array([0.5, position])):
        for method in (FADER.density_at, FADER.code_at):
            with pytest.raises(ValueError, match=f"rhythm fader position {position:g} is outside"):
                method(given_position)


@pytest.mark.parametrize(
    ("density", "code", "message"),
    [
        ((0.5,), (1.0,), "two knots or more"),
        ((0.1, 0.2, 0.3), (1.0, 2.0), "a code for each"),
        ((0.1, 0.1), (1.0, 2.0), "'rhythm' do not rise"),
        ((0.1, 0.2, 0.3), (1.0, 3.0, 2.0), "'rhythm' do not rise"),
        ((0.1, float("nan")), (1.0, 2.0), "'rhythm' do not rise"),
    ],
)
def test_knots_that_make_no_scale_are_refused(density, code, message):
    with pytest.raises(ValueError, match=message):
        Fader("rhythm", density, code)


def test_saved_faders_are_loaded_as_they_were(tmp_path):
    scales = {"rhythm": FADER, "note": Fader("note", (0.0, 1 / 3), (-0.1, 0.2))}
    faders.save(scales, tmp_path / "faders.json")
    assert faders.load(tmp_path / "faders.json") == scales
    assert list(faders.load(tmp_path / "faders.json")) == ["rhythm", "note"]


def offsets(least=-1.0, most=1.0):
    return st.floats(least, most)


@given(scales(), st.lists(st.floats(-30, 30), min_size=1, max_size=20))
def test_no_offset_leaves_every_density_to_the_bit(fader, densities):
    assert fader.offset(densities, 0.0).tolist() == densities


@given(scales(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_a_whole_offset_brings_every_density_to_an_end(fader, positions):
    densities = fader.density_at(positions)
    assert fader.offset(densities, 1.0) == pytest.approx(fader.density[-1], abs=1e-9)
    assert fader.offset(densities, -1.0) == pytest.approx(fader.density[0], abs=1e-9)


@given(scales(), st.floats(-30, 30), offsets(), offsets())
def test_a_higher_offset_is_no_lower_a_density(fader, density, first, second):
    low, high = (float(fader.offset(density, by)) for by in sorted([first, second]))
    assert low <= high + 1e-9
    inside = fader.density[0] + 0.01 < density < fader.density[-1] - 0.01
    if inside and abs(first - second) > 0.01:
        assert low < high


@given(scales(), st.floats(-30, 30), st.floats(-30, 30), offsets(-0.99, 0.99))
def test_segments_keep_their_order_and_an_end_is_not_overshot(fader, first, second, by):
    low, high = sorted([first, second])
    moved = fader.offset([low, high], by)
    assert moved[0] <= moved[1] + 1e-9
    if fader.density[0] <= low and high <= fader.density[-1] and high - low > 0.01:
        assert moved[0] < moved[1]
        assert moved[1] - moved[0] <= high - low + 1e-9  # differences never grow
    for before, after in zip((low, high), moved, strict=True):
        bounds = sorted([before, fader.density[-1] if by > 0 else fader.density[0]])
        assert bounds[0] - 1e-9 <= after <= bounds[1] + 1e-9


@pytest.mark.parametrize("by", [-0.5, -0.25, 0.25, 0.5])
def test_far_from_the_end_segments_go_equally_far(by):
    """Of a verse and a chorus the difference stays, nearer to the end most of it."""
    scale = Fader("rhythm", (0.0, 1.0), (0.0, 1.0))
    for densities, least in (([0.1, 0.3], 0.98), ([0.4, 0.6], 0.78)):
        before = np.array(densities)
        moved = scale.offset(before if by > 0 else 1 - before, by)
        assert least * 0.2 < abs(moved[1] - moved[0]) < 0.2


def test_a_half_offset_goes_as_far_as_half_of_the_way_on_average():
    """Of densities as training segments have them, so that settings made before mean the same."""
    rng = np.random.default_rng(0)
    scale = Fader("rhythm", (0.125, 1.0), (0.0, 1.0))
    densities = np.round(rng.normal(0.6, 0.23, 4_000).clip(0.125, 1) * 16) / 16
    for by, end in ((0.5, 1.0), (-0.5, 0.125)):
        moved = scale.offset(densities, by)
        assert np.mean(moved - densities) == pytest.approx(np.mean(end - densities) / 2, abs=0.04)
        assert moved.std() > 0.65 * densities.std()  # half of the way leaves half of it


@given(scales(), st.floats(-30, 30), offsets())
def test_a_density_beyond_the_end_goes_no_further(fader, density, by):
    if (density >= fader.density[-1] and by > 0) or (density <= fader.density[0] and by < 0):
        assert fader.offset(density, by) == density


@given(scales(), st.floats(0, 1))
def test_densities_of_codes_are_the_inverse_of_codes_of_densities(fader, position):
    density = fader.density_at(position)
    assert fader.density_of(fader.code_of(density)) == pytest.approx(float(density), abs=1e-6)


@pytest.mark.parametrize(
    ("by", "error", "sentence"),
    [
        (1.5, ValueError, "rhythm fader offset 1.5 is outside -1 to 1"),
        ([0.0, -1.01], ValueError, "rhythm fader offset -1.01 is outside -1 to 1"),
        (float("nan"), ValueError, "rhythm fader offset nan is outside -1 to 1"),
        ("-0,5", TypeError, "rhythm fader offset '-0,5' is text, no number: write -0.5"),
        (
            None,
            TypeError,
            "rhythm fader offset None is no number: "
            "leave rhythm out of the offsets where it shall stay",
        ),
        (
            Curve([(0, 0.5)]),
            TypeError,
            "rhythm fader offset is a curve and no number: write curve.along(piece, segments)",
        ),
    ],
)
def test_offsets_that_cannot_be_are_refused(by, error, sentence):
    with pytest.raises(error) as refusal:
        FADER.offset(0.25, by)
    assert str(refusal.value) == sentence
