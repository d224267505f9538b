"""Visitors of the page as clients that cost little: what the page does, without a browser."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from typing import Any

from benchmarks.public.page_events import PageEvents
from benchmarks.public.visit_tally import VisitTally
from benchmarks.public.wire import LOCAL, Wire

API = "/gradio_api"
CONNECTIONS = 6  # of one browser to one server
FADERS = ("rhythm", "note", "arousal", "valence")
PATIENCE_SECONDS = 60.0  # for an answer
PEAK = re.compile(rb'\\"peak\\": ([0-9.e-]+)')  # in the JSON of an answer, which is a JSON string
NOTHING_KNOWN = (-1, -1, 0.0)


class Visitor:
    """A page in somebody's browser.

    Parameters
    ----------
    port : int
    page_events : PageEvents
    source : str
        The address to connect from.
    """

    def __init__(self, port: int, page_events: PageEvents, source: str = LOCAL) -> None:
        self.port, self.page_events, self.source = port, page_events, source
        self.session = secrets.token_hex(5)
        self.piece: dict[str, Any] = {}
        self.number = 0
        self._idle: list[Wire] = []
        self._open: list[Wire] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._known = NOTHING_KNOWN

    async def come(self) -> None:
        """Ask for the page and what it opens by itself."""
        status, _ = await self._ask("GET", "/")
        if status != 200:
            raise OSError(f"the page has status {status}")
        if self.page_events.heartbeat:
            wire = Wire(self.port, self.source)
            await wire.send("GET", f"{API}/heartbeat/{self.session}")
            self._open.append(wire)
        await self._opened((None, "load"), self.page_events.first)

    async def choose(self, key: str) -> None:
        """Open another example."""
        await self._opened(("fn-examples", "input"), key)

    async def bring(self, name: str, data: bytes) -> None:
        """Upload a file and open it."""
        mark = secrets.token_hex(12)
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"'
        body = f"--{mark}\r\n{head}\r\nContent-Type: audio/midi\r\n\r\n".encode()
        body += data + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        status, answer = await self._ask("POST", f"{API}/upload", body, kind)
        if status != 200:
            raise OSError(f"an upload has status {status}")
        path = json.loads(answer)[0]
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        await self._opened(("fn-upload", "upload"), file)

    async def move(self, first: int, last: int, **faders: float) -> tuple[str, bytes]:
        """Ask for the result of some segments -> "answer", "skipped", or what went wrong."""
        self.number += 1
        edit: dict[str, Any] = dict.fromkeys((*FADERS, "seed", "peak", "chunk", "gain"))
        edit |= {"number": self.number, "piece": self.piece["id"], "first": first, "last": last}
        edit |= {"vorbis": True, **faders}
        # As the page does: the original's sound comes once, and its peak is sent along then.
        knows = self._known[:2] == (first, last)
        edit |= {"original": not knows, "peak": self._known[2] if knows else None}
        self._edit = edit
        outcome, body = await self._answer("ask", edit)
        if outcome == "answer" and (peak := PEAK.search(body)):
            self._known = first, last, float(peak[1])
        return outcome, body

    async def hear(self, chunk: int, gain: float | None) -> tuple[str, bytes]:
        """Ask for a chunk of the sound of a long selection that was asked for."""
        changes = {"original": True, "chunk": chunk, "gain": gain}
        return await self._answer("hear", {**self._edit, **changes})

    async def moved(self, tally: VisitTally, first: int, last: int, **faders: float) -> bytes:
        """Move faders and count the outcome and its seconds; the body of the answer."""
        begin, body = time.perf_counter(), b""
        try:
            outcome, body = await asyncio.wait_for(
                self.move(first, last, **faders), PATIENCE_SECONDS
            )
        except (OSError, EOFError) as error:  # TimeoutError is one of the first
            outcome = type(error).__name__
        if outcome == "answer":
            tally.times.append(time.perf_counter() - begin)
        elif outcome == "skipped":
            tally.skipped += 1
        else:
            tally.errors[outcome] += 1
        return body

    def leave(self) -> None:
        """Close the page."""
        for wire in (*self._open, *self._idle):
            wire.close()

    async def _answer(self, event: str, edit: dict[str, Any]) -> tuple[str, bytes]:
        status, body = await self._event(("fn-bench", event), json.dumps(edit))
        if status != 200:
            return f"status {status}", body
        return ("answer" if b'"answer"' in body[:200] else "skipped"), body

    async def _opened(self, event: tuple[str | None, str], value: Any) -> None:
        status, body = await self._event(event, value)
        if status != 200:
            raise OSError(f"opening has status {status}")
        bench, message, *_ = json.loads(body)["data"]
        if "piece" not in bench.get("props", {}):
            raise OSError(f"not opened: {message}")
        self.piece = json.loads(bench["props"]["piece"])
        self._known = NOTHING_KNOWN
        await self.move(self.piece["first"], self.piece["last"])

    async def _event(self, event: tuple[str | None, str], value: Any) -> tuple[int, bytes]:
        number, target = self.page_events.events[event]
        body: dict[str, Any] = {"data": [value], "event_data": None, "fn_index": number}
        body |= {"trigger_id": target, "session_hash": self.session}
        return await self._ask("POST", f"{API}/run/predict", json.dumps(body).encode())

    async def _ask(
        self, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, bytes]:
        async with self._slots:
            wire = self._idle.pop() if self._idle else Wire(self.port, self.source)
            try:
                return await wire.ask(method, path, body, kind)
            finally:
                self._idle.append(wire)


def gain_of(body: bytes) -> float | None:
    """The gain of the sound of a long selection, as its answer gives it."""
    match = re.search(rb'\\"gain\\": ([0-9.e-]+)', body)
    return float(match[1]) if match else None


def position(dice: random.Random) -> dict[str, float]:
    """A fader somewhere, as visitors leave it."""
    name = dice.choice(FADERS)
    low = -1.0 if name in ("arousal", "valence") else 0.0
    return {name: round(dice.uniform(low, 1.0), 4)}
