"""The public address of this server, and which part of it a request may name.

A proxy may put the server below a path, such as ``https://example.org/music``, and either hand
that path on or take it away. `PublicAddress` takes requests of both kinds and gives all that lies
behind it one form of them, ASGI's: ``root_path`` is the path, ``path`` begins with it.

Gradio writes absolute addresses into its page and answers, with the scheme, host and path that
some headers name; whoever sends a request can send these headers. With FADERNETS_PUBLIC_URL set,
no header counts. Without it, X-Forwarded-Host, X-Forwarded-Proto and Host do, if they make sense,
for a host such as Hugging Face's tells the server where it is in no other way. They change what
the sender is shown and nothing else: no answer that repeats them may be kept by a cache that
others are served from.

Behind a proxy all requests come from the proxy's address. `PublicAddress` puts in its place the one
of the visitor (`survey.proxies`), so that visitors can take turns (`demo.compute.jobs`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import FastAPI
from gradio import routes
from gradio.route_utils import CustomCORSMiddleware
from jinja2 import ChoiceLoader, DictLoader
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.guard.headers import NONCE
from survey.core.connections import place
from survey.core.public_path import placed
from survey.core.settings import Settings
from survey.proxies import Proxies

VARIABLE = "FADERNETS_PUBLIC_URL"
HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
# What Gradio takes for the whole address of its page, whatever the request's own path is.
SERVER_HEADER = b"x-gradio-server"
# A public path must not begin with these: nobody could tell whether a proxy took it away.
OWN_PATHS = ("survey", "healthz", "gradio_api", "assets", "static", "config")
PRIVATE = "private, no-cache"
REPEATING = ("text/html", "application/json")  # kinds of answers that hold absolute addresses
STREAM = "text/event-stream"
PAGE = "frontend/index.html"  # Gradio's template
LEADS_OUT = 'href="/manifest.json"'  # in it


@dataclass(frozen=True)
class Address:
    """Where the server is.

    Attributes
    ----------
    origin : str or None
        Scheme and host, as ``https://example.org``; None: what a request says.
    path : str
        Without a slash at its end; "" at the root.

    Raises
    ------
    ValueError
        If the path is one that the server itself uses, or no plain path.
    """

    origin: str | None = None
    path: str = ""

    def __post_init__(self) -> None:
        names = self.path.split("/")[1:]
        is_plain = not any(name in ("", ".", "..") for name in names)
        if not is_plain or (self.path and not self.path.startswith("/")):
            raise ValueError(f"the path of {VARIABLE} must be plain, such as /music")
        if names and names[0] in OWN_PATHS:
            raise ValueError(
                f"the path of {VARIABLE} must not begin with /{names[0]}, "
                "which is an address below it"
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Address:
        """What FADERNETS_PUBLIC_URL says, or Gradio's GRADIO_ROOT_PATH, an address or a path.

        Raises
        ------
        ValueError
            If it is none.
        """
        env = os.environ if environ is None else environ
        gradio = env.get("GRADIO_ROOT_PATH", "").rstrip("/")
        whole = env.get(VARIABLE) or (gradio if "://" in gradio else None)
        if not whole:
            return cls(None, unquote(gradio))
        parts = urlsplit(Settings(public_url=whole).public_url or "")
        return cls(f"{parts.scheme.lower()}://{parts.netloc.lower()}", unquote(parts.path))


class PublicAddress:
    """Gives requests the path of the public address, and Gradio an address that it can trust.

    To be put before everything else that looks at a request's path.

    Parameters
    ----------
    app : ASGI application
    address : Address
    proxies : Proxies
        Who is believed whose a request is.
    """

    def __init__(self, app: ASGIApp, address: Address, proxies: Proxies) -> None:
        self.app, self.address, self.proxies = app, address, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope, below = placed(scope, self.address.path)
        scope["client"] = self.proxies.visitor(scope)
        hosts = _address_headers(scope, self.address.origin)
        if not below and scope["type"] == "http":
            # Links of a page at /music, without the slash, would lead out of it.
            await _with_slash(scope)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mend(MutableHeaders(scope=message), hosts)
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


def _address_headers(scope: Scope, origin: str | None) -> set[str]:
    """Replace headers that name the server's address by the address that is trusted.

    Returns the hosts, with their ports, that mean this server.
    """
    request_headers = Headers(scope=scope)
    if origin is None:
        dropped = {SERVER_HEADER, b"x-forwarded-host"}
        host, origin = None, _origin_of(scope, request_headers)
    else:
        dropped = {name for name, _ in request_headers.raw if name.startswith(b"x-forwarded-")}
        dropped |= {SERVER_HEADER, b"forwarded", b"host"}
        scope["scheme"], _, host = origin.partition("://")
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    if host is not None:
        headers.append((b"host", host.encode()))
    headers.append((SERVER_HEADER, f"{origin}{quote(scope['root_path'])}".encode()))
    scope["headers"] = headers
    return {origin.partition("://")[2], host or request_headers.get("host", "")}


def _origin_of(scope: Scope, request_headers: Headers) -> str:
    """Scheme and host that a request names, if they are such."""
    scheme = request_headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    if scheme not in ("http", "https"):
        own = str(scope["scheme"])
        scheme = {"ws": "http", "wss": "https"}.get(own, own)
    for name in ("x-forwarded-host", "host"):
        host = request_headers.get(name, "").partition(",")[0].strip()
        if HOST.fullmatch(host):
            return f"{scheme}://{host}"
    server, port = scope.get("server") or ("localhost", None)
    server = f"[{server}]" if ":" in server else server
    return f"{scheme}://{server}" + (f":{port}" if port else "")


def _mend(headers: MutableHeaders, hosts: Collection[str]) -> None:
    """Make a response of a server with these names fit for proxies, and for its receiver alone."""
    # Gradio would let scripts of every site read every answer, with the visitor's passwords.
    for name in [name for name in headers if name.startswith("access-control-")]:
        del headers[name]
    # Absolute redirects of our own are wrong behind a proxy that ends the encryption.
    location = urlsplit(headers.get("location", ""))
    is_plain = location.path.startswith("/") and not location.path.startswith("//")
    if location.netloc in hosts and location.netloc and is_plain:
        headers["location"] = location._replace(scheme="", netloc="").geturl()
    kind = headers.get("content-type", "").partition(";")[0]
    if kind == STREAM:
        headers.setdefault("x-accel-buffering", "no")  # or nginx would hold events back
    if kind in REPEATING:
        headers.setdefault("cache-control", PRIVATE)


def _with_slash(scope: Scope) -> Response:
    """Lead on to the same address with a slash at its end."""
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{quote(scope['path'])}/" + (f"?{query}" if query else ""), 307)


def to_folder(request: Request) -> Response:
    """The endpoint of a mounted application's address without the slash at its end."""
    return _with_slash(request.scope)


