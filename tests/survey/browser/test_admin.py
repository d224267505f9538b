"""The admin's pages in headless Chromium: live, easy to reach, and of use without scripts."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study
from survey.admin import invitations
from survey.building import study_life
from tests.survey import crowd, sound_files
from tests.survey.browser.accessibility import serious
from tests.survey.browser.visitor import LAPTOP, PHONE, Visitor
from tests.survey.manager import ADMIN

pytestmark = pytest.mark.browser

SIGNED_IN = {"username": "Ada", "password": ADMIN}
PAGES = {
    "overview": "",
    "results": "/studies/small",
    "invitations": "/studies/small/invitations",
    "panel": "/studies/small/panel",
    "participants": "/studies/small/participants",
    "payments": "/studies/small/payments",
    "export": "/studies/small/export",
    "consent": "/studies/small/consent",
    "settings": "/studies/small/settings",
    "log": "/studies/small/log",
    "delete": "/studies/small/delete",
    "draft": "/studies/again/settings",
    "deleting": "/studies/again/delete",
    "new": "/new",
    "sounds": "/new/sounds",
    "phrases": "/new/phrases",
    "build": "/build",
    "refused": "/studies/none",
}
LIVE = "[data-live]"


@pytest.fixture
def enter(visit: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Makes visitors who are signed in."""

    def signed_in(path: str = "", **options: object) -> Visitor:
        visitor = visit(http_credentials=SIGNED_IN, **options)
        visitor.page.goto(f"{visitor.address}/admin{path}")
        return visitor

    return signed_in


@pytest.fixture
def crowded(database: Database, study: Study) -> list[str]:
    """A study under way: 12 participants, some invitations; gives the participants' names."""
    with database.write() as session:
        stored_study = session.get(Study, study.id)
        people = crowd.fill(session, stored_study, 12, seed=1)
        for person in people:
            person.seen_at -= timedelta(minutes=12)  # "12 minutes ago" is as long as it gets
        invitations.create(session, stored_study, 3, "first batch")
        return [person.public_id for person in people]


def answer_more(database: Database, study: Study) -> None:
    with database.write() as session:
        crowd.fill(session, session.get(Study, study.id), 2, seed=2)


def close(database: Database, study: Study) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "closed"


def drawn(page: Page) -> list[bool]:
    """Whether each figure of the page is there."""
    return page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)")


STICKS_OUT = """() => [...document.querySelectorAll('.card *')]
    .filter(e => e.checkVisibility() && !e.closest('.hidden'))
    .filter(e => e.getBoundingClientRect().right
        > e.closest('.card').getBoundingClientRect().right + 1)
    .map(e => e.outerHTML)"""


@pytest.mark.parametrize(
    ("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")], ids=["laptop", "phone"]
)
def test_every_page_can_be_read(
    enter: Callable[..., Visitor],
    crowded: list[str],
    artefacts: Path,
    database: Database,
    study: Study,
    size: dict,
    scheme: str,
) -> None:
    """Nothing serious by axe, nothing to scroll sideways, nothing too small to hit."""
    page = enter(size=size, scheme=scheme, cut=True).page
    top = page.url
    with database.write() as session:
        study_life.clone(session, session.get_one(Study, study.id), "again")
    person_page = {"erase": f"/studies/small/participants/{crowded[0]}/erase"}
    for name, path in (PAGES | person_page | {"ended": "/studies/small"}).items():
        if name == "ended":
            close(database, study)
        page.goto(top + path)
        page.screenshot(
            path=artefacts / f"admin-{name}-{size['width']}-{scheme}.png", full_page=True
        )
        assert serious(page, scheme) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        assert page.evaluate(STICKS_OUT) == [], name
        small = page.evaluate(
            "[...document.querySelectorAll('button, .button, input:not([type=hidden]), select')]"
            ".filter(e => e.checkVisibility() && e.type != 'checkbox')"
            ".filter(e => e.getBoundingClientRect().height < 32).map(e => e.outerHTML)"
        )
        assert small == [], name
        if name == "ended":
            assert drawn(page) == [True, True]


