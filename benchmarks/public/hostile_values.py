"""Hostile values, and the files that nobody may get, for `benchmarks.public_fuzz`: plain data."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.public.hostile_bytes import API

META = {"_type": "gradio.FileData"}


@dataclass(frozen=True)
class Target:
    """What a fuzz run knows of the server it is sent to.

    Attributes
    ----------
    port : int
    token : str
        Of the survey's admin.
    paths : list of str
        Files that nobody may get.
    trap : str
        An address of this machine that no server has a reason to ask.
    own : str
        Path of a real upload.
    events : name -> body
        The events of a real visit: open, ask, hear, save, upload.
    inputs : number -> number
        How many values each event takes.
    public : name -> names
        The parameters of the endpoints for programs.
    participant : str
        Token of a real participant of the survey.
    """

    port: int
    token: str
    paths: list[str]
    trap: str
    own: str
    events: dict[str, dict[str, Any]]
    inputs: dict[int, int]
    public: dict[str, list[str]]
    participant: str

    def is_foreign(self, data: Any) -> bool:
        """Whether an event's data names a file, and none that is its sender's."""
        return _names_file(data, set(self.paths)) and self.own not in json.dumps(data)


def _names_file(data: Any, paths: set[str]) -> bool:
    if isinstance(data, str):
        return data in paths
    if isinstance(data, dict):
        addresses = [data.get("path"), data.get("url")]
        return any(isinstance(n, str) and n for n in addresses) or _names_file(
            [*data.values()], paths
        )
    return isinstance(data, list) and any(_names_file(part, paths) for part in data)


def strings(target: Target) -> list[str]:
    """Texts that name things, or break what reads them."""
    path, trap = target.paths[0], target.trap
    return [
        *target.paths,
        *(f"file://{path}", f"file:{path}", f"{API}/file={path}", f"/file={path}", f"//{path}"),
        *(
            f"{path}\0",
            f"{path}\0.mid",
            f"{path}/",
            f"{path}/.",
            quote(path, safe=""),
            path.upper(),
        ),
        *(trap, f"{trap}canary.mid", trap.replace("http", "HTTP"), trap.partition(":")[2]),
        *("http://[::1]/", "http://0x7f.1/", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/"),
        *(f"http://127.0.0.1:{target.port}{API}/file={path}", "https://127.0.0.1/", "hf://x/y"),
        *("data:audio/midi;base64,TVRoZAAAAAYAAAABAeA=", "data:text/plain,x", "blob:x"),
        *("", " ", ".", "..", "/", "~", "~root", "\\", "C:\\x", "\\\\127.0.0.1\\x", "a/../../b"),
        *("\0", "a\0b", "\ud800", "a\udfffb", "\uffff", "\u202egnp.mid", "é" * 300, "💥" * 400),
        *("x" * 5000, "../" * 400 + "etc/hostname", "/" * 3000, "%s%n%x", "{0.__class__}", "{}"),
        *("<script>alert(1)</script>", "'; DROP TABLE studies; --", "${jndi:ldap://127.0.0.1}"),
        *("null", "true", "1e999", "NaN", "__proto__", "constructor", "mazurka", "high"),
        "\r\nX: y",
    ]


def scalars() -> list[Any]:
    """Numbers and other things that are no texts."""
    infinite = [float("nan"), float("inf"), -float("inf")]
    return [
        *(None, True, False, 0, -1, 1, 2, 0.5, -0.5, 10**9, -(10**9), 2**31, 2**63, 2**64),
        *(-(2**63), 10**30, 10**400, 1e308, -1e308, 5e-324, 1e17, *infinite),
        *([], {}, [[]], [None], {"": None}, {"a": 1}, [1, 2, 3], {"__type__": "update"}),
        *("0", "-1", "0x10", "1_000", "١", " 1", "1e5"),
        *(deep(9), deep(20), deep(200), {"k": deep(15)}),
    ]


def deep(levels: int) -> Any:
    """Lists in lists."""
    value: Any = None
    for _ in range(levels):
        value = [value]
    return value


def file_shapes(path: str) -> list[Any]:
    """All the ways to name a file in an event's data that Gradio knows, and some it does not."""
    plain = {"path": path, "meta": META}
    return [
        path,
        plain,
        {"path": path},
        {**plain, "url": path},
        {**plain, "url": f"{API}/file={path}", "orig_name": "a.mid", "size": 9, "mime_type": "x"},
        {**plain, "orig_name": path},
        {**plain, "orig_name": "../../../tmp/x.mid"},
        {**plain, "is_stream": True},
        {"path": None, "url": path, "meta": META},
        {"path": "", "url": path, "meta": META},
        {"url": path, "meta": META},
        {"path": [path], "meta": META},
        {"path": plain, "meta": META},
        {"name": path, "is_file": True, "data": None, "orig_name": "a.mid"},
        {"name": path, "data": f"file={path}", "is_file": True},
        [plain],
        [[plain]],
        {"a": {"b": [plain]}},
        {"value": plain, "__type__": "update"},
        {"video": plain, "subtitles": plain},
        {"background": plain, "layers": [plain], "composite": plain},
        {"text": "x", "files": [plain]},
        {"path": path, "meta": {"_type": "gradio.FileData", "x": plain}},
        {"meta": META, "PATH": path},
        {"path": path, "meta": "gradio.FileData"},
        json.dumps(plain),
    ]


