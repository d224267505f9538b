"""Tests of a group share a process, or each process builds their fixtures and servers anew."""

from __future__ import annotations

import pytest


def test_a_group_stays_in_one_process(request: pytest.FixtureRequest):
    """Versions of pytest and pytest-xdist that do not go together would lose groups silently."""
    mark = request.node.get_closest_marker("xdist_group")
    assert mark.args == ("tests/test_groups.py",)
    if request.config.getoption("loadgroup", False):  # in a process that xdist started
        assert request.node.nodeid.endswith(f"@{mark.args[0]}")
