"""The one Jinja environment, for the pages of participants and of the admin, and for the report."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.templating import Jinja2Templates

FOLDER = Path(__file__).parents[1] / "templates"


def mount_path(request: Request) -> str:
    """Path at which the survey is mounted, such as "/survey"; "" at the root."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _every_page(request: Request) -> dict[str, object]:
    """What all templates of pages may use."""
    is_dry_run = getattr(request.app.state, "is_dry_run", False)
    return {"base": mount_path(request), "is_dry_run": is_dry_run}


templates = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ),
    context_processors=[_every_page],
)
