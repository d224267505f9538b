"""What computed a result: the commit or the release, and the libraries' versions."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from fadernets import __version__

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib")


def code_version() -> str:
    """The commit of a checkout, "+changed" if files differ from it, else the release."""
    commit = _git("rev-parse", "HEAD") if (ROOT / ".git").exists() else None
    if commit is None:
        return __version__
    return commit + ("+changed" if _git("status", "--porcelain") else "")


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that compute."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _git(*arguments: str) -> str | None:
    try:
        process = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.strip() if process.returncode == 0 else None
