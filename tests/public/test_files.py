"""Visitors get only their own files; a path that is no regular file cannot hang the server."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path

import pytest

from fadernets.music import midi
from tests.fadernets import tiny
from tests.public.server import ROOT, TOKEN, Server

PUBLIC = ("slide", "transfer", "edit", "mix", "describe", "render", "process")
WITHOUT_FILES = ("controls", "cancel")


def file_value(path: str, **fields: object) -> dict:
    """A file as an event names it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **fields}


@pytest.fixture
def hostile(server: Server, tmp_path: Path):
    """Paths that nobody uploaded, and a text of them that must never come back."""
    secret = secrets.token_hex(12)
    (tmp_path / "secret.mid").write_text(secret)
    os.mkfifo(tmp_path / "pipe.mid")
    with open(tmp_path / "sparse.mid", "wb") as sparse:
        sparse.truncate(10 * 2**30)
    (tmp_path / "link.mid").symlink_to("/etc/passwd")
    paths = [
        str(tmp_path / "secret.mid"),
        "/etc/hostname",
        "/proc/self/environ",
        "/dev/zero",
        "/dev/stdin",
        str(tmp_path / "pipe.mid"),
        str(tmp_path / "sparse.mid"),
        str(tmp_path / "link.mid"),
        str(tmp_path),
        str(server.data / "survey.sqlite"),
        str(ROOT / "README.md"),
        str(server.temporary),
        *(str(path) for path in server.temporary.glob("fadernets-*/held-by")),
        "README.md",
        "../../../../../../etc/hostname",
        "file:///etc/hostname",
        "http://127.0.0.1:1/x.mid",
        "\x00/etc/hostname",
    ]
    return secret, paths


def copies(server: Server) -> set[Path]:
    return {path for path in server.temporary.rglob("*") if path.is_file()}


def test_no_way_in_opens_a_file_that_nobody_uploaded(server: Server, hostile):
    secret, paths = hostile
    upload, before, began = server.event("upload"), copies(server), time.monotonic()
    for path in paths:
        for value in (
            file_value(path),
            file_value(path, url=path),
            [file_value(path)],
            {"value": file_value(path)},
            {"a": [{"b": file_value(path)}]},
        ):
            for answer in (
                server.run(upload, value),
                server.run(upload, value, batched=True),
                server.ask(
                    "gradio_api/queue/join",
                    {"data": [value], "fn_index": upload, "session_hash": "h"},
                ),
                server.ask("gradio_api/component_server", {"data": value, "component_id": 1}),
            ):
                assert answer.status in (404, 413, 422), answer
                assert secret not in answer.text and TOKEN not in answer.text
                assert "root:" not in answer.text and path not in ("", answer.text)
    assert copies(server) == before
    assert time.monotonic() - began < 240
    assert server.ask("healthz", timeout=30).status == 200


def test_named_endpoints_open_no_foreign_file_either(server: Server, hostile):
    secret, paths = hostile
    before = copies(server)
    for path in paths:
        for name in PUBLIC:
            for address, body in (
                (f"call/{name}", {"data": [file_value(path)]}),
                (f"call/{name}", {"data": [file_value(path)] * 2}),
                (f"call/v2/{name}", {"midi": file_value(path)}),
            ):
                answer = server.ask(f"gradio_api/{address}", body)
                assert secret not in answer.text
                if answer.status != 200:
                    continue
                number = answer.json()["event_id"]
                stream = server.ask(f"gradio_api/{address}/{number}")
                assert "event: complete" not in stream.text, stream
                assert secret not in stream.text and "root:" not in stream.text
    assert copies(server) == before


def test_the_three_steps_of_the_old_attack(server: Server):
    upload = server.event("upload")
    first = server.run(upload, file_value("/etc/hostname"), session="h")
    assert first.status == 422 and "uploaded" in first.json()["error"]
    assert server.ask("gradio_api/deep_link?session_hash=h").status == 404
    for address in ("config?deep_link=x", "?deep_link=x", "?a=1&deep_link="):
        assert server.ask(address).status == 404


