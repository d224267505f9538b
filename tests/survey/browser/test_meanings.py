"""What the four scales mean is told to everybody, on a phone as on a laptop."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from db.models import SCALES, Study
from survey.core import texts
from tests.survey.browser.look import STILL, TOO_LARGE
from tests.survey.browser.visitor import LAPTOP, PHONE, SMALL

pytestmark = pytest.mark.browser

BROWSER = {"width": 390, "height": 664}  # the same phone with its browser's bars
OLDER = {"width": 375, "height": 667}
TURNED = {"width": 844, "height": 390}
WIDE = {"width": 1280, "height": 500}
ROOMY = (PHONE, BROWSER, OLDER, TURNED, WIDE, LAPTOP)


def words_of(page, within: str) -> set[str]:
    """The meanings that can be seen in a part of the page."""
    return set(
        page.locator(within).evaluate_all(
            "all => all.filter(e => e.checkVisibility()).map(e => e.textContent.trim())"
        )
    )


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
def test_what_the_scales_mean(visit, person, database, artefacts, language, scheme):
    with database.write() as session:
        session.execute(update(Study).values(language=language))
    say = texts.load(language)
    meanings = {say(f"scales.{scale}_why") for scale in SCALES}
    visitor = visit(PHONE, scheme, has_touch=True)
    page = visitor.page
    folder = artefacts / "survey"
    folder.mkdir(exist_ok=True)
    problems = []

    def look(stage: str, size: dict) -> None:
        page.set_viewport_size(size)
        page.wait_for_function(STILL)
        name = f"{stage}-{size['width']}x{size['height']}-{language}-{scheme}"
        page.screenshot(path=folder / f"meanings-{name}.png")
        across, down = page.evaluate(TOO_LARGE)
        if across > 0 or down > 0:
            problems.append(f"{name} is {across} x {down} pixels too large")

    visitor.come(person())
    visitor.stage("guide")
    for size in (SMALL, PHONE, LAPTOP):
        look("guide", size)
        assert words_of(page, ".scales dd") == meanings
    visitor.start_practice()
    for size in (SMALL, *ROOMY):
        look("trial", size)
        assert words_of(page, ".scale .name small") == (set() if size is SMALL else meanings), size
    assert problems == []
