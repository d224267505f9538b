"""Hostile requests as bytes: broken HTTP, broken uploads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.public.midi_files import garbled, midi_file

API = "/gradio_api"
MARK = {"Content-Type": "multipart/form-data; boundary=mark"}
OVERSIZED_BYTES = 20_070_000  # more than an upload may have


@dataclass(frozen=True)
class Shot:
    """A request.

    Attributes
    ----------
    kind : str
        The group of requests that it belongs to.
    data : bytes
        All of it.
    foreign : bool
        An input of it is a file that is not its sender's: no good answer may come.
    patience : float
        Seconds to wait for the end of the answer; few for a stream, which need not end.
    appended : (bytes, int)
        Bytes sent after the request, and how often.
    follow : str or None
        Address of the answer to what this begins, with ``{}`` for its ``event_id``.
    """

    kind: str
    data: bytes
    foreign: bool = False
    patience: float = 25.0
    appended: tuple[bytes, int] = (b"", 0)
    follow: str | None = None

    def __str__(self) -> str:
        text = self.data if len(self.data) < 900 else self.data[:800] + b" ... " + self.data[-60:]
        return text.decode("latin-1")


def request(
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """The bytes of a request; the address goes out as it is, but for blanks and line ends."""
    address = "".join(f"%{ord(sign):02X}" if sign.isspace() and ord(sign) < 128 else sign
                      for sign in path)  # fmt: skip
    fields = {"Host": "127.0.0.1", "Connection": "close", **(headers or {})}
    if body is not None:
        length = str(len(body))
        fields = {"Content-Type": "application/json", "Content-Length": length, **fields}
    lines = [
        f"{method} {address} HTTP/1.1",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + (body or b"")


def multipart(data: bytes, name: bytes) -> bytes:
    """The body of an upload."""
    head = b'Content-Disposition: form-data; name="files"; filename="' + name + b'"'
    return b"--mark\r\n" + head + b"\r\n\r\n" + data + b"\r\n--mark--\r\n"


def upload(data: bytes, name: bytes = b"a.mid", kind: str = "midi") -> Shot:
    """A file, uploaded."""
    return Shot(kind, request("POST", f"{API}/upload", multipart(data, name), MARK))


def uploads(names: Sequence[str], dice: random.Random) -> list[Shot]:
    """Uploads with odd names, odd parts and odd lengths."""
    data = midi_file(dice)
    odd = [name.encode("utf-8", "surrogatepass").replace(b'"', b"") for name in names]
    odd += [b"a.html", b"..", b"a" * 300 + b".mid", b"x" * 250, b'a"; name="b', b"held-by"]
    odd += [b"a.mid\r\nX-Evil: y", b"\xff\xfe.mid", b"con.mid", b".htaccess", b"a/b/c.mid"]
    part, end = multipart(data, b"a.mid"), b"--mark--\r\n"
    bodies = [
        b"",
        end,
        part[:-4],
        part[: len(part) // 2],
        part.replace(b"files", b"x"),
        part.replace(b"filename", b"f"),
        part.replace(b"\r\n", b"\n"),
        part[: -len(end)] * 1500 + end,
        b"--mark\r\n" + b"A: b\r\n" * 2000 + b"\r\nx\r\n" + end,
        b"--mark\r\nContent-Disposition: " + b"x" * 60_000 + b"\r\n\r\nx\r\n" + end,
        multipart(b"", b"e.mid"),
        multipart(b"\0" * OVERSIZED_BYTES, b"big.mid"),
        garbled(part, dice),
    ]
    form = "multipart/form-data"
    kinds = ["", "application/json", "multipart/mixed; boundary=mark", form, f"{form}; boundary="]
    kinds += [f"{form}; boundary={'m' * 5000}", f"{form}; boundary=\u00e9"]
    lengths = ("99999999999", "-1", "1e3", "\u0663", "+5", "0x10", "")
    path = f"{API}/upload"
    requests = [request("POST", path, body, MARK) for body in bodies]
    requests += [request("POST", path, part, {"Content-Type": kind}) for kind in kinds]
    requests += [request("POST", path, part, {**MARK, "Content-Length": n}) for n in lengths]
    requests += [
        request("POST", f"{path}?upload_id={i}", part, MARK) for i in ("../x", "%00", "a" * 999)
    ]
    return [
        *(upload(data, name, "uploads") for name in odd),
        *(Shot("uploads", request_bytes, patience=3.0) for request_bytes in requests),
    ]


# ---- requests that HTTP libraries refuse to send -------------------------------------------------


def raw(secret: str, event: bytes) -> list[Shot]:
    """Broken requests.

    Parameters
    ----------
    secret : str
        Path of a file that nobody may get.
    event : bytes
        Body of a good event.
    """
    shots = [
        *_lines(),
        *_addresses(secret.encode()),
        *_headers(),
        *_lengths(event),
    ]
    return [*(Shot("raw", data, patience=2.5) for data in shots), *_endless()]


def _get(address: bytes, *lines: bytes) -> bytes:
    head = [b"GET " + address + b" HTTP/1.1", b"Host: x", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"", b""])


def _lines() -> list[bytes]:
    """First lines and protocols."""
    end = b"\r\nHost: x\r\nConnection: close\r\n\r\n"
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 99
    starts = (b"GET", b"GET / ", b"GET /", b"GET / HTTP/0.9", b"GET / HTTP/1.0", b"GET / HTTP/9.9",
              b"G\0T / HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT 127.0.0.1:1 HTTP/1.1",
              b" GET / HTTP/1.1", b"GET  /  HTTP/1.1", b"GET / HTTP/1.1 x",
              b"\xff\xfe / HTTP/1.1", b"X" * 9000 + b" / HTTP/1.1")  # fmt: skip
    upgrade = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13",
               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
    pipelined = b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n" * 30 + _get(b"/healthz")
    return [
        *(start + end for start in starts),
        *(b"\r\n\r\n", b"\0", hello, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", pipelined),
        b"GET / HTTP/1.1\nHost: x\nConnection: close\n\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        _get(f"{API}/queue/join".encode(), *upgrade),
        _get(b"/survey/api/state", *upgrade),
    ]


def _addresses(secret: bytes) -> list[bytes]:
    """Addresses that lead out of folders, or are not valid."""
    templates = (b"http://127.0.0.1/config", b"http://evil.example/%b", b"file://%b", b"//evil.x%b",
            b"/gradio_api/file=/../../../../..%b", b"/gradio_api/file=../../..%b",
            b"/gradio_api/file=%%2e%%2e%%2f%b", b"/gradio_api/file=%%252e%%252e%b",
            b"/gradio_api/file=%%00%b", b"/gradio_api/file=%b%%00.mid", b"/gradio_api/file=%b#.mid",
            b"/gradio_api/file=%b?x", b"/gradio_api/file=\\%b", b"/gradio_api/file=%b/",
            b"/static/../../../../../..%b", b"/static/%%2e%%2e/%%2e%%2e/%%2e%%2e/%%2e%%2e%b",
            b"/assets//%b", b"/static/%b", b"/survey/static/../../..%b", b"/survey/static/%b",
            b"/survey/static/..%%2f..%%2f..%b", b"/survey/audio/..%%2f..%b")  # fmt: skip
    plain = (b"/" + b"a" * 70_000, b"/\xff\xfe\x80", b"/%ff%fe%80", b"/%zz%1", b"/a\0b", b"/?%00",
             b"/survey/s/%00", b"/survey/%ed%a0%80", b"/survey/s/\xed\xa0\x80", b"/survey/p/%ff",
             b"/?deep_link=x", b"/?x;deep_link=x", b"/?%64eep_link=%00", b"/?deep_link",
             b"/config?a=b&deep_link=x", b"/config?DEEP_LINK=x", b"/?deep_link[]=x",
             b"/survey/s/trial?invite=\xff", b"/survey/s/trial?invite=%ff%00")  # fmt: skip
    return [
        _get(template % secret if b"%b" in template else template) for template in templates
    ] + [_get(p) for p in plain]


def _headers() -> list[bytes]:
    """Headers that are not valid, too many, too long or not text."""
    hosts = (b"a b", b"\xff\xfe", b"[::1", b"x:99999999", b"http://evil/?", b"", b"a\0b")
    odd = (b"X: " + b"y" * 100_000, b"\r\n".join([b"X: y"] * 9000), b"X: a\r\n b", b"X\0Y: z",
           b": z", b"no colon", b"X-Forwarded-Host: \xff", b"X-Forwarded-Proto: \xff",
           b"Cookie: \xff\xfe=\xed\xa0\x80", b"Accept-Language: \xff\xfe", b"Accept: \xff",
           b"Range: bytes=\xff", b"Origin: \xff", b"Referer: \xff", b"If-None-Match: \xff",
           b"If-Modified-Since: \xff", b"Content-Type: \xff", b"X: \x01", b"Host: b")  # fmt: skip
    schemes = (b"Basic \xff\xfe", b"Basic \xd9\xa3", b"Bearer \xff\xfe", b"Bearer \0", b"\xff",
               b"Basic ////", b"Basic " + b"A" * 40_000, b"Bearer " + b"\xe9" * 40)  # fmt: skip
    rights = [(a, b"Authorization: " + s) for s in schemes
              for a in (b"/", b"/survey/admin", b"/survey/api/state")]  # fmt: skip
    return [
        *(b"GET /survey HTTP/1.1\r\nConnection: close\r\nHost: " + h + b"\r\n\r\n" for h in hosts),
        *(b"GET /config HTTP/1.1\r\nConnection: close\r\nHost: " + h + b"\r\n\r\n" for h in hosts),
        *(_get(b"/", line) for line in odd),
        *(_get(b"/survey/s/trial", line) for line in odd[6:]),
        *(_get(address, line) for address, line in rights),
    ]


def _lengths(json_body: bytes) -> list[bytes]:
    """Bodies that do not fit their declared length, type or encoding."""
    kind, length = b"Content-Type: application/json", b"Content-Length: "
    sized = length + str(len(json_body)).encode()
    chunks = b"Transfer-Encoding: chunked"
    big = length + b"9" * 23
    start = f"POST {API}/run/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()

    def posted(body: bytes, *lines: bytes) -> bytes:
        return start + b"\r\n".join([*lines, b"", b""]) + body

    return [
        posted(json_body, kind, length + b"5", length + b"6"),
        *(posted(json_body, kind, length + text) for text in (b"-5", b"x", b"\xb2", b"1_0", b"")),
        posted(json_body, kind, big),
        posted(b"0\r\n\r\n" + json_body, kind, sized, chunks),
        posted(json_body[:30], kind, sized),
        posted(b"", kind, sized),
        posted(json_body, kind),
        posted(json_body, kind, sized, b"Content-Encoding: gzip"),
        posted(json_body, b"Content-Type: text/html", sized),
        posted(json_body, b"Content-Type: application/x-www-form-urlencoded", sized),
        posted(json_body, sized),
        posted(json_body, kind, sized, b"Expect: 100-continue"),
        posted(json_body[:-1] + b"\xff", kind, sized),
        posted(b"\xff" * len(json_body), kind, sized),
        posted(b"[" * len(json_body), kind, sized),
        posted(json_body.decode().encode("utf-16")[: len(json_body)], kind, sized),
        posted(b"\xef\xbb\xbf{}", kind, length + b"5"),
        *(posted(text, kind, chunks) for text in (b"zz\r\n", b"-1\r\n\r\n", b"f" * 16 + b"\r\nx")),
        posted(b"%x\r\n" % len(json_body) + json_body + b"\r\n0\r\n\r\n", kind, chunks),
        posted(b"1;" + b"a" * 20_000 + b"\r\n{\r\n", kind, chunks),
    ]


def _endless() -> list[Shot]:
    """Requests longer than a server should read; bounded here."""
    host = "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
    event = f"POST {API}/run/predict {host}Content-Type: application/json\r\n\r\n".encode()
    join = f"POST /survey/api/join {host}Content-Type: application/json\r\n\r\n".encode()
    file = f"POST {API}/upload {host}Content-Type: {MARK['Content-Type']}\r\n\r\n".encode()
    part = multipart(b"", b"a.mid").partition(b"\r\n--mark--")[0]
    text = b"1000\r\n" + b'"' + b"a" * 4095 + b"\r\n"
    block = b"10000\r\n" + b"\x55" * 65536 + b"\r\n"
    return [
        Shot("raw", event, patience=4.0, appended=(text, 60)),
        Shot("raw", join, patience=4.0, appended=(text, 60)),
        Shot(
            "raw",
            file + b"%x\r\n" % len(part) + part + b"\r\n",
            patience=9.0,
            appended=(block, 380),
        ),
        Shot("raw", b"GET / HTTP/1.1\r\nHost: x\r\n", patience=4.0, appended=(b"X: y\r\n", 3000)),
    ]
