"""MIDI devices on the page, in headless Chromium: who is asked, controllers, looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from fadernets.expression.registry import EXPRESSIONS
from tests.demo.midi_devices import (
    NO_WEB_MIDI,
    NOW,
    ON,
    PLUG,
    STUDIO,
    learn,
    open_devices,
    play_take,
    state,
    turn,
)
from tests.demo.page import WIDE, wait_until_heard, watch
from tests.survey.browser.accessibility import serious

pytestmark = pytest.mark.browser

LONG = "Knobs of a very long name, USB MIDI 1"


def test_the_browser_is_asked_once_the_part_is_opened(studio):
    assert studio.evaluate("studio.asked") == []
    studio.locator(".fn-midi summary").click()
    expect(state(studio)).to_contain_text("No MIDI device is connected")
    expect(studio.get_by_role("button", name="Record")).to_be_disabled()
    studio.evaluate("studio.plug('input', 'Keys')")
    expect(state(studio)).to_have_text("Connected: Keys.")
    expect(studio.get_by_role("button", name="Record")).to_be_enabled()
    studio.evaluate("studio.plug('output', 'Synth')")
    studio.get_by_role("combobox", name="Record from").select_option("Keys")
    studio.evaluate("studio.unplug('output', 'Synth')")
    expect(state(studio)).to_have_text("Synth is gone.")
    assert studio.get_by_role("combobox", name="Record from").input_value() == "input-Keys"
    studio.evaluate("studio.unplug('input', 'Keys')")
    assert studio.get_by_role("combobox", name="Record from").input_value() == ""
    for _ in range(2):
        studio.locator(".fn-midi summary").click()
    assert studio.evaluate("studio.asked") == [{"sysex": False}]


def test_a_refusal_is_one_line(visit):
    """The browser itself refuses: nobody is there to be asked."""
    page = visit()
    before = page.inner_text(".fn-desk")
    page.locator(".fn-midi summary").click()
    expect(state(page)).to_contain_text("may not use MIDI devices here")
    expect(page.locator(".fn-devices")).to_be_hidden()
    page.locator(".fn-midi summary").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")  # closed and opened: asked again
    expect(state(page)).to_contain_text("may not use MIDI devices here")
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert page.inner_text(".fn-desk") != before


def test_a_browser_without_web_midi_says_so(browser: Browser, address):
    context = browser.new_context(viewport=WIDE)
    context.add_init_script(NO_WEB_MIDI)
    page = context.new_page()
    complaints: list[str] = []
    watch(page, complaints)
    page.goto(address)
    wait_until_heard(page)
    page.locator(".fn-midi summary").click()
    expect(state(page)).to_contain_text("This browser reaches no MIDI devices.")
    expect(page.locator(".fn-devices")).to_be_hidden()
    context.close()
    assert complaints == []


def test_the_page_alone_may_use_midi(studio, address):
    """No frame of another site may, nor the listening test."""
    allowed = "document.featurePolicy.getAllowlistForFeature('midi')"
    assert studio.evaluate(allowed) == [address.rstrip("/")]
    header = studio.request.get(f"{address}survey/").headers["permissions-policy"]
    assert "midi=()" in header


def test_a_control_that_was_learnt_moves_its_fader(studio):
    open_devices(studio, ("input", "Knobs"), ("input", "Keys"))
    rhythm = studio.get_by_role("slider", name="Rhythm density")
    learn(studio, "Rhythm density", "Knobs", 21, channel=3)
    row = studio.locator(".fn-learn li").first
    expect(row).to_contain_text("CC 21, channel 3, Knobs")
    assert rhythm.input_value() == "0"  # it was learnt, nothing more
    count = studio.evaluate("FaderNets.bench.requestNumber")
    turn(studio, "Knobs", 21, range(64, 128), channel=3)
    assert rhythm.input_value() == "1"  # at once
    studio.wait_for_function(f"{NOW}.rhythm !== null")
    wait_until_heard(studio)
    assert studio.evaluate("FaderNets.bench.requestNumber") == count + 1  # one move, asked once
    assert studio.evaluate(f"{NOW}.rhythm[0][1]") == 1
    for device, number, channel in (("Knobs", 21, 1), ("Knobs", 22, 3), ("Keys", 21, 3)):
        turn(studio, device, number, [0], channel)
    assert rhythm.input_value() == "1"
    turn(studio, "Knobs", 21, [64], channel=3)  # its middle is the fader's
    studio.wait_for_function(f"{NOW}.rhythm === null")
    studio.get_by_role("button", name="Undo").click()
    assert studio.evaluate(f"{NOW}.rhythm[0][1]") == 1

    studio.get_by_role("radio", name="Same for all").check(force=True)
    wait_until_heard(studio)
    turn(studio, "Knobs", 21, [0], channel=3)
    studio.wait_for_function(f"{NOW}.positions.rhythm?.[0][1] === 0")


def test_what_was_learnt_is_kept_and_can_be_forgotten(studio):
    open_devices(studio, ("input", "Knobs"))
    learn(studio, "Rhythm density", "Knobs", 21)
    learn(studio, "Arousal", "Knobs", 22)
    learn(studio, "Note density", "Knobs", 21)  # a control is one fader's
    studio.reload()
    wait_until_heard(studio)
    open_devices(studio, ("input", "Knobs"))
    rows = studio.locator(".fn-learn output")
    knobs = {"note": "CC 21, channel 1, Knobs", "arousal": "CC 22, channel 1, Knobs"}
    names = ["rhythm", "note", *EXPRESSIONS, "arousal", "valence"]
    expect(rows).to_have_text([knobs.get(name, "no control") for name in names])
    studio.get_by_role("button", name="Forget Note density").click()
    expect(studio.get_by_role("button", name="Learn Note density")).to_be_focused()
    turn(studio, "Knobs", 21, [127])
    turn(studio, "Knobs", 22, [0])
    studio.wait_for_function(f"{NOW}.arousal?.[0][1] === -1")
    assert studio.evaluate(f"{NOW}.note") is None
    studio.get_by_role("button", name="Forget Arousal").click()
    assert studio.evaluate("Object.keys(localStorage)") == []


def test_learning_can_be_left_and_knows_no_pedal(studio):
    open_devices(studio, ("input", "Knobs"))
    button = studio.get_by_role("button", name="Learn Arousal")
    for leave in ("Space", "Escape"):
        button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        turn(studio, "Knobs", 64, [127])  # a pedal
        turn(studio, "Knobs", 123, [0])  # a command
        studio.keyboard.press(leave)
        expect(button).to_have_attribute("aria-pressed", "false")
        turn(studio, "Knobs", 22, [9])
    faders = studio.locator("[data-fader]").count()
    expect(studio.locator(".fn-learn output")).to_have_text(["no control"] * faders)


def test_a_control_sets_the_bars_where_it_was_turned(studio):
    """Also those of two faders turned together, and bars that were left before it stood still."""
    open_devices(studio, ("input", "Knobs"))
    learn(studio, "Rhythm density", "Knobs", 21)
    learn(studio, "Arousal", "Knobs", 22)
    span = studio.evaluate("FaderNets.bench.area.span")
    turn(studio, "Knobs", 21, [127])
    turn(studio, "Knobs", 22, [0])
    studio.evaluate("FaderNets.bench.overview.step(1)")
    studio.wait_for_function(f"{NOW}.rhythm !== null")
    wait_until_heard(studio)
    for name, value in (("rhythm", 1), ("arousal", -1)):
        points = studio.evaluate(f"FaderNets.bench.score.part({NOW}, '{name}', {span}, false)")
        assert [height for _, height in points] == [value, value]
    assert studio.get_by_role("slider", name="Rhythm density").input_value() == "0"
    studio.get_by_role("button", name="Undo").click()
    assert studio.evaluate(f"[{NOW}.rhythm, {NOW}.arousal]") == [None, None]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (820, "light"), (1440, "light")])
def test_it_fits_looks_and_reads(browser: Browser, address, artefacts, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500
    )
    context.add_init_script(STUDIO)
    page = context.new_page()
    page.goto(address)
    wait_until_heard(page)
    press = Locator.tap if width < 500 else Locator.click
    for device in (["input", LONG], ["output", "Synth"]):
        page.evaluate(PLUG, device)
    press(page.locator(".fn-midi summary"))
    for fader, number in (("Rhythm density", 21), ("Note density", 22)):
        press(page.get_by_role("button", name=f"Learn {fader}"))
        turn(page, LONG, number, [1])
    press(page.get_by_role("button", name="Forget Note density"))
    press(page.get_by_role("button", name="Learn Arousal"))
    press(page.get_by_role("button", name="Record"))
    play_take(page, LONG, [(-65.0, [ON, 60, 70])])
    expect(page.locator("[data-show=take]")).to_have_text(re.compile("^1 note, 1:0[5-9]$"))
    page.get_by_role("combobox", name="Play to").select_option("Synth")
    part = page.locator(".fn-midi")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    style = ".fn-stage { position: static !important }"  # else it lies above a part so high
    part.screenshot(path=artefacts / f"midi-{width}-{scheme}.png", style=style)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = part.evaluate(
        "part => [...part.querySelectorAll('button, select, summary')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 30).length"
    )
    assert small == 0
    assert serious(page, scheme) == []
    context.close()
