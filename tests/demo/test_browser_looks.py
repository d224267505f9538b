"""How the page fits its window and answers to keys, in headless Chromium."""

from __future__ import annotations

import re

import pytest

from tests.demo.page import (
    PHONE,
    WIDE,
    wait_until_heard,
)

pytestmark = pytest.mark.browser
# What has the focus, and the boxes that cut its outline off; nothing of what is not drawn.
CUT_OFF = """() => { const at = document.activeElement, style = getComputedStyle(at);
    const { outlineStyle, outlineWidth, outlineOffset, opacity } = style;
    if (outlineStyle === "none" || opacity === "0" || at === document.body) return [];
    const out = parseFloat(outlineWidth) + parseFloat(outlineOffset);
    const box = at.getBoundingClientRect();
    const cuts = (around) => { const edge = around.getBoundingClientRect();
        return /hidden|auto|scroll|clip/.test(getComputedStyle(around).overflow) &&
            (box.left - out < edge.left - 0.5 || box.right + out > edge.right + 0.5 ||
             box.top - out < edge.top - 0.5 || box.bottom + out > edge.bottom + 0.5); };
    const around = [];
    for (let one = at.parentElement; one !== document.body; one = one.parentElement)
        if (!one.matches(".fn-ab") && cuts(one)) around.push(one.className || one.tagName);
    return around.map((name) => `${at.ariaLabel || at.textContent || at.id} in ${name}`); }"""


def test_a_key_held_down(visit):
    """With moves faster than answers, the answer to the last move is shown."""
    page = visit()
    strip = page.get_by_role("slider", name="Bars")
    for key in ("ArrowRight", "ArrowLeft") * 3:
        for _ in range(8):
            strip.press(key)
        wait_until_heard(page)
    page.get_by_role("slider", name="Note density").press("Home")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    wait_until_heard(page)
    assert page.get_by_role("slider", name="Note density").input_value() == "-0.9"
    assert '"note":[[3,-0.9],[3,0]]' in page.evaluate("FaderNets.bench.props.value")


def test_focus_goes_from_top_to_bottom(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    page.get_by_role("radio", name="Bach Chorale").focus()
    focused = []
    for _ in range(70):
        focused.append(
            page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.ariaLabel || (at.labels && at.labels[0] || at).textContent.trim(); }"
            )
        )
        page.keyboard.press("Tab")
    expected = [
        "Bach Chorale",
        "Your own MIDI file",
        "Previous bars",
        "Whole piece",
        "Bars",
        "Play",
        "Result",
        "Loop",
        "Position in seconds",
        "Save MIDI",
        "What to save",
        "Keep the shape",
        "Rhythm density",
        "Rhythm as played",
        "Note density",
        "Tempo",
        "Articulation: held",
        "Arousal",
        "Arousal: energetic",
        "Valence",
        "Valence: joyful",
        "Calm",
        "Joyful",
        "Undo",
        "Reset",
        "Melody",
        "Choose notes",
        "Seed",
        "Vary",
    ]
    places = [focused.index(name) for name in expected if name in focused]
    assert [name for name in expected if name not in focused] == []
    home = expected.index("Rhythm as played")
    order = [place for i, place in enumerate(places) if i not in (home - 1, home)]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"]
)
def test_it_fits_and_looks(visit, artefacts, size, scheme):
    page = visit(size, scheme)
    page.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(page)
    page.screenshot(path=artefacts / f"page-{size['width']}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3])
    assert (brightness > 384) == (scheme == "light")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.fn-bench button, .fn-bench select')]
            .filter(e => e.checkVisibility({visibilityProperty: true}))
            .filter(e => e.getBoundingClientRect().height < 30).map(e => e.textContent)"""
    )
    assert small == []


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_outline_of_what_has_the_focus_is_whole(visit, width):
    page = visit({"width": width, "height": 900})
    cut_off = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        cut_off.update(page.evaluate(CUT_OFF))
    assert cut_off == set()
