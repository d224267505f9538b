"""What attackers may send to addresses and events, for `benchmarks.public_fuzz`: plain data."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.public_bytes import API, Shot, garbled, request

META = {"_type": "gradio.FileData"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get")
ROUTE = re.compile(r'@(app|router)\.(get|head|post|put|delete|websocket)\(\s*f?"([^"]*)"')
STREAMS = re.compile(r"heartbeat|queue/data|upload_progress|reload|/call/|progress")
STREAM_PATIENCE_SECONDS = 0.7  # for addresses that may answer without an end
INVENTED = """
    /gradio_api/file/etc/passwd /file=/etc/hostname /file/etc/hostname /api/predict /run/predict
    /queue/join /queue/status /gradio_api/mcp/sse /gradio_api/mcp/ /mcp /docs /redoc /openapi.json
    /debug /.env /.git/config /metrics /server-status /admin /survey/../gradio_api/deep_link
    /survey/..%2f..%2fetc/passwd /static/../../../../etc/passwd /static//etc/passwd
    /static/%2e%2e/%2e%2e/%2e%2e/etc/passwd /assets/..%2f..%2f..%2fconfig.py /%00 // /./
    /assets/....//....//etc/passwd /survey/static/../settings.py /survey/static//etc/passwd
    /survey/static/%2e%2e/settings.py /survey/audio/../../survey.sqlite //etc/passwd
    /survey/audio/..%2f..%2fsurvey.sqlite /\\..\\..\\etc /gradio_api//file=/etc/hostname
    /gradio_api/./file=/etc /gradio_api/heartbeat/ /gradio_api/heartbeat/../x /healthz/ /healthz/..
    /gradio_api/heartbeat/%2e%2e /gradio_api/call/slide/../../x /gradio_api/call/ask /surveyx
    /gradio_api/component_server /gradio_api/component_server/ /gradio_api/vibe-edit/
    /gradio_api/dev/reload /healthz?deep_link=x /survey%2fadmin
""".split()


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


def post(path: str, value: Any, headers: dict[str, str] | None = None) -> bytes:
    """A request with a value as JSON, whatever it is; bytes go as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request("POST", path, body, headers)


def escaped(text: str, safe: str = "") -> str:
    """A text as a part of an address."""
    return quote(text.encode("utf-8", "surrogatepass"), safe=safe)[:3000]


# ---- values --------------------------------------------------------------------------------------


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


# ---- kinds of shots, each without an end ---------------------------------------------------------


def gradio_routes() -> list[tuple[str, str]]:
    """Every method and address in the source of Gradio's routes, whether switched on or not."""
    folder = Path(importlib.util.find_spec("gradio").origin).parent
    routes = set()
    for owner, method, path in ROUTE.findall((folder / "routes.py").read_text()):
        routes.add((method.upper(), path))
        if owner == "router":
            routes.add((method.upper(), API + path))
    return sorted(routes)


def survey_routes() -> list[tuple[str, str]]:
    """Every method and address of the listening test."""
    from fastapi import FastAPI

    from survey.app import add_routes

    app = FastAPI()
    add_routes(app)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one function for GET and HEAD
        paths = app.openapi()["paths"].items()
    return sorted((m.upper(), f"/survey{path}") for path, methods in paths for m in methods)


def _filled(path: str, texts: list[str], dice: random.Random) -> str:
    """An address with something hostile for each of its parts."""

    def part(_: re.Match) -> str:
        return escaped(dice.choice(texts), dice.choice(["", "/", "/:.=?&%"]))

    return re.sub(r"\{[^}]*\}", part, path)


def addresses(target: Target, dice: random.Random) -> Iterator[Shot]:
    """Every address of Gradio's and invented ones, by every method, with odd ends and queries."""
    texts, gradio = strings(target), gradio_routes()
    routes = [
        *gradio,
        *((method, path) for path in sorted({p for _, p in gradio}) for method in METHODS),
    ]
    routes += [(method, path) for path in INVENTED for method in ("GET", dice.choice(METHODS))]
    files = [("GET", f"{API}/file={{p}}"), ("HEAD", f"{API}/file={{p}}"), ("GET", "/file={p}")]
    while True:
        dice.shuffle(routes)
        for chosen in routes:
            yield _address(*chosen, texts, target.paths[0], dice)
            yield _address(*dice.choice(files), texts, target.paths[0], dice)


