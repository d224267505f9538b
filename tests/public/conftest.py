"""The server in both ways it is started, once for all tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.public.server import WAYS, Server, serving


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(way, marks=[pytest.mark.server, pytest.mark.xdist_group(f"public {way}")])
        for way in WAYS
    ],
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with serving(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
        assert running.process.poll() is None, running.log_text()
    assert "Traceback" not in running.log_text(), running.log_text()
