"""What computed a result: the commit or the release, and the libraries' versions."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib")
PACKAGE = "fadernets"


def code_version() -> str:
    """The commit of a checkout, "+changed" if files differ from it, else the package's version."""
    commit = _git("rev-parse", "HEAD") if (ROOT / ".git").exists() else None
    if commit is not None:
        return commit + ("+changed" if _git("status", "--porcelain") else "")
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Of Python and of the libraries that compute."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _git(*arguments: str) -> str | None:
    try:
        process = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.strip() if process.returncode == 0 else None
