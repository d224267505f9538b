"""Tries the server's own locks before anybody else can; a server that finds one open won't serve.

Gradio opens whatever file an event names while its check of file inputs is off, and whether it is
on depends on how the page is started and on Gradio's version. So it is tried, not assumed.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from contextvars import ContextVar
from pathlib import Path

import gradio as gr
import httpx
from fastapi import FastAPI
from gradio import processing_utils
from gradio.context import LocalContext

from demo.guard.files import Files
from demo.guard.routes import API

GIVES = "gives away files of this machine"
trying: ContextVar[bool] = ContextVar("trying", default=False)  # its own requests get in


class OpenError(Exception):
    """Strangers could read a file, or fill the memory; the message is one sentence."""


def require_closed(app: FastAPI, blocks: gr.Blocks, files: Files) -> None:
    """Try to have a file read that was not uploaded, by the server's events and by Gradio alone.

    Gradio may keep nothing of the session that tries it.

    Raises
    ------
    OpenError
        If that works.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".mid", prefix="canary-") as canary:
        canary.write(secrets.token_hex(16))
        canary.flush()
        token = trying.set(True)
        try:
            asyncio.run(_try(app, blocks, files, canary.name))
        finally:
            trying.reset(token)


async def _try(app: FastAPI, blocks: gr.Blocks, files: Files, path: str) -> None:
    file_data = {"path": path, "meta": {"_type": "gradio.FileData"}}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://selfcheck") as client:
        for event in blocks.fns.values():
            if event.fn is None or not event.inputs:  # nothing to name a file in
                continue
            body = {"data": [file_data for _ in event.inputs], "fn_index": event._id}
            body["session_hash"] = "selfcheck"
            answer = await client.post(f"{API}/run/predict", json=body)
            if answer.status_code == 200:
                raise OpenError(_sentence(f"{GIVES}, by an event"))
        answer = await client.get(f"{API}/file={path}")
        if answer.status_code == 200:
            raise OpenError(_sentence(f"{GIVES}, by its address for files"))
    if blocks.state_holder.session_data:
        raise OpenError(_sentence("keeps something of every session that a stranger makes up"))
    LocalContext.blocks.set(blocks)
    upload = next(block for block in blocks.blocks.values() if isinstance(block, gr.UploadButton))
    try:
        await processing_utils.async_move_files_to_cache(
            file_data, upload, check_in_upload_folder=True
        )
    except ValueError:  # Gradio's InvalidPathError is one
        pass
    else:
        raise OpenError(_sentence(f"{GIVES}, by its own check of files, which is off"))
    if any(Path(path).name in str(file) for file in files.folder.rglob("*")):
        raise OpenError(_sentence(f"{GIVES}, by a copy that it made"))


def _sentence(fault: str) -> str:
    return (
        f"Gradio {gr.__version__} {fault}: "
        "nothing is served. Install a version that requirements.txt names"
    )
