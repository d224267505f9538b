"""A real nginx, as Debian has it, in a folder of its own; TLS ends at it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
PAGE = Path(__file__).resolve().parents[1] / "docs" / "hosting.md"
LOCAL = "http://127.0.0.1:7860"  # the server in the page's blocks
CONFIG = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    absolute_redirect off;
    {beside}
    {servers}
}}
"""
SERVER = "server {{ listen 127.0.0.1:{port} ssl; {block} }}"


def require() -> str:
    """The path of nginx; skips the test without it."""
    path = shutil.which("nginx", path=PLACES)
    if path and shutil.which("openssl"):
        return path
    pytest.skip("no proxy: nginx and openssl are not both installed")


def documented() -> list[str]:
    """The blocks of nginx's configuration that `docs/hosting.md` shows, in their order."""
    return re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def limits() -> tuple[str, str]:
    """What `docs/hosting.md` has beside a server and in it to limit connections by address."""
    beside, within = re.findall(r"`(limit_conn[^`]*;)`", PAGE.read_text(encoding="utf-8"))
    return beside, within


@contextmanager
def proxying(blocks: Sequence[str], to: str, folder: Path, beside: str = "") -> Iterator[list[int]]:
    """Run nginx before the server at `to`; gives the port of each block, which speak HTTPS.

    Parameters
    ----------
    beside : str
        What is to stand beside the blocks' servers.
    """
    program, host = require(), to.rstrip("/")
    ports = [_free_port() for _ in blocks]
    servers = [
        SERVER.format(port=port, block=block.replace(LOCAL, host))
        for port, block in zip(ports, blocks, strict=True)
    ]
    user = "user root root;" if os.geteuid() == 0 else ""  # else its workers run as another user
    config = CONFIG.format(folder=folder, user=user, beside=beside, servers="\n".join(servers))
    (folder / "nginx.conf").write_text(config)
    _certify(folder)
    log = folder / "error.log"
    process = subprocess.Popen([program, "-p", folder, "-e", log, "-c", folder / "nginx.conf"])
    try:
        until = time.monotonic() + 20
        while not all(_listens(port) for port in ports):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield ports
    finally:
        process.terminate()
        process.wait(timeout=20)


def _certify(folder: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    command = ["openssl", "req", "-x509", *key, *files, "-days", "2", "-subj", "/CN=test"]
    subprocess.run(command, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
