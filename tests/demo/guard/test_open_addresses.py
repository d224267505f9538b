"""The security page names every address that is open, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from demo.guard.routes import ROUTES, route_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "security.md"


def open_addresses() -> set[tuple[str, str]]:
    """Methods and addresses of the page's table."""
    part = PAGE.read_text().partition("## Addresses that are open")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (GET|POST) \| ([^|]+) \|", part, re.MULTILINE)
    return {(method, path) for method, cell in rows for path in re.findall("`([^`]+)`", cell)}


def test_every_address_that_is_named_is_open():
    assert {address for address in open_addresses() if route_of(*address, b"") is None} == set()


def test_every_address_that_is_open_is_named():
    addresses = open_addresses()
    unnamed = {
        (method, path)
        for method, path, _ in ROUTES
        if not any(method == verb and re.fullmatch(path, one) for verb, one in addresses)
    }
    assert unnamed == set()
