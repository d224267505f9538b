"""The page's events, as the server tells them to a browser."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.public.wire import Wire


class PageEvents:
    """The page's own events, by the elements that fire them, as ``/config`` tells them."""

    def __init__(self, config: dict[str, Any]) -> None:
        names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        self.events: dict[tuple[str | None, str], tuple[int, int | None]] = {}
        for event in config["dependencies"]:
            for target, name in event["targets"]:
                if event["backend_fn"]:
                    self.events[names.get(target), name] = event["id"], target
        self.heartbeat = bool(config["connect_heartbeat"])
        radio = next(c for c in config["components"] if names[c["id"]] == "fn-examples")
        self.first = radio["props"]["value"]
        self.examples = [key for _, key in radio["props"]["choices"]]

    @classmethod
    async def of(cls, port: int) -> PageEvents:
        """The events of a server's page."""
        wire = Wire(port)
        _, body = await wire.ask("GET", "/config")
        wire.close()
        return cls(json.loads(body))
