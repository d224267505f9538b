"""The addresses that Gradio answers, as far as the page and its endpoints need them.

Gradio answers some sixty addresses, the page needs about fifteen. What is not in `ROUTES` is not
there: deep links, monitoring, development, proxying, custom components.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from starlette.types import Scope

API = "/gradio_api"
SESSION = r"[A-Za-z0-9_-]{1,64}"
FORBIDDEN_QUERY = "deep_link"  # would have Gradio read a page's state from its disk

EVENT = "event"
CALL = "call"
KEYWORDS = "keywords"
UPLOAD = "upload"
FILE = "file"
LEAVE = "leave"
STREAM = "stream"
ANSWER = "answer"
KEPT = "kept"
PLAIN = "plain"

# (method, address below the page, how it is treated); GET stands for HEAD, too.
ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", "/", KEPT),
    ("GET", "/config/?", KEPT),
    ("GET", "/theme.css", PLAIN),
    ("GET", "/favicon.ico", PLAIN),
    ("GET", "/robots.txt", PLAIN),
    ("GET", "/manifest.json", PLAIN),
    ("GET", "/(assets|static)/[A-Za-z0-9_./@+-]{1,200}", PLAIN),
    ("GET", f"{API}/theme.css", PLAIN),
    ("GET", f"{API}/info/?", KEPT),
    ("GET", f"{API}/app_id/?", PLAIN),
    ("GET", f"{API}/startup-events", PLAIN),
    ("GET", f"{API}/heartbeat/(?P<session>{SESSION})", LEAVE),
    ("GET", f"{API}/queue/data", STREAM),
    ("GET", rf"{API}/call/(v2/)?(?P<name>\w{{1,64}})/(?P<event>{SESSION})", ANSWER),
    ("GET", f"{API}/file=(?P<path>.+)", FILE),
    ("POST", f"{API}/upload", UPLOAD),
    ("POST", f"{API}/(run/predict|queue/join)/?", EVENT),
    ("POST", rf"{API}/call/(?P<name>\w{{1,64}})/?", CALL),
    ("POST", rf"{API}/call/v2/(?P<name>\w{{1,64}})/?", KEYWORDS),
)
_ROUTES = [(method, re.compile(path), kind) for method, path, kind in ROUTES]


def path_of(scope: Scope) -> str:
    """The address below the application's own."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    return (path[len(root) :] if f"{path}/".startswith(f"{root}/") else path) or "/"


def route_of(method: str, path: str, query: bytes) -> tuple[str, dict[str, str | None]] | None:
    """How a request is treated, with the parts of its address; None if it is not for the page."""
    if FORBIDDEN_QUERY in parse_qs(query.decode("latin-1"), keep_blank_values=True):
        return None
    method = "GET" if method == "HEAD" else method
    for allowed, pattern, kind in _ROUTES:
        match = pattern.fullmatch(path) if method == allowed else None
        if match:
            return kind, match.groupdict()
    return None
