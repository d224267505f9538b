"""The audit tells "no vulnerability" from "no answer of the database"."""

from __future__ import annotations

import json
import subprocess

import pytest

from tools import audit

FLAW = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.1.6"]}
CLEAN = {"name": "torch", "version": "2.13.0", "vulns": []}
FLAWED = {"name": "jinja2", "version": "3.1.5", "vulns": [FLAW]}
SKIPPED = {"name": "numpy", "skip_reason": "not found"}


@pytest.fixture
def databases(monkeypatch):
    """What pip-audit prints for the registry's database, and for the other."""
    answers: list[str] = []

    def run(command, **options):
        return subprocess.CompletedProcess(command, 1, answers["osv" in command], "")

    monkeypatch.setattr(audit.subprocess, "run", run)
    return answers


def answer(*packages: dict) -> str:
    return json.dumps({"dependencies": packages})


@pytest.mark.parametrize("refused", ["", "Traceback …", answer(), answer(SKIPPED, SKIPPED)])
def test_no_answer_is_one_line_and_no_failure(databases, capsys, refused):
    databases += [refused, ""]
    assert audit.main("requirements.lock") == 0
    assert capsys.readouterr().out == audit.UNREACHED + "\n"


def test_the_other_database_is_asked(databases, capsys):
    databases += [answer(SKIPPED), answer(CLEAN)]
    assert audit.main("requirements.lock") == 0
    assert capsys.readouterr().out == "audit: 0 known vulnerabilities in 1 packages\n"


def test_what_is_known_is_named_and_fails(databases, capsys):
    databases += [answer(CLEAN, FLAWED, SKIPPED), ""]
    assert audit.main("requirements.lock") == 1
    assert capsys.readouterr().out.splitlines() == [
        "audit: jinja2 3.1.5: PYSEC-1 (CVE-1), mended in 3.1.6",
        "audit: 1 known vulnerabilities in 2 packages; 1 not in the database",
    ]