def test_results_renew_themselves_and_stay_where_they_are(
    enter: Callable[..., Visitor], crowded: list[str], database: Database, study: Study
) -> None:
    page = enter(size=PHONE).page
    page.route(
        "**/admin/studies/small",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-live="', 'data-every="0.3" data-live="'),
        ),
    )
    page.goto(f"{page.url}/studies/small")
    flow = page.locator(".flow")
    before = flow.inner_text()
    page.evaluate("window.flow = document.querySelector('.flow'); scrollTo(0, 700)")
    page.wait_for_timeout(900)
    assert page.evaluate("flow.isConnected")  # nothing new, so nothing was replaced
    place = page.evaluate("scrollY")
    answer_more(database, study)
    expect(flow).not_to_have_text(before, use_inner_text=True)
    assert not page.evaluate("flow.isConnected")
    assert drawn(page) == []
    assert page.evaluate("scrollY") == place
    close(database, study)
    expect(page.locator("img")).to_have_count(2)
    page.wait_for_function("[...document.images].every(i => i.complete)")
    assert drawn(page) == [True, True]
    expect(page.locator("[data-live-status]")).to_have_text("Kept up to date.")


def test_a_study_of_ones_own_sounds(
    enter: Callable[..., Visitor], tmp_path: Path, artefacts: Path
) -> None:
    """First a file that cannot be heard, then a check, then the study."""
    archive = tmp_path / "sounds.zip"
    sound_files.write(tmp_path, 1)
    sounds = [*tmp_path.glob("*.csv"), *tmp_path.glob("*.wav"), *tmp_path.glob("*.flac")]

    def pack(**broken: bytes) -> None:
        with zipfile.ZipFile(archive, "w") as pack_file:
            for path in sounds:
                pack_file.writestr(
                    path.name, broken.get(path.stem.partition("-")[2], path.read_bytes())
                )

    page = enter(size=PHONE).page
    page.get_by_role("link", name="Study of sounds").click()

    def fill(button: str) -> None:
        page.get_by_label("Table and sounds").set_input_files(archive)
        page.get_by_label("Design").select_option("mushra")
        page.get_by_label("Name in addresses").fill("mine")
        page.get_by_role("button", name=button).click()

    pack(alder=b"nothing to be heard")
    fill("Make the study")
    expect(page.get_by_role("heading", name="mine was not made")).to_be_visible()
    expect(page.get_by_text("1 of 6 files cannot be used: 0-alder.flac")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    pack()
    fill("Only check the sounds")
    expect(page.get_by_role("heading", name="The sounds can be used")).to_be_visible()
    for size in (LAPTOP, PHONE):
        page.set_viewport_size(size)
        page.screenshot(path=artefacts / f"admin-checked-{size['width']}.png", full_page=True)
        assert serious(page, "light") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("link", name="Make a study of them").click()
    fill("Make the study")
    expect(page.get_by_role("heading", name="mine is ready")).to_be_visible()
    for size in (LAPTOP, PHONE):
        page.set_viewport_size(size)
        page.screenshot(path=artefacts / f"admin-made-{size['width']}.png", full_page=True)
    page.get_by_role("link", name="See the study").click()
    expect(page.get_by_text("alder · birch · cedar")).to_be_visible()


def test_results_say_when_they_are_old(enter: Callable[..., Visitor], crowded: list[str]) -> None:
    visitor = enter(cut=True)
    page = visitor.page
    page.route(
        "**/admin/studies/small",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-live="', 'data-every="0.3" data-live="'),
        ),
    )
    page.goto(f"{page.url}/studies/small")
    visitor.context.set_offline(True)
    status = page.locator("[data-live-status]")
    expect(status).to_contain_text("Not up to date")
    visitor.context.set_offline(False)
    expect(status).to_have_text("Kept up to date.")


