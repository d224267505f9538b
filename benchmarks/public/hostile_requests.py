"""Hostile requests to addresses and events, for `benchmarks.public_fuzz`: kinds without an end."""

from __future__ import annotations

import copy
import json
import random
import re
import warnings
from collections.abc import Iterator
from importlib.metadata import distribution
from typing import Any
from urllib.parse import quote

from benchmarks.public.hostile_bytes import API, Shot, garbled, request
from benchmarks.public.hostile_values import META, Target, envelopes, file_shapes, scalars, strings

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


def post(path: str, value: Any, headers: dict[str, str] | None = None) -> bytes:
    """A request with a value as JSON, whatever it is; bytes go as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request("POST", path, body, headers)


def escaped(text: str, safe: str = "") -> str:
    """A text as a part of an address."""
    return quote(text.encode("utf-8", "surrogatepass"), safe=safe)[:3000]


def gradio_routes() -> list[tuple[str, str]]:
    """Every method and address in the source of Gradio's routes, whether switched on or not."""
    source = distribution("gradio").locate_file("gradio/routes.py").read_text()
    routes = set()
    for owner, method, path in ROUTE.findall(source):
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
    name, parameters = dice.choice([one for one in sorted(target.public.items()) if one[1]])
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
