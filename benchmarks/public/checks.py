"""Sends hostile requests and checks the answers, for `benchmarks.public_fuzz`."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from benchmarks.measuring.timing import rounded
from benchmarks.public.hostile_bytes import Shot, request
from benchmarks.public.whole_server import ROOT, RunningServer
from benchmarks.survey.serving import ServerError

BATCH_SHOTS = 60
MAX_CONNECTIONS = 6
MAX_ANSWER_SECONDS = 20.0  # an answer that takes longer is a hang
MAX_HEALTH_SECONDS = 2.0  # until the server says that it is well
MAX_ANSWER_BYTES = 3_000_000  # more of an answer is not read
MAX_FINDINGS = 40  # that are written down in full
UNHANDLED = "Exception in ASGI application"
FAILED = re.compile(r"(\w+|an event) failed: (\w+ at [\w.]+:\d+)")
RESTART = "a worker ended unasked"
SENTENCE = re.compile(r"[^\x00-\x1f]{10,600}\.")
WELCOME = b"HTTP/1.1 100"
GENERIC = ("root:x:0:0", "SQLite format 3\0", '[project]\nname = "fadernets"')
ENDS = (b'"process_completed"', b'"close_stream"', b"event: complete", b"event: error")
TRACEBACK = re.compile(  # with the tracebacks of its causes
    r"(?:Traceback \(most recent call last\):\n(?:[ +|].*\n|\n)*[^ \n].*\n"
    r"(?:\n(?:During handling|The above).*\n\n)?)+"
)
CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")


@dataclass
class RequestReply:
    """The answer to a request: status 0 if there is none; `ended` if the server ended it."""

    status: int
    body: bytes
    seconds: float
    ended: bool
    head: bytes = b""

    def __str__(self) -> str:
        text = self.body[:400].decode("latin-1")
        return f"{self.status} after {self.seconds:.1f} s: {text}"


@dataclass
class CheckBook:
    """Counts of answers and of findings, by kind."""

    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    slowest: dict[str, Any] = field(default_factory=lambda: {"seconds": 0.0})
    health: float = 0.0
    restarts: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    cut_short: bool = False
    _known: set[tuple[str, ...]] = field(default_factory=set)

    def add_finding(self, finding: str, shot: Shot | str, reply: Any = "", key: str = "") -> None:
        """Count a finding, and write it down in full if it is a new one."""
        self.findings[finding] += 1
        kind = shot.kind if isinstance(shot, Shot) else "server"
        if (finding, kind, key) not in self._known and len(self.examples) < MAX_FINDINGS:
            self._known.add((finding, kind, key))
            example = {"request": str(shot)[:2500], "reply": str(reply)[:1500]}
            self.examples.append({"what": finding, "kind": kind, **example})

    def add_reply(self, shot: Shot, reply: RequestReply) -> None:
        """Count an answer."""
        nothing = "closed" if reply.ended else "no end"
        self.statuses[shot.kind][f"{reply.status // 100}xx" if reply.status else nothing] += 1
        if reply.ended and reply.seconds > self.slowest["seconds"]:
            request = {"kind": shot.kind, "request": str(shot)[:300]}
            self.slowest = {"seconds": rounded(reply.seconds), **request}

    def report(self) -> dict[str, Any]:
        """Plain data."""
        goals = {"tracebacks": "traceback", "hangs": "hang", "files_given_away": "given away"}
        others = {w: n for w, n in self.findings.items() if w not in goals.values()}
        return {
            "requests": sum(counts.total() for counts in self.statuses.values()),
            "by_kind": {kind: dict(counts) for kind, counts in self.statuses.items()},
            **{name: self.findings[finding] for name, finding in goals.items()},
            "other_findings": others,
            "worker_restarts": self.restarts,
            "failures_told_as_sentences": dict(self.failures),
            "slowest": self.slowest,
            "slowest_health_s": rounded(self.health),
            "cut_short": self.cut_short,
            "findings": self.examples,
        }


class Fuzz:
    """Sends shots to a server and checks the answers.

    Parameters
    ----------
    server : RunningServer
    secrets : list of str
        Texts that may be in no answer.
    book : CheckBook
    end : float
        When to stop sending, by `time.monotonic`.
    """

    def __init__(
        self, server: RunningServer, secrets: Iterable[str], book: CheckBook, end: float
    ) -> None:
        self.server, self.book, self.end = server, book, end
        self.secrets = [text.encode() for text in (*secrets, *GENERIC)]
        folders = {str(ROOT), str(Path.home()), sys.prefix}
        self.folders = [folder.encode() for folder in folders if len(folder) > 3]
        self._log_length = len(server.log_text())

    @property
    def is_over(self) -> bool:
        """Whether there is no time left; written down if so."""
        is_over = time.monotonic() > self.end
        self.book.cut_short |= is_over
        return is_over

    async def run(self, shots: Iterable[Shot]) -> None:
        """Send everything, in batches; a batch that ends badly is sent again one by one."""
        remaining = iter(shots)
        while (batch := list(itertools.islice(remaining, BATCH_SHOTS))) and not self.is_over:
            await self.run_together(self.send(shot) for shot in batch)
            if self.check_log():
                for shot in batch:  # which one was it?
                    await self.send(replace(shot, kind=f"{shot.kind}, again"))
                    await asyncio.sleep(0.02)
                    if self.check_log(shot):
                        break
            await self.health()

    async def run_together(self, tasks: Iterable[Any]) -> None:
        """Run tasks at once, at most `MAX_CONNECTIONS`."""
        slots = asyncio.Semaphore(MAX_CONNECTIONS)

        async def run(task: Any) -> None:
            async with slots:
                await task

        await asyncio.gather(*(run(task) for task in tasks))

    async def send(self, shot: Shot, alone: bool = False) -> RequestReply:
        """Send a shot and check its answer, and the answer to the event that it began."""
        reply = await self._exchange(shot)
        slow = reply.seconds > MAX_ANSWER_SECONDS and shot.patience > MAX_ANSWER_SECONDS
        if slow and not alone:  # it may have had to wait for its turn
            second = await self._exchange(replace(shot, kind=f"{shot.kind}, again"))
            slow = second.seconds > MAX_ANSWER_SECONDS
        if slow:
            self.book.add_finding("hang", shot, reply, str(reply.status))
        return reply

    async def _exchange(self, shot: Shot) -> RequestReply:
        reply = await fire(self.server.port, shot)
        self._check(shot, reply, shot)
        if shot.follow is None or (name := _event_id(reply)) is None:
            return reply
        follow = Shot(shot.kind, request("GET", shot.follow.format(name)), shot.foreign)
        second = await fire(self.server.port, follow)
        self._check(follow, second, shot)
        return replace(second, seconds=reply.seconds + second.seconds)

    def _check(self, shot: Shot, reply: RequestReply, cause: Shot) -> None:
        """Look for secrets, paths and other things that may not be in an answer."""
        book, answer = self.book, reply.head + b"\r\n\r\n" + reply.body
        book.add_reply(shot, reply)
        if any(secret in answer for secret in self.secrets):
            book.add_finding("given away", cause, reply, str(reply.status))
        if cause.foreign and _is_good(reply):
            book.add_finding("given away", cause, reply, "done for a file that is not the sender's")
        if reply.status == 500 and not _is_sentence(reply.body):
            text = reply.body[:60].decode("latin-1")
            book.add_finding("500 without a sentence", cause, reply, text)
        # The page identifies an upload by its path, so good answers name it; errors must not.
        own_folder = [str(self.server.folder).encode()] if _is_refusal(reply) else []
        request_data = (
            unquote_to_bytes(cause.data) if cause.kind == "survey" else b""
        )  # forms come back
        if any(f in answer and f not in request_data for f in (*self.folders, *own_folder)):
            book.add_finding("a path of the server's", cause, reply, shot.kind)

    def check_log(self, shot: Shot | str = "see the requests that were sent again") -> bool:
        """Whether new lines of the server's log hold a traceback or an unhandled exception.

        Raises
        ------
        ServerError
            If it ended.
        """
        text = self.server.log_text()
        new, self._log_length = text[self._log_length :], len(text)
        self.book.restarts += new.count(RESTART)
        self.book.failures.update(" failed: ".join(match) for match in FAILED.findall(new))
        tracebacks = [match[0].splitlines() for match in TRACEBACK.finditer(new)]
        for lines in tracebacks:
            self.book.add_finding("traceback", shot, "\n".join(lines[-12:]), lines[-1][:60])
        errors = [line for line in new.splitlines() if UNHANDLED in line]
        for line in errors:
            self.book.add_finding(
                "an exception got through", shot, line, line.rpartition("|")[2][:60]
            )
        if self.server.process.poll() is not None:
            self.book.add_finding("the server ended", shot, new[-1000:])
            raise ServerError("the server ended")
        return bool(tracebacks or errors)

    async def health(self) -> None:
        """Add a finding unless the server is well soon; asked twice, for the machine is shared."""
        shot = Shot("health", request("GET", "/healthz"), patience=10.0)
        for is_second in (False, True):
            reply = await fire(self.server.port, shot)
            self.book.health = max(self.book.health, reply.seconds)
            if reply.status == 200 and reply.seconds <= MAX_HEALTH_SECONDS:
                return
            if is_second:
                finding = "unwell" if reply.ended and reply.status != 200 else "slow to be well"
                self.book.add_finding(finding, "GET /healthz", reply)


def _event_id(reply: RequestReply) -> str | None:
    try:
        return str(json.loads(reply.body)["event_id"]) if reply.status == 200 else None
    except (ValueError, KeyError, TypeError):
        return None


def _is_refusal(reply: RequestReply) -> bool:
    return reply.status >= 400 or b"event: error" in reply.body or b'"success":false' in reply.body


def _is_good(reply: RequestReply) -> bool:
    """Whether an event was carried out: a piece opened, an answer given, a file made."""
    if b'"process_completed"' in reply.body:
        return b'"success":true' in reply.body
    if b"event: complete" in reply.body:
        return True
    match = re.search(rb'"(piece|answer|path)\\?"', reply.body)
    return reply.status == 200 and reply.body.startswith(b'{"data"') and match is not None


def _is_sentence(body: bytes) -> bool:
    """Whether an answer of status 500 holds one sentence of ours."""
    try:
        answer = json.loads(body)
        text = answer.get("message") or answer.get("error")
    except (ValueError, AttributeError):
        return False
    return isinstance(text, str) and SENTENCE.fullmatch(text) is not None


async def fire(port: int, shot: Shot) -> RequestReply:
    """Send the bytes of a request; wait for the end of the answer, or for the shot's patience."""
    begin, data, ended = time.perf_counter(), bytearray(), False
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return RequestReply(0, b"", time.perf_counter() - begin, True)
    sending = asyncio.create_task(_send(writer, shot))
    try:
        async with asyncio.timeout(shot.patience):
            while not _is_complete(data) and (part := await reader.read(65536)):
                data += part
        ended = True
    except TimeoutError:
        pass
    except OSError:  # reset
        ended = True
    finally:
        sending.cancel()
        writer.close()
    while data.startswith(WELCOME) and b"\r\n\r\n" in data:
        del data[: data.index(b"\r\n\r\n") + 4]
    head, _, body = bytes(data).partition(b"\r\n\r\n")
    status = int(head[9:12]) if re.match(rb"HTTP/1\.\d \d{3}", head) else 0
    if b"transfer-encoding: chunked" in head.lower():
        body = b"".join(_chunks(body))
    return RequestReply(status, body, time.perf_counter() - begin, ended, head)


async def _send(writer: asyncio.StreamWriter, shot: Shot) -> None:
    try:
        writer.write(shot.data)
        await writer.drain()
        part, times = shot.appended
        for _ in range(times):
            await asyncio.sleep(0.002)
            writer.write(part)
            await writer.drain()
    except OSError:  # it does not listen to all of it
        pass


def _is_complete(data: bytearray) -> bool:
    """Whether an answer is too long, or a stream that holds its last event."""
    if len(data) > MAX_ANSWER_BYTES:
        return True
    return b"text/event-stream" in data[:2000] and any(end in data[-4000:] for end in ENDS)


def _chunks(body: bytes) -> Iterator[bytes]:
    """Contents of the chunks that have arrived."""
    position = 0
    while match := CHUNK.match(body, position):
        yield body[match.end() : match.end() + int(match[1], 16)]
        position = match.end() + int(match[1], 16) + 2
