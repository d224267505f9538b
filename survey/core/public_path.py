"""The path below which a proxy has a server: requests may come with it, or without it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


class PublicPath:
    """Gives requests the path of the public address, whether the proxy took it away or not.

    Parameters
    ----------
    app : ASGI application
    public_url : str or None
        The public address, such as ``https://example.org/music``.
    """

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self.app, self.path = app, unquote(urlsplit(public_url or "").path).rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope, _ = placed(scope, self.path)
        await self.app(scope, receive, send)


def placed(scope: Scope, prefix: str) -> tuple[Scope, str]:
    """The request with its whole path, and the part of it below the server's own root.

    In ASGI's form: ``root_path`` is the public path, ``path`` begins with it. A root that an ASGI
    server was given stands where no `prefix` is set.
    """
    root = scope.get("root_path", "").rstrip("/")
    below = _below(scope["path"], root)
    if prefix:
        root, below = prefix, _below(below, prefix)
    below = below if root else below or "/"
    whole = {**scope, "root_path": root, "path": root + below}
    if root + below != scope["path"]:
        whole.pop("raw_path", None)  # optional, and no longer true
    return whole, below


def _below(path: str, root: str) -> str:
    return path[len(root) :] if root and f"{path}/".startswith(f"{root}/") else path
