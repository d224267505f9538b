"""Known vulnerabilities of the locked versions, as far as a database of them answers.

Exit status 1 if there are any; 0 if there are none, or if nobody could be asked. `make audit` calls
it with the Python that has pip-audit.
"""

from __future__ import annotations

import json
import subprocess
import sys

TIMEOUT_SECONDS = 300  # seconds a database may take for all
UNREACHED = "audit: no database of vulnerabilities can be reached from here; nothing was checked"


def query(lock: str, *service: str) -> list[dict] | None:
    """What one database says of each package, or None where it says nothing.

    A registry that refuses looks to pip-audit like one that knows no such package: it skips them
    all and calls that clean.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--no-deps"]
    command += ["--disable-pip", "--progress-spinner", "off", "--format", "json", *service]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        packages = json.loads(process.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        return None
    return packages if any("vulns" in package for package in packages) else None


def report(packages: list[dict]) -> list[str]:
    """One line a vulnerability, and one about what was left out."""
    lines = [
        f"audit: {package['name']} {package['version']}: {flaw['id']}"
        + (f" ({', '.join(flaw['aliases'])})" if flaw.get("aliases") else "")
        + (f", mended in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else ", open")
        for package in packages
        for flaw in package.get("vulns", [])
    ]
    skipped = sum("vulns" not in package for package in packages)
    summary = f"audit: {len(lines)} known vulnerabilities in {len(packages) - skipped} packages"
    return [*lines, summary + (f"; {skipped} not in the database" if skipped else "")]


def main(lock: str) -> int:
    """Ask the registry, else the open database of vulnerabilities, and print what is known."""
    packages = query(lock) or query(lock, "--vulnerability-service", "osv")
    if packages is None:
        print(UNREACHED)
        return 0
    print("\n".join(report(packages)))
    return int(any(package.get("vulns") for package in packages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
