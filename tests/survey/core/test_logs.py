"""Lines of the log hold no values of requests, and old ones make room."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys

import pytest

from survey.core import logs


def record(**fields) -> logging.LogRecord:
    values = {"name": "n", "levelno": logging.ERROR, "levelname": "ERROR", "msg": "it failed"}
    return logging.makeLogRecord(values | fields)


def test_an_exception_is_its_type_and_place():
    try:
        int("a value that was sent")
    except ValueError:
        line = logs.OneLine().format(record(exc_info=sys.exc_info()))
    assert "\n" not in line and "was sent" not in line and "Traceback" not in line
    assert re.search(r"ERROR n: it failed \| ValueError at test_logs.py:\d+$", line), line


def test_nobody_can_forge_a_line():
    line = logs.OneLine().format(record(msg="one\nERROR root: two\r\nthree"))
    assert len(line.splitlines()) == 1


def test_files_are_put_away_when_they_are_full(tmp_path, root):
    code = (
        "import logging\nfrom survey.core import logs\nlogs.FILE_BYTES = 2000\nlogs.set_up()\n"
        "for i in range(200): logging.getLogger('demo').warning('line %d', i)\n"
        "logging.getLogger('uvicorn.error').error('and this')\n"
        "logging.getLogger('uvicorn.access').warning('not this')\n"
    )
    env = {"FADERNETS_LOG": str(tmp_path / "log")}
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True
    )
    assert process.returncode == 0 and process.stderr == ""
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2", "log.3"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert (tmp_path / "log").read_text().endswith("ERROR uvicorn.error: and this\n")


@pytest.mark.server
@pytest.mark.parametrize("command", [["-m", "demo"], ["demo/app.py"], ["-m", "survey"]])
def test_a_log_that_cannot_be_written_is_one_sentence(command, root, tmp_path):
    env = os.environ | {"FADERNETS_LOG": str(tmp_path)}
    env |= {"FADERNETS_DATA": str(tmp_path), "FADERNETS_PORT": "0"}
    process = subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True
    )
    assert process.returncode == 2
    _, _, sentence = process.stderr.partition(": ")
    assert sentence.rstrip(".\n") == "FADERNETS_LOG cannot be used: is a directory"
