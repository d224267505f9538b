import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets import faders
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
