"""Random moves, after which page, server and saved file agree, in headless Chromium."""

from __future__ import annotations

import random

import numpy as np
import pytest

from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.curve import Curve
from fadernets.expression.registry import EXPRESSIONS
from fadernets.music import examples, midi
from tests.demo.page import picture, wait_until_heard

pytestmark = pytest.mark.browser

MOVES = 60
FADERS = ("rhythm", "note", *EXPRESSIONS, "arousal", "valence")
MOVED = """([name, value]) => { const input = document.querySelector(`#fn-${name}`);
    input.value = value; input.dispatchEvent(new Event("input", {bubbles: true}));
    input.dispatchEvent(new Event("change", {bubbles: true})); }"""
CHOSEN = "([first, last]) => FaderNets.bench.overview.choose(first, last)"
HAS = """names => { const bench = FaderNets.bench, {overview, score, now} = bench;
    const moved = new Map(score.amounts(now).map(each => [each.name, each]));
    return names.map(name => moved.has(name)
        ? overview.values(moved.get(name)).map(({value}) => value)
        : Array(overview.count).fill(0)); }"""


def test_page_server_and_file_agree(visit, net, tmp_path):
    """Undo and redo among the moves; the answers of some are overtaken by the next."""
    page = visit()
    page.get_by_label("Bach Chorale").check(force=True)
    page.wait_for_function("FaderNets.bench.piece.name.includes('Haupt')")
    wait_until_heard(page)
    session = PieceSession(examples.load("chorale"))
    count = len(session.segments)
    draw = random.Random(12)
    first, last = page.evaluate("[FaderNets.bench.overview.first, FaderNets.bench.overview.last]")
    now = {name: [0.0] * count for name in FADERS}
    past, future = [], []  # what was set, and where it was changed
    for _ in range(MOVES):
        act = draw.choices(["choose", "move", "undo", "redo"], [3, 5, 2, 1])[0]
        if act == "choose":
            first = draw.randrange(count)
            last = min(count - 1, first + draw.randrange(4))
            page.evaluate(CHOSEN, [first, last])
        elif act == "move":
            name, value = draw.choice(FADERS), draw.choice([-1, -0.5, 0, 0.25, 1])
            page.evaluate(MOVED, [name, value])
            values = list(now[name])
            values[first : last + 1] = [value] * (last + 1 - first)
            if values != now[name]:
                past.append((now, first, last))
                now, future = {**now, name: values}, []
        elif steps := past if act == "undo" else future:
            page.get_by_role("button", name=act.capitalize()).click()
            before, first, last = steps.pop()
            (future if act == "undo" else past).append((now, first, last))
            now = before
        if draw.random() < 0.3:
            wait_until_heard(page)
    wait_until_heard(page)
    assert page.evaluate(HAS, list(FADERS)) == [now[name] for name in FADERS]
    overview = page.evaluate("[FaderNets.bench.overview.first, FaderNets.bench.overview.last]")
    assert overview == [first, last]

    drawn = picture(page, "result")  # perhaps of an answer that was kept
    page.reload()
    wait_until_heard(page)
    assert picture(page, "result") == drawn
    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(tmp_path / "saved.mid")
    edges = [*(segment.start for segment in session.segments), session.piece.length]
    steps = {
        name: Curve([(edge, v) for i, v in enumerate(values) for edge in edges[i : i + 2]])
        for name, values in now.items()
    }
    faders = {name: steps.pop(name) for name in ("rhythm", "note")}
    expression = {name: steps.pop(name) for name in EXPRESSIONS}
    edit = EditRequest(0, count - 1, faders=faders, expression=expression, **steps)
    result = session.result(net, edit)
    (tmp_path / "result.mid").write_bytes(midi.file_bytes(result))
    saved, expected = (midi.read(tmp_path / f"{name}.mid") for name in ("saved", "result"))
    assert list(saved.notes) == list(expected.notes)
    np.testing.assert_array_equal(saved.tempo, expected.tempo)
