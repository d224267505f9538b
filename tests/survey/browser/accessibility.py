"""What axe finds wrong with a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Of its answer only what is wrong comes back: what is right is hundreds of kilobytes.
RUN = "options => axe.run(options).then(results => results.violations)"
ALL = {"resultTypes": ["violations"]}
CONTRAST = ALL | {"runOnly": ["color-contrast"]}


def serious(page: Page, scheme: str = "light") -> list[str]:
    """What axe calls serious or critical; of a dark page contrasts, in which it differs."""
    page.evaluate(Axe().axe_script)
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in page.evaluate(RUN, CONTRAST if scheme == "dark" else ALL)
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