def test_inviting_and_the_file(enter: Callable[..., Visitor], study: Study, tmp_path: Path) -> None:
    page = enter("/studies/small/invitations").page
    page.get_by_label("How many").fill("4")
    page.get_by_label("Label, for you alone").fill("friends")
    page.get_by_role("button", name="Make links").click()
    links = page.get_by_label("Links, one a line").input_value().split()
    assert len(set(links)) == 4
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as CSV").click()
    assert waiting.value.suggested_filename == "invitations-small.csv"
    waiting.value.save_as(tmp_path / "links.csv")
    with (tmp_path / "links.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["number", "label", "link"] and [row[2] for row in rows] == links
    page.get_by_role("button", name="Revoke invitation 1").click()
    expect(page.get_by_role("heading", name="3 invitations, 0 used")).to_be_visible()
    expect(page.get_by_label("Links, one a line")).to_have_count(0)
    page.goto(links[1])
    expect(page.locator("#agree")).to_be_visible()


def test_two_clicks_make_links_once(enter: Callable[..., Visitor], study: Study) -> None:
    page = enter("/studies/small/invitations").page
    page.evaluate("const b = document.querySelector('form[data-once] button');b.click(); b.click()")
    expect(page.get_by_role("heading", name="10 invitations, 0 used")).to_be_visible()


def test_copying_the_link(enter: Callable[..., Visitor], study: Study) -> None:
    visitor = enter("/studies/small", permissions=["clipboard-read", "clipboard-write"])
    visitor.page.get_by_role("button", name="Copy").click()
    expect(visitor.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{visitor.address}/s/small"


def test_a_day_at_work_without_scripts(
    enter: Callable[..., Visitor], crowded: list[str], database: Database, artefacts: Path
) -> None:
    """Close, open, change, download and erase, all by plain forms and keys."""
    page = enter(java_script_enabled=False, cut=True).page  # it complains of a 409
    page.get_by_role("link", name="A small study").press("Enter")
    page.get_by_role("button", name="Close").press("Enter")
    expect(page.locator(".state")).to_have_text("closed")
    page.get_by_role("button", name="Open").press("Enter")
    expect(page.locator(".state")).to_have_text("open")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Title, as participants see it").fill("A better title")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("mark")).to_have_text(["A small study", "A better title"])
    page.get_by_role("button", name="Change the text").click()
    expect(page.locator("h1")).to_contain_text("A better title")
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Ratings, CSV").click()
    assert "naturalness" in Path(waiting.value.path()).read_text()
    page.get_by_role("link", name="Participants", exact=True).click()
    page.get_by_role("link", name=f"Erase participant {crowded[0]}").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text(crowded[0])).to_have_count(0)
    with database.read() as session:
        assert crowded[0] not in session.scalars(select(Participant.public_id)).all()


def test_forty_people_are_paid(
    enter: Callable[..., Visitor], study: Study, database: Database
) -> None:
    """From the codes that they have sent, in few clicks; then from the list, and nobody twice."""
    with database.write() as session:
        people = crowd.fill(session, session.get(Study, study.id), 42, seed=1)
        for number, person in enumerate(people[:-1]):
            person.completion_code = f"CODE-{chr(65 + number // 9)}{chr(65 + number % 9)}AB"
            for trial in person.trials if number else ():
                trial.answer.at += timedelta(minutes=1)  # clips could be heard before
        codes = [person.completion_code for person in people[:-1]]
    page = enter("/studies/small").page
    clicks = 0

    def click(name: str, role: str = "button") -> None:
        nonlocal clicks
        clicks += 1
        page.get_by_role(role, name=name).click()

    click("Payments", "link")
    texts = [f"Hi, mine is {code.lower()}" for code in codes[:40]]
    page.get_by_label("Codes that people have sent").fill(
        "\n".join([*texts, texts[0], "NONE-HERE"])
    )
    click("Check")
    expect(page.locator("#checked-title")).to_have_text("42 codes checked: 40 to be paid")
    expect(page.get_by_text("nobody’s")).to_have_count(1)
    expect(page.get_by_text("stands above already")).to_have_count(1)
    page.locator("#checked-CODE-AAAB").check()  # who answered before hearing
    clicks += 1
    click("Note that these 39 were paid, and the ticked ones")
    expect(page.locator("#list-title")).to_have_text("41 finished, 1 not yet paid")
    assert clicks == 4
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text("utf-8-sig").splitlines()))
    assert [row["code"] for row in rows] == codes
    assert [bool(row["paid_on"]) for row in rows] == [True] * 40 + [False]
    page.get_by_role("button", name=f"Note that {codes[0]} was not paid").click()
    expect(page.locator("#list-title")).to_have_text("41 finished, 2 not yet paid")


def test_a_preview_in_a_browser(
    enter: Callable[..., Visitor], study: Study, database: Database, artefacts: Path
) -> None:
    """The participant's own pages, from consent to the trials, and nothing is stored."""
    visitor = enter("/studies/small")
    with visitor.page.expect_popup() as waiting:
        visitor.page.get_by_role("button", name="Preview").click()
    page = waiting.value
    page.wait_for_url("**/preview/*/s/small")
    base = page.url.removesuffix("/s/small")
    page.screenshot(path=artefacts / "admin-preview.png")
    person = Visitor(page, base)
    person.begin()
    for _ in range(3):  # two of practice, and one that counts
        person.step()
    assert page.url.startswith(f"{base}/p/")
    with database.read() as session:
        assert session.scalars(select(Participant)).all() == []


def test_no_sign_in_no_page(visit: Callable[..., Visitor], study: Study) -> None:
    visitor = visit(cut=True)
    response = visitor.page.request.get(f"{visitor.address}/admin")
    assert response.status == 401 and "Sign in" in response.text()