def envelopes(value: Any, number: Any, inputs: int, dice: random.Random) -> list[dict[str, Any]]:
    """Bodies of an event that carry a value."""
    session = f"fuzz{dice.randrange(400)}"
    plain = {"data": [value] * inputs, "fn_index": number, "session_hash": session}
    mixed: list[Any] = [None] * inputs
    if inputs:
        mixed[dice.randrange(inputs)] = value
    return [
        plain,
        {**plain, "data": mixed},
        {**plain, "data": [value]},
        {**plain, "data": [[value] * inputs], "batched": True},
        {**plain, "data": [[value]] * inputs, "batched": True},
        {**plain, "event_data": {"value": value, "_data": value}},
        {**plain, "request": {"headers": {"x": "y"}, "url": value}, "simple_format": True},
        {**plain, "event_id": "x", "trigger_id": 7, "api_name": "slide", "time_limit": -1},
        {**plain, "session_hash": value},
        {**plain, "data": [value] * 40},
        {**plain, "fn_index": str(number)},
        {**plain, "data": value},
        {**plain, "data": {"0": value}},
    ]


def foreign_files(folder: Path, uploads: Path, secret: str, midi: bytes) -> list[str]:
    """Lay out files that nobody may get, in and beside the folder for uploads; their paths.

    Among them are FIFOs, folders, a link that leads out of the folder for uploads, and 10 GB of
    nothing.
    """
    outside, hidden = folder / "outside", folder / "data" / "canary.txt"
    outside.mkdir()
    text, music, big, pipe = (outside / n for n in ("canary.txt", "canary.mid", "big.mid", "pipe"))
    text.write_text(f"{secret}\n" * 50)
    music.write_bytes(midi)
    big.touch()
    os.truncate(big, 10 * 10**9)
    hidden.write_text(secret)
    link, inner = uploads / "link.mid", uploads / "pipe.mid"
    link.symlink_to(text)
    os.mkfifo(pipe)
    os.mkfifo(inner)
    database = folder / "data" / "survey.sqlite"
    root = Path(__file__).resolve().parents[2]
    return [
        *map(str, (text, music, hidden, database, link, inner, big, pipe, outside, uploads)),
        *map(str, (uploads / "held-by", folder / "said.txt", os.path.relpath(text, root))),
        *("/etc/hostname", "/etc/passwd", "/proc/self/environ", "/proc/self/cmdline"),
        *("/proc/self/mem", "/proc/self/fd/0", f"/proc/self/root{text}", "/proc/self/maps"),
        *("/dev/zero", "/dev/stdin", "/dev/urandom", "/dev/full", "/dev/tty"),
        *("demo/app.py", "README.md", f"{uploads}/../../outside"),
        *(f"{uploads}/../../outside/canary.txt", f"{uploads}//../../outside/canary.mid"),
    ]