def _address(
    method: str, path: str, texts: list[str], path_of_file: str, dice: random.Random
) -> Shot:
    text = escaped(dice.choice(texts))
    names = ("deep_link", "session_hash", "x", "upload_id", "__theme", "url", "path", "view")
    odd = ["", "", "", "/", "//", "/..", "/../config", "?", "%00", "%ff%fe", ";a", "#b"]
    end = dice.choice([*odd, f"?{dice.choice(names)}={text}", "?deep%5flink=x"])
    headers = dice.choice(_headers(path_of_file)) if dice.random() < 0.4 else {}
    body = None
    if method in ("POST", "PUT", "PATCH", "DELETE") and dice.random() < 0.9:
        value = dice.choice([dice.choice(texts), {"data": [dice.choice(texts)]}, {}, None])
        body = json.dumps(value).encode()
    patience = STREAM_PATIENCE_SECONDS if STREAMS.search(path) else 25.0
    data = request(method, _filled(path, texts, dice) + end, body, headers)
    return Shot("addresses", data, patience=patience)


def _headers(path: str) -> list[dict[str, str]]:
    return [
        {"Host": "evil.example"},
        {"Host": ""},
        {"Host": f"evil.example/{path}"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "::1"},
        {"X-Forwarded-Prefix": "/../../", "Forwarded": "for=x;host=y"},
        {"X-Original-URL": f"{API}/file={path}", "X-Rewrite-URL": "/survey/admin"},
        {"Cookie": "access-token-unsecure-x=y; session=1"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Bearer 0123456789abcdef"},
        {"Range": "bytes=0-1000000000000"},
        {"Range": "bytes=abc", "If-Range": '"x"'},
        {"Range": "bytes=" + ",".join(["0-1"] * 200)},
        {"Accept": "text/html"},
        {"Accept-Encoding": "gzip, br, deflate"},
        {"Accept-Language": "x" * 3000},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=" + "a" * 300},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Encoding": "gzip"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
        {"x-gradio-user": "admin", "x-gradio-server": "http://127.0.0.1"},
        {"X-HTTP-Method-Override": "DELETE", "Expect": "100-continue"},
        {"Upgrade": "websocket", "Connection": "Upgrade, close", "Sec-WebSocket-Key": "x"},
    ]


def values(target: Target, dice: random.Random) -> Iterator[Shot]:
    """Every event, private or named, by every way in, with every hostile value."""
    texts = strings(target)
    files = [shape for path in texts for shape in file_shapes(path)]
    plain = [*scalars(), *texts]
    events = [*target.inputs.items(), (10**6, 1), (-1, 1), ("x", 1), (None, 1), (1.5, 2)]
    ways = ["/run/predict"] * 3 + ["/queue/join", "/call", "/call/v2"]
    while True:
        value = dice.choice(files if dice.random() < 0.6 else plain)
        way = dice.choice(ways)
        if way.startswith("/call"):
            yield _call(way, value, target, dice)
            continue
        body = dice.choice(envelopes(value, *dice.choice(events), dice))
        follow = None
        if way == "/queue/join":
            session = escaped(str(body["session_hash"]))
            follow = f"{API}/queue/data?session_hash={session}"
        way += "/" * (dice.random() < 0.1)
        yield Shot("values", post(API + way, body), target.is_foreign(body["data"]), follow=follow)


def _call(way: str, value: Any, target: Target, dice: random.Random) -> Shot:
    name, parameters = dice.choice(sorted(target.public.items()))
    spoiled = parameters[0] if dice.random() < 0.4 else dice.choice(parameters)
    body: Any = {parameters[0]: {"path": target.own, "meta": META}, spoiled: value}
    foreign = target.is_foreign(list(body.values()))
    if way == "/call":
        body = {"data": [body.get(parameter) for parameter in parameters]}
    elif dice.random() < 0.2:
        body[dice.choice(["oauth_token", "x", "__class__", "request"])] = value
    if dice.random() < 0.1:
        name = dice.choice(["ask", "open_upload", "nothing", "slide%2f..", "slide/", "_", "a" * 90])
    address = f"{API}{way}/{name}"
    return Shot("values", post(address, body), foreign, follow=address + "/{}")


def mutations(target: Target, dice: random.Random) -> Iterator[Shot]:
    """The events of a real visit with one value changed, taken away, doubled or added."""
    values = [*scalars(), *strings(target)]
    values += [shape for path in target.paths[:4] for shape in file_shapes(path)]
    events = sorted(target.events.items())
    while True:
        body = copy.deepcopy(dice.choice(events)[1])
        edit = body["data"][0]
        if isinstance(edit, str) and edit[:1] == "{" and dice.random() < 0.75:
            body["data"][0] = _spoiled(json.loads(edit), values, dice)
        else:
            change(body, values, dice)
        data = json.dumps(body).encode()
        if dice.random() < 0.06:
            data = garbled(data, dice)
        foreign = target.is_foreign(body.get("data"))
        yield Shot("mutations", post(f"{API}/run/predict", data), foreign)


def _spoiled(edit: dict[str, Any], values: list[Any], dice: random.Random) -> str:
    """What the page wants, as text, with one thing wrong in it."""
    kind, key = dice.randrange(10), dice.choice(list(edit))
    if kind < 6:
        edit[key] = dice.choice(values)
    elif kind == 6:
        del edit[key]
    elif kind == 7:
        names = ["path", "meta", "__class__", "study", "x" * 999, ""]
        edit[dice.choice(names)] = dice.choice(values)
    text = json.dumps(edit)
    if kind == 8:
        return garbled(text.encode(), dice).decode("utf-8", "replace")
    if kind == 9:
        broken = [text * 2, f"[{text}]", "[" * 9000, '{"piece":' * 5000]
        broken += [text.replace(":", ": " * 500, 1), text.replace("}", ',"piece":1}')]
        broken += [text.replace("null", "1" * 5000, 1), text.replace("null", "-", 1)]
        return dice.choice(broken)
    return text


def change(body: dict[str, Any], values: list[Any], dice: random.Random) -> None:
    """One value somewhere in a body becomes another, or goes."""
    holder, key = dice.choice(list(_places(body)))
    if dice.random() < 0.1 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = dice.choice(values)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def survey(target: Target, dice: random.Random) -> Iterator[Shot]:
    """Every address of the listening test with hostile parts, bodies, tokens and forms."""
    routes, texts = survey_routes(), strings(target)
    values, likely_parts = [*scalars(), *texts], [*texts, *["trial", "1", target.participant] * 10]
    rights = ["", "Bearer x", f"Bearer {target.participant}", "Basic !!", "Basic eDp5"]
    while True:
        for method, path in dice.sample(routes, len(routes)):
            headers = {"Authorization": dice.choice(rights)} if dice.random() < 0.7 else {}
            if "/admin" in path and dice.random() < 0.6:
                headers = {"Authorization": f"Bearer {target.token}"}
            if dice.random() < 0.3:
                headers["Accept"] = "text/html"
            if dice.random() < 0.1:
                method = dice.choice(METHODS)
            body = None
            if method not in ("GET", "HEAD", "get"):
                body = _survey_body(path, values, dice)
                if "/admin" in path:
                    headers["Content-Type"] = "application/x-www-form-urlencoded"
                    body = _form(texts, dice)
            text = escaped(dice.choice(texts))
            end = dice.choice(["", "", "", f"?invite={text}", f"?again={text}", "/", "//x", "%00"])
            address = _filled(path, likely_parts, dice) + end
            yield Shot("survey", request(method, address, body, headers))


def _survey_body(path: str, values: list[Any], dice: random.Random) -> bytes:
    ratings = dict.fromkeys(("rhythm", "melody", "harmony", "naturalness"), 3)
    trial = {"trial": "x" * 20, "submission": "s" * 12}
    bodies: dict[str, dict[str, Any]] = {
        "join": {"study": "trial", "consent": True, "invitation": None},
        "questions": {"age_band": None, "training": None, "device": None},
        "sound": {"left": "left", "right": "right", "ok": True},
        "plays": {**trial, "side": "first", "event": "began"},
        "answers": {**trial, **ratings, "direction": "higher", "comment": "x", "seconds": 3.0},
        "withdraw": {"confirm": False},
    }
    body = copy.deepcopy(bodies.get(path.rpartition("/")[2], {"x": 1}))
    if dice.random() < 0.85:
        change(body, values, dice)
    data = json.dumps(body).encode()
    return garbled(data, dice) if dice.random() < 0.15 else data


def _form(texts: list[str], dice: random.Random) -> bytes:
    """A form of the admin's."""
    names = """form name title language pairs strengths seed trials checkpoint confirm label count
               retention contact password""".split()
    fields = dice.sample(names, dice.randrange(6))
    data = "&".join(f"{name}={escaped(dice.choice(texts))}" for name in fields).encode()
    return garbled(data, dice) if data and dice.random() < 0.3 else data


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
    root = Path(__file__).resolve().parents[1]
    return [
        *map(str, (text, music, hidden, database, link, inner, big, pipe, outside, uploads)),
        *map(str, (uploads / "held-by", folder / "said.txt", os.path.relpath(text, root))),
        *("/etc/hostname", "/etc/passwd", "/proc/self/environ", "/proc/self/cmdline"),
        *("/proc/self/mem", "/proc/self/fd/0", f"/proc/self/root{text}", "/proc/self/maps"),
        *("/dev/zero", "/dev/stdin", "/dev/urandom", "/dev/full", "/dev/tty"),
        *("demo/app.py", "README.md", f"{uploads}/../../outside"),
        *(f"{uploads}/../../outside/canary.txt", f"{uploads}//../../outside/canary.mid"),
    ]
