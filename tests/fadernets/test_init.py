"""The public names of the package."""

import pytest

import fadernets
from fadernets import codes, net
from fadernets.music import attributes, notes


def test_public_names_are_what_they_are_called():
    assert fadernets.Codes is codes.Codes and fadernets.FaderNet is net.FaderNet
    assert fadernets.Notes is notes.Notes
    assert fadernets.measure is attributes.measure and fadernets.ATTRIBUTES is attributes.ATTRIBUTES
    assert fadernets.load == net.FaderNet.load


@pytest.mark.parametrize("name", ["fadernet", "Net", "loads"])
def test_no_other_name(name):
    with pytest.raises(AttributeError, match=f"module 'fadernets' has no attribute '{name}'"):
        getattr(fadernets, name)
    assert name not in dir(fadernets)
