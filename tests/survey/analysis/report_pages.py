"""Reports made, and what their pages hold."""

from html.parser import HTMLParser
from typing import Any

from survey.analysis import (
    report,
)
from survey.analysis.results import Provenance, Results

PROVENANCE = Provenance(
    study="<b>study</b>",
    rows=1,
    rules_from="study",
    data_sha256="0" * 64,
    code_version="1",
    seed=0,
    draws=50,
    versions={"numpy": "2"},
)


class Page(HTMLParser):
    """What a report holds: tags with their attributes, ids in order, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def files_of(results: Results) -> dict[str, bytes]:
    return report.files(results, PROVENANCE)
