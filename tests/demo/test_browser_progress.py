"""How far long work is, and its end before it is done, in headless Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from fadernets.music import midi
from tests.demo.page import opened, picture, wait_until_heard
from tests.fadernets import tiny

pytestmark = pytest.mark.browser


def test_long_work_says_how_far_it_is_and_can_be_given_up(visit, tmp_path):
    page = visit()
    file = tmp_path / "long.mid"
    midi.write(tiny.piece(tiny.bars(840)), file)
    opened(page, file)
    page.get_by_role("button", name="Whole piece").click()
    wait_until_heard(page)
    before = picture(page, "result")
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_hidden()
    rhythm = page.get_by_role("slider", name="Rhythm density")
    rhythm.press("End")
    expect(cancel).to_be_visible()
    assert re.fullmatch(r"\d+ %", page.locator("[data-show=progress]").inner_text())
    page.wait_for_function("document.querySelector('.fn-busy progress').value > 0")

    cancel.click()
    expect(cancel).to_be_hidden()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert rhythm.input_value() == "0" and picture(page, "result") == before
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()

    # Nobody works on it any more, and the next move is answered.
    page.locator(".fn-strip").press("Home")
    wait_until_heard(page)
    rhythm.press("End")
    wait_until_heard(page)
    assert rhythm.input_value() == "1"
    expect(cancel).to_be_hidden()
