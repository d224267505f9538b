"""Print requirements.lock: the exact versions that the given requirement files bring today.

Nothing is installed, and what is installed does not matter. `make lock` calls it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

GPU = re.compile(r"(nvidia|cuda|triton)\b", re.IGNORECASE)  # PyTorch names its own exactly
HEAD = """\
# Exact versions of all that requirements.txt and requirements-dev.txt bring, for Python 3.11 and
# 3.12; as constraints, so a platform may bring more. `make lock` renews them.
"""


def resolved(files: list[str]) -> list[tuple[str, str]]:
    """Names and versions that pip would install into an empty environment, without local parts."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    command += ["--quiet", "--report", "-"] + [part for file in files for part in ("-r", file)]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    packages = [package["metadata"] for package in report["install"]]
    return sorted(
        (re.sub(r"[-_.]+", "-", package["name"]).lower(), package["version"].partition("+")[0])
        for package in packages
        if not GPU.match(package["name"])
    )


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 11):
        raise SystemExit("The lock is made with Python 3.11: what it can have, 3.12 can too.")
    print(HEAD, end="")
    for name, version in resolved(sys.argv[1:]):
        print(f"{name}=={version}")
