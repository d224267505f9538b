"""The page before two servers behind nginx, of which one ends.

Apart from `test_several_servers`: Playwright's loop and those of clients do not go together.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.several_servers import NAMES, proxied
from benchmarks.survey import survey_study
from fadernets.music import midi
from survey.core.settings import Settings
from tests import nginx
from tests.demo.page import opened, wait_until_heard
from tests.fadernets import tiny
from tests.postgres import Server as PostgresServer
from tests.public.server import serving

pytestmark = [pytest.mark.server, pytest.mark.postgres, pytest.mark.browser]


def test_a_piece_goes_on_where_its_server_has_ended(
    postgres: PostgresServer, browser: Browser, tmp_path: Path
) -> None:
    """The page brings the visitor's own file and settings to the server that is left."""
    nginx.require()
    env = {"DATABASE_URL": postgres.create(), "FADERNETS_DATA": str(tmp_path / "data")}
    survey_study.make(Settings.from_env(env))
    folders = [tmp_path / name for name in (*NAMES, "nginx")]
    for folder in folders:
        folder.mkdir()
    own = tmp_path / "Own.mid"
    midi.write(tiny.piece(tiny.bars(3)), own)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving("make-run", folder, study=False, **env))
            for folder in folders[:2]
        ]
        ports = [urlsplit(server.url).port for server in servers]
        port = stack.enter_context(proxied(ports, folders[2]))
        context = stack.enter_context(browser.new_context())
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        wait_until_heard(page)
        opened(page, own)
        having = [server for server in servers if any(server.temporary.rglob("*.mid"))]
        assert len(having) == 1
        before = page.evaluate("FaderNets.bench.piece.id")
        having[0].process.kill()
        fader = page.get_by_role("slider", name="Rhythm density")
        fader.press("End")  # it may take a request for the proxy to find out
        page.wait_for_timeout(1000)
        fader.press("End")
        page.wait_for_function(f"FaderNets.bench.piece.id != '{before}'")
        wait_until_heard(page)
        expect(page.get_by_role("heading", name="Own")).to_be_visible()
        assert fader.input_value() == fader.get_attribute("max")
        assert not any(page.get_by_role("alert").all_inner_texts())
