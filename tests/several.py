"""The topology of deploy/nginx.conf on this machine: a real nginx before two servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import nginx

CONFIG = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
NAMES = ("one", "two")  # of the servers there


@contextmanager
def proxied(ports: Sequence[int], folder: Path) -> Iterator[int]:
    """Run nginx with the file that is deployed, but for its addresses; the port, with HTTPS."""
    text = re.sub(r"#.*", "", CONFIG.read_text(encoding="utf-8"))
    for name, port in zip(NAMES, ports, strict=True):
        text = text.replace(f"{name}:7860", f"127.0.0.1:{port}")
    beside, block = re.fullmatch(r"(.*)server \{\s*listen 80;(.*)\}\s*", text, re.DOTALL).groups()
    with nginx.proxying([block], nginx.LOCAL, folder, beside) as (port,):
        yield port
