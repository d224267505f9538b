"""Attacks that take several requests, for `benchmarks.public_fuzz`."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import secrets
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.public import hostile_bytes, midi_files
from benchmarks.public.checks import MAX_ANSWER_SECONDS, CheckBook, Fuzz, RequestReply, fire
from benchmarks.public.hostile_bytes import API, MARK, Shot, request, upload
from benchmarks.public.hostile_requests import post
from benchmarks.public.hostile_values import META, Target
from benchmarks.public.whole_server import ROOT, RunningServer

STALLED_UPLOADS = 12  # begun and not finished
SVG_PAGE = b"<html><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg></html>"


def attack(url: str, path: str, secret: str) -> dict[str, Any]:
    """The known attack on each event: have a file taken in, have the state kept, read the copy.

    Returns
    -------
    dict
        How many events gave the file away, and of each event the status of each step.
    """
    steps_by_event: dict[str, Any] = {}
    with httpx.Client(base_url=url, timeout=60) as client:
        config = client.get("/config").json()
        for event in config["dependencies"]:
            if not event["backend_fn"]:
                continue
            session = secrets.token_hex(6)
            steps: dict[str, int | bool] = {}
            body: dict[str, Any] = {"data": [{"path": path, "meta": META}] * len(event["inputs"])}
            body |= {"fn_index": event["id"], "session_hash": session}
            answers = [client.post(f"{API}/run/predict", json=body)]
            steps["predict"] = answers[0].status_code
            link = client.get(f"{API}/deep_link", params={"session_hash": session})
            steps["deep_link"] = link.status_code
            answers.append(client.get("/config", params={"deep_link": link.text.strip('"') or "x"}))
            steps["config"] = answers[1].status_code
            texts = " ".join(answer.text for answer in answers)
            copies = {*re.findall(rf'/[^"\\=]+/{re.escape(Path(path).name)}', texts), path}
            answers += [client.get(f"{API}/file={copy}") for copy in sorted(copies)]
            steps["file"] = min(answer.status_code for answer in answers[2:])
            steps["secret_came"] = any(secret in answer.text for answer in answers)
            steps_by_event[event["api_name"]] = steps
    files_given_away = sum(steps["secret_came"] for steps in steps_by_event.values())
    return {
        "events_tried": len(steps_by_event),
        "files_given_away": files_given_away,
        "steps": steps_by_event,
    }


def by_client(server: RunningServer, book: CheckBook, dice: random.Random, count: int) -> None:
    """Spoiled MIDI files by the endpoint for programs, as its users call it."""
    from gradio_client import Client, handle_file

    path = server.folder / "outside" / "mine.mid"
    client = Client(server.url, verbose=False)
    for _ in range(count):
        data = midi_files.midi_file(dice)
        path.write_bytes(hostile_bytes.garbled(data, dice) if dice.random() < 0.6 else data)
        shot, begin = (
            Shot("client", b"/slide by gradio_client: " + path.read_bytes()),
            time.monotonic(),
        )
        status, text = 200, ""
        try:
            job = client.submit(handle_file(str(path)), rhythm=dice.random(), api_name="/slide")
            job.result(timeout=MAX_ANSWER_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever the client makes of a refusal
            status, text = 500, str(error)
        reply = RequestReply(status, text.encode(), time.monotonic() - begin, True)
        book.add_reply(shot, reply)
        if reply.seconds > MAX_ANSWER_SECONDS:
            book.add_finding("hang", shot, reply)
        if any(str(folder) in text for folder in (ROOT, server.folder)) or "Traceback" in text:
            book.add_finding("a path of the server's", shot, reply)


async def midi(fuzz: Fuzz, target: Target, dice: random.Random, count: int) -> None:
    """Spoiled MIDI files, uploaded, opened by the page's event, and asked about as a whole."""
    event, ask = target.events["upload"], target.events["ask"]

    async def open_and_ask(data: bytes, alone: bool = False) -> None:
        shot = upload(data)
        reply = await fuzz.send(shot)
        if reply.status != 200:
            fuzz.book.add_finding("an upload is refused", shot, reply, str(reply.status))
            return
        file = {"path": json.loads(reply.body)[0], "orig_name": "a.mid", "meta": META}
        shot = Shot("midi", post(f"{API}/run/predict", {**event, "data": [file]}))
        reply = await fuzz.send(shot)
        try:
            piece = json.loads(json.loads(reply.body)["data"][0]["props"]["piece"])
        except (ValueError, KeyError, TypeError):  # refused
            return
        edit = json.loads(ask["data"][0]) | {"piece": piece["id"], "rhythm": dice.random()}
        edit |= {"first": 0, "last": len(piece["segments"]) - 1}
        body = {**ask, "data": [json.dumps(edit)]}
        await fuzz.send(Shot("midi", post(f"{API}/run/predict", body)), alone)

    absurd = midi_files.absurd_midi()
    files = dice.sample(absurd, min(len(absurd), count // 2))
    while len(files) < count:
        files.append(hostile_bytes.garbled(midi_files.midi_file(dice), dice))
    groups = iter(files)
    while (group := list(itertools.islice(groups, 12))) and not fuzz.is_over:
        await fuzz.run_together(open_and_ask(data) for data in group)
        if fuzz.check_log():
            for data in group:
                await open_and_ask(data)
                if fuzz.check_log(f"opening {data[:2000]!r}"):
                    break
        await fuzz.health()
    if count > len(absurd):  # it takes long
        await open_and_ask(midi_files.dense_midi(), alone=True)
        await fuzz.health()


async def pages_of_others(fuzz: Fuzz) -> None:
    """An upload that is a page or a script may not be shown as one at this address."""
    for name in ("x.html", "x.svg", "x.js", "x.xml", "x.xhtml", "x", "x.mid"):
        reply = await fuzz.send(upload(SVG_PAGE, name.encode(), "pages"))
        if reply.status != 200:
            continue
        shot = Shot("pages", request("GET", f"{API}/file={json.loads(reply.body)[0]}"))
        reply = await fuzz.send(shot)
        head = reply.head.lower()
        has_page_type = re.search(rb"content-type: [^\r]*(html|svg|javascript|xml)", head)
        if reply.status == 200 and has_page_type and b"content-disposition: attachment" not in head:
            fuzz.book.add_finding("an upload is shown as a page", shot, head.decode("latin-1"))


async def stalled(
    fuzz: Fuzz, seconds: float, dice: random.Random, trickle: bytes
) -> dict[str, Any]:
    """Whether stalled uploads keep other visitors from uploading, and for how long.

    Parameters
    ----------
    fuzz : Fuzz
    seconds : float
        The longest wait.
    dice : random.Random
    trickle : bytes
        Bytes sent of each stalled upload every second.
    """
    part = hostile_bytes.multipart(midi_files.midi_file(dice), b"a.mid")
    head = {**MARK, "Content-Length": str(len(part) + 5000)}
    begin, writers = time.monotonic(), []
    for _ in range(STALLED_UPLOADS):
        _, writer = await asyncio.open_connection("127.0.0.1", fuzz.server.port)
        writer.write(request("POST", f"{API}/upload", part, head))
        writers.append(writer)
    await asyncio.sleep(0.5)
    try:
        while True:
            shot = upload(midi_files.midi_file(dice), kind="beside stalled uploads")
            reply = await fire(fuzz.server.port, shot)
            fuzz.book.add_reply(shot, reply)
            if reply.status == 200 or time.monotonic() - begin > seconds:
                break
            for writer in writers:
                writer.write(trickle)
            await asyncio.sleep(1.0)
    finally:
        for writer in writers:
            writer.close()
    waited = round(time.monotonic() - begin, 1)
    if reply.status != 200:
        manner = "go on by a byte a second" if trickle else "are not gone on with"
        finding = (
            f"{STALLED_UPLOADS} uploads that {manner} keep others out for {waited} s and longer"
        )
        fuzz.book.add_finding("uploads are blocked", finding, reply, manner)
    return {"uploads": STALLED_UPLOADS, "others_let_in": reply.status == 200, "after_s": waited}
