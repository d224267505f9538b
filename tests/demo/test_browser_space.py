"""The page on a Hugging Face Space, opened at its own address, asks no other host for anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import server_group
from tests.demo.page import wait_until_heard, watch

pytestmark = pytest.mark.browser


@pytest.mark.xdist_group(server_group("space"))
def test_the_console_of_a_space_stays_empty(browser: Browser, space):
    complaints: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        watch(page, complaints)
        page.goto(space.url)
        wait_until_heard(page)
        page.get_by_role("slider", name="Rhythm density").press("End")
        wait_until_heard(page)
        page.wait_for_timeout(1000)  # Gradio's header comes, if it comes, after the page
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert complaints == []
