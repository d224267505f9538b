"""Tables are made from results files, and the pages show what the files say."""

import pytest

from train import report


def test_only_what_stands_between_the_marks_is_replaced():
    text = "before\n<!-- one:begin -->\nold\n<!-- one:end -->\nafter <!-- plain comment -->"
    filled = report.fill(text, {"one": lambda: "new"})
    assert (
        filled == "before\n<!-- one:begin -->\nnew\n<!-- one:end -->\nafter <!-- plain comment -->"
    )
    assert report.fill(filled, {"one": lambda: "new"}) == filled


def test_an_unknown_mark_is_refused():
    with pytest.raises(ValueError, match="'two'"):
        report.fill("<!-- two:begin --><!-- two:end -->", {"one": lambda: ""})


def test_a_table_is_markdown():
    assert report.table([("a", "1")], ("x", "y")) == "| x | y |\n| --- | --- |\n| a | 1 |"


@pytest.mark.parametrize("page", report.PAGES, ids=lambda page: page.parent.name)
def test_pages_show_the_results_files(page):
    text = page.read_text()
    assert report.fill(text) == text
    assert ":begin -->\n|" in text
