"""The real server behind a real nginx, one at a time, and how the world reaches it."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests import nginx
from tests.public.server import Server, serving

HOST = "https://music.example"
BELOW = "/music"
PROXIES = ("stripped", "kept", "root")  # in the order of the blocks of docs/hosting.md
# How one file names others, by the end of its own name; "" is a page.
NAMED = {
    "": re.compile(r"""<[^<>]*\s(?:src|href)="([^"]+)\""""),
    "js": re.compile(r"""\b(?:from|import)\s*["']([^"']+)["']"""),
    "css": re.compile(r"""\burl\(["']?([^"')]+)"""),
}


class Through(httpx.HTTPTransport):
    """Sends every request to one port of this machine, whatever host it is for."""

    def __init__(self, port: int) -> None:
        super().__init__(verify=False)
        self.port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert f"{request.url.scheme}://{request.url.host}" == HOST, f"asked {request.url}"
        request.url = request.url.copy_with(host="127.0.0.1", port=self.port)
        return super().handle_request(request)


@dataclass
class Site:
    """A server as the world sees it.

    Attributes
    ----------
    base : str
        Its address, with a slash at its end.
    client : httpx.Client
        Follows no redirects, knows only the proxy, and takes addresses relative to `base`.
    port : int
        The proxy's.
    """

    base: str
    client: httpx.Client
    port: int
    server: Server

    def get(self, address: str, **options) -> httpx.Response:
        return self.client.get(urljoin(self.base, address), **options)

    def post(self, address: str, **options) -> httpx.Response:
        return self.client.post(urljoin(self.base, address), **options)

    def follow(self, address: str) -> httpx.Response:
        """The page that an address leads to, by way of redirects that stay below `base`."""
        answer = self.get(address)
        while answer.is_redirect:
            answer = self.get(self.target(answer))
        assert answer.status_code == 200, f"{answer.status_code} at {answer.request.url}"
        return answer

    def target(self, answer: httpx.Response) -> str:
        """Where a redirect leads, which must be below `base`."""
        address = urljoin(str(self.browser_url(answer)), answer.headers["location"])
        assert address.startswith(self.base), f"{answer.request.url} leads to {address}"
        return address

    def browser_url(self, answer: httpx.Response) -> httpx.URL:
        """A response's address as a browser has it."""
        return answer.request.url.copy_with(host=urlsplit(HOST).hostname, port=None)

    def urls_named_by(self, answer: httpx.Response) -> set[str]:
        """What a page, script or style sheet names, as absolute addresses, without anchors."""
        page_url = self.browser_url(answer)
        pattern = NAMED.get(page_url.path.rpartition(".")[2], NAMED[""])
        urls = {urljoin(str(page_url), unescape(name)) for name in pattern.findall(answer.text)}
        return {url.split("#")[0] for url in urls if url.startswith("http")}

    def load(self, address: str, *, deep: bool) -> set[str]:
        """Load a page and all it names below `base`; `deep`: what that names, too."""
        page = self.follow(address)
        named_urls, loaded = self.urls_named_by(page), {str(self.browser_url(page))}
        while named_urls - loaded:
            url = (named_urls - loaded).pop()
            assert url.startswith(self.base), f"{address} names {url}"
            answer = self.follow(url)
            loaded.add(url)
            if deep and url.endswith((".js", ".css")):
                named_urls |= self.urls_named_by(answer)
        return loaded

    def event(self, name: str) -> int:
        """The number of a page's event, by what triggers it."""
        for event in self.get("config").json()["dependencies"]:
            if event["backend_fn"] and name in {trigger for _, trigger in event["targets"]}:
                return event["id"]
        raise KeyError(name)

    def run(self, event: str, *data) -> list:
        """What an event answers, asked as the page asks."""
        body = {"data": list(data), "fn_index": self.event(event), "session_hash": "tests"}
        answer = self.post("gradio_api/run/predict", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


class Running:
    """One server at a time, with nginx before it, since each takes memory and seconds to start."""

    def __init__(self, data: Path, folders: pytest.TempPathFactory) -> None:
        self.data, self.folders = data, folders
        self.stack, self.current, self.server = ExitStack(), None, None
        self.ports: dict[str, int] = {}

    def get(self, way: str, shared: Server | None) -> tuple[Server, dict[str, int]]:
        """A server and the port of each proxy before it.

        It is the one that others share, at the root, or one that is started this way, below a path.
        """
        if self.current != (way, shared):
            self.close()
            folder = self.folders.mktemp("server")
            env = {"FADERNETS_DATA": str(self.data), "FADERNETS_PUBLIC_URL": f"{HOST}{BELOW}"}
            self.server = shared or self.stack.enter_context(serving(way, folder, **env))
            blocks = nginx.documented()
            assert len(blocks) == len(PROXIES)
            started = nginx.proxying(blocks, self.server.url, self.folders.mktemp("nginx"))
            self.ports = dict(zip(PROXIES, self.stack.enter_context(started), strict=True))
            self.current = (way, shared)
        return self.server, self.ports

    def close(self) -> None:
        self.stack.close()
        if self.server is not None:
            assert "Traceback" not in self.server.log_text(), self.server.log_text()
        self.current = self.server = None