def test_files_are_given_by_their_address_only_if_they_are_the_servers_own(server: Server, hostile):
    secret, paths = hostile
    for path in paths:
        for prefix in ("file=", "file/", "proxy=", "stream/"):
            for form in (path, path.replace("/", "%2F"), path.replace("/", "//")):
                address = f"gradio_api/{prefix}{form}".replace("\x00", "%00")
                answer = server.ask(address, timeout=60)
                assert answer.status in (403, 404, 405), (address, answer)
                assert secret not in answer.text


def test_an_upload_still_opens_and_its_errors_name_no_path(server: Server):
    valid = midi.dump(tiny.piece(tiny.bars(8)))
    (path,) = server.upload("mine.mid", valid).json()
    answer = server.run("upload", file_value(path, orig_name="mine.mid"))
    assert answer.status == 200, answer
    assert (piece := json.loads(answer.json()["data"][0]["props"]["piece"]))["name"] == "mine", (
        piece
    )
    for content in (b"", b"no music", b"MThd\0\0\0\6\0\1\0\1\1\xe0", valid[:30]):
        (path,) = server.upload("bad.mid", content).json()
        answer = server.run("upload", file_value(path, orig_name="bad.mid"))
        sentence = answer.json()["data"][1]
        assert "bad" in sentence.lower() and str(server.temporary) not in answer.text, sentence
        assert "/" not in sentence


def test_a_file_is_called_what_its_visitor_calls_it(server: Server):
    """In a name browsers send a quotation mark as %22."""
    (path,) = server.upload("my %22song%22 & Ω.mp3", b"ID3\3" + bytes(60)).json()
    sentence = server.run("upload", file_value(path)).json()["data"][1]
    assert sentence.startswith('my "song" &amp; Ω.mp3 is not a MIDI file but sound'), sentence
    content = midi.dump(tiny.piece(tiny.bars(8)))
    (path,) = server.upload("my %22song%22.mid", content).json()
    answer = server.run("upload", file_value(path))
    assert json.loads(answer.json()["data"][0]["props"]["piece"])["name"] == 'my "song"'


def test_an_upload_that_is_too_large_is_refused(server: Server):
    answer = server.upload("large.mid", bytes(21_000_000))
    assert answer.status == 413
    large = bytes(20_500_000)
    assert server.upload("larger.mid", large).status == 413


def test_a_range_that_is_none_gives_the_whole_file(server: Server):
    content = bytes(range(256)) * 4
    upload = server.upload("take.mid", content)
    (path,) = upload.json()
    lines = len(server.log_text().splitlines())
    for byte_range, status, size in (
        ("bytes=0-0", 206, 1),
        ("bytes=-5", 206, 5),
        ("bytes=99999-", 416, 0),
        ("bytes=0-0,0-0", 200, len(content)),
        (f"bytes={','.join(['0-0'] * 500)}", 200, len(content)),
        ("bytes=-", 200, len(content)),
        ("lines=1-2", 200, len(content)),
        ("bytes=a-b", 200, len(content)),
        (f"bytes=0-{'9' * 5000}", 200, len(content)),
    ):
        headers = {"Range": byte_range}
        answer = server.ask(f"gradio_api/file={path}", method="HEAD", headers=headers)
        assert answer.status == status, byte_range
        assert int(answer.headers["content-length"]) == size, byte_range
    assert len(server.log_text().splitlines()) == lines


def test_a_host_that_no_name_can_be_is_refused(server: Server):
    for address in ("", "config"):  # the other pages answer none in full
        assert server.ask(address, headers={"Host": "a" * 256}).status == 400
    assert server.ask("healthz", headers={"Host": "a" * 255}).status == 200
    usual = len(server.ask("").text)
    for name in ("Host", "X-Forwarded-Host"):
        answer = server.ask("", headers={name: "a" * (255 if name == "Host" else 30_000)})
        assert answer.status == 200 and len(answer.text) < usual + 10_000
