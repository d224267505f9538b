"""Worker processes, started once for a file's tests."""

from __future__ import annotations

import pytest

from demo.compute.workers import Workers


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("temporary")))
        patch.setenv("FADERNETS_ADMIN_TOKEN", "0123456789abcdef")
        pool = Workers(short=1)
        pool.wait_until_ready()
        yield pool
        pool.close()
