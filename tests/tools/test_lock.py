"""The lock names the packages that pip would install, for every build of PyTorch."""

from __future__ import annotations

import json
import subprocess

from tools import lock


def test_the_lock_names_no_build_and_no_library_of_a_graphics_card(monkeypatch):
    packages = [("torch", "2.13.0+cpu"), ("Jinja2", "3.1.6"), ("nvidia-cudnn-cu13", "9.20")]
    packages += [("triton", "3.7.1"), ("cuda-bindings", "13.5.0"), ("pydantic_core", "2.50.5")]
    report = {"install": [{"metadata": {"name": n, "version": v}} for n, v in packages]}
    process = subprocess.CompletedProcess([], 0, json.dumps(report))
    monkeypatch.setattr(lock.subprocess, "run", lambda command, **options: process)
    assert lock.resolved(["requirements.txt"]) == [
        ("jinja2", "3.1.6"),
        ("pydantic-core", "2.50.5"),
        ("torch", "2.13.0"),
    ]
