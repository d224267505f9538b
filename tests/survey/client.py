"""A browser without scripts that needs a third of the time of Starlette's own test client."""

from __future__ import annotations

from typing import Any

import httpx2
from fastapi.testclient import TestClient


class OneHop(httpx2.BaseTransport):
    """Goes into the application's thread once a request, where TestClient goes eight times.

    An application's error is the answer that it makes of it, as it is for browsers.
    """

    def __init__(self, client: TestClient, root_path: str) -> None:
        self._client = client
        self._asgi = httpx2.ASGITransport(
            client.app, raise_app_exceptions=False, root_path=root_path
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request; only while the client is entered."""
        request.read()
        assert self._client.portal is not None, "use the client in a with statement"
        return self._client.portal.call(self._answer, request)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._asgi.handle_async_request(request)
        content = b"".join([part async for part in response.stream])
        stream = httpx2.ByteStream(content)  # still encoded, as it came
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream)


class Client(TestClient):
    """`TestClient` for an application whose responses end; to be used in a `with` statement."""

    def __init__(
        self, app: Any, base_url: str = "http://testserver", *, root_path: str = "", **more: Any
    ) -> None:
        super().__init__(app, base_url, root_path=root_path, raise_server_exceptions=False, **more)
        self._transport = OneHop(self, root_path)