def put_outermost(app: FastAPI, middleware: Collection[Middleware]) -> None:
    """Put an application's own middleware before what Gradio adds, and take Gradio's CORS out.

    Gradio puts it before everything else where it is launched; it lets any site read any answer,
    the listening test's included, and looks at a host that `PublicAddress` has not seen.
    """
    others = [m for m in app.user_middleware if m not in middleware]
    app.user_middleware = [*middleware, *(m for m in others if m.cls is not CustomCORSMiddleware)]
    app.middleware_stack = app.build_middleware_stack()


def mend_page(icon: str) -> None:
    """Have Gradio's page ask for nothing at the host's root, neither a manifest nor an icon.

    Its scripts get the number by which `demo.guard.headers` lets them run.

    Parameters
    ----------
    icon : str
        The element that names it.
    """
    env = routes.templates.env
    loader = env.loader
    assert loader is not None  # Gradio's own
    source, _, _ = loader.get_source(env, PAGE)
    if icon not in source:
        mended = source.replace(LEADS_OUT, LEADS_OUT.replace('"/', '"./'))
        mended = mended.replace("</head>", f"{icon}</head>", 1)
        mended = mended.replace("<script", f'<script nonce="{{{{ request.scope.{NONCE} }}}}"')
        env.loader = ChoiceLoader([DictLoader({PAGE: mended}), loader])


def visitor(request: Any) -> Hashable:
    """The visitor that a request comes from, by its address; None of a request without one."""
    client = getattr(request, "client", None)
    return place(client.host) if client else None
