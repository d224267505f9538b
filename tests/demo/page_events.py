"""Events of the page as its handlers get them, and what they give back."""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import gradio as gr

from demo.editing.piece_session import PieceSession
from tests.fadernets import tiny

PRICE = 0.4321
VISITOR = ip_address("1.2.3.4")
PAGE = SimpleNamespace(session_hash="mine", client=SimpleNamespace(host=str(VISITOR)))


def session() -> PieceSession:
    return PieceSession(tiny.piece(tiny.bars(2)))


def edit_json(piece: str, **changes: Any) -> str:
    return json.dumps({"number": 3, "piece": piece, "first": 0, "last": 1} | changes)


def call(event, *arguments: Any) -> tuple:
    return asyncio.run(event(*arguments, PAGE))


def skipped(value: Any) -> bool:
    return value == gr.skip()


def trouble(output: gr.HTML) -> dict:
    """The failure that the bench is told."""
    return json.loads(output.props["trouble"])
