"""A look at a page: whether it fits, can be read and pressed, and a picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import ViewportSize

from tests.survey.browser.accessibility import serious
from tests.survey.browser.visitor import Visitor

TARGET = 44  # pixels, each way
TOO_LARGE = """() => { const page = document.scrollingElement; return [
    page.scrollWidth - innerWidth, page.scrollHeight - innerHeight]; }"""
TOO_SMALL = """size => [...document.querySelectorAll(
        'button, select, textarea, .choice, .tick, .copy input')]
    .filter(e => e.checkVisibility({visibilityProperty: true}))
    .map(e => [e.textContent.trim() || e.id, e.getBoundingClientRect()])
    .filter(([_, box]) => box.width < size || box.height < size)
    .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
STILL = "() => document.getAnimations().every(a => a.effect.getTiming().iterations === Infinity)"


class Look:
    """Looks at a page: takes a picture, and says what is wrong with it.

    With the name of a colour scheme, axe looks, too. With sizes, each look is at the page in all of
    them, and the last one stays.
    """

    def __init__(
        self,
        visitor: Visitor,
        folder: Path,
        name: str,
        axe: str | None = None,
        sizes: Sequence[ViewportSize] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.page, self.folder, self.name, self.axe = visitor.page, folder, name, axe
        self.sizes = sizes
        self.problems: list[str] = []

    def __call__(self, stage: str, *, scrolls: bool = False) -> None:
        for size in self.sizes:
            self.page.set_viewport_size(size)
            self._look(f"{stage}-{size['width']}", scrolls)
        if not self.sizes:
            self._look(stage, scrolls)

    def _look(self, stage: str, scrolls: bool) -> None:
        self.page.wait_for_function(STILL)
        self.page.screenshot(path=self.folder / f"{stage}-{self.name}.png", full_page=scrolls)
        across, down = self.page.evaluate(TOO_LARGE)
        if across > 0 or (down > 0 and not scrolls):
            self.problems.append(f"{stage} is {across} x {down} pixels too large")
        self.problems += [
            f"{stage}: {problem}" for problem in self.page.evaluate(TOO_SMALL, TARGET)
        ]
        if self.axe:
            self.problems += [f"{stage}: {problem}" for problem in serious(self.page, self.axe)]
