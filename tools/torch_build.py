"""Put PyTorch's CPU build into a new environment that cannot use the default one's GPU libraries.

`make run` and `make test` call it before they install requirements.txt, with nothing there but pip.
It writes the constraints that they install with: the lock, and the PyTorch that is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pip._vendor.packaging.requirements import Requirement  # a new environment has nothing else

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
UV = "uv>=0.9,<1"  # knows where PyTorch's CPU builds are
GPU = re.compile(r"(nvidia|cuda|triton)\b", re.IGNORECASE)
UNPACKED = 1.7  # disk taken / bytes downloaded, measured with PyTorch 2.13
PAUSE = 10  # seconds to think about gigabytes


def lines(path: Path) -> list[str]:
    """What a file requires, a line each."""
    return [line for line in path.read_text().splitlines() if line and line[0] not in "#-"]


def named_torch(requirements: list[str]) -> str | None:
    """The line about PyTorch."""
    return next((line for line in requirements if Requirement(line).name == "torch"), None)


def installed() -> str | None:
    """The version of PyTorch in this environment."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return None


def has_nvidia() -> bool:
    """Whether this machine has a driver that PyTorch's default build could use."""
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def resolved(torch: str, *options: str) -> list[dict]:
    """What pip would install for PyTorch; empty where it finds nothing, as it says later."""
    command = [*PIP, "install", "--dry-run", "--quiet", "--report", "-", *options, torch]
    process = subprocess.run(command, capture_output=True, text=True)
    return json.loads(process.stdout)["install"] if process.returncode == 0 else []


def brings_gpu(torch: str) -> bool:
    """Whether the build that pip would take asks for a GPU's libraries on this machine."""
    return any(
        GPU.match(requirement.name)
        and (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        for package in resolved(torch, "--no-deps")
        for requirement in map(Requirement, package["metadata"].get("requires_dist", []))
    )


def size(url: str) -> int:
    """Bytes of a file that pip would download, 0 where nobody says."""
    if url.startswith("file:"):
        return Path(unquote(urlsplit(url).path)).stat().st_size
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10) as head:
            return int(head.headers.get("Content-Length", 0))
    except OSError:
        return 0


def cpu_from(place: str, torch: str) -> bool:
    """Install PyTorch from an index, or a folder of wheels, that the user named, and no other."""
    with tempfile.TemporaryDirectory(dir=sys.prefix) as empty:
        environment = {"PIP_FIND_LINKS": Path(empty).as_uri(), "PIP_EXTRA_INDEX_URL": place}
        source = ["--no-index", "--find-links"] if Path(place).is_dir() else ["--index-url"]
        command = [*PIP, "install", "--no-deps", *source, place, torch]
        return subprocess.run(command, env=os.environ | environment).returncode == 0


def cpu_by_uv(torch: str) -> bool:
    """Install PyTorch from its own index of CPU builds, whose address uv knows."""
    with tempfile.TemporaryDirectory(dir=sys.prefix) as folder:
        get_uv = [*PIP, "install", "--quiet", "--no-deps", "--target", folder, UV]
        if subprocess.run(get_uv).returncode:
            return False
        command = [str(Path(folder) / "bin" / "uv"), "pip", "install", "--no-deps"]
        command += ["--python", sys.executable, "--cache-dir", str(Path(folder) / "cache")]
        command += ["--torch-backend", "cpu", torch]
        return subprocess.run(command).returncode == 0


def announce(torch: str) -> None:
    """Say what the default build costs and how to do without; stop where the disk lacks room."""
    total = sum(size(package["download_info"]["url"]) for package in resolved(torch))
    room = shutil.disk_usage(sys.prefix).free
    print(
        "PyTorch's default build works too, but brings libraries for graphics cards:\n"
        f"{total / 1e9:.1f} GB to download, {total * UNPACKED / 1e9:.1f} GB of disk.\n"
        "To do without, end this and run: make run TORCH_INDEX=ADDRESS_OR_FOLDER\n"
        "with an index or a folder of CPU builds (pytorch.org/get-started names PyTorch's own).",
        flush=True,
    )
    if room < total * UNPACKED:
        raise SystemExit(f"The disk has only {room / 1e9:.1f} GB left.")
    if sys.stdout.isatty():
        print(f"Going on in {PAUSE} seconds; Ctrl-C ends it.", flush=True)
        time.sleep(PAUSE)


def prepare(torch: str, build: str, index: str) -> None:
    """Install a CPU build where one is asked for, or where the default build would be a waste."""
    if index:
        if not cpu_from(index, torch):
            raise SystemExit(f"{index} has no build of {torch} for this machine.")
        return
    if build == "default" or (build == "auto" and (sys.platform != "linux" or has_nvidia())):
        return
    if not brings_gpu(torch):
        return  # what pip finds is a CPU build already
    reason = "No NVIDIA driver here" if build == "auto" else "As asked"
    print(f"{reason}: taking PyTorch's CPU build from its own index", flush=True)
    if cpu_by_uv(torch):
        return
    print("PyTorch's own index of CPU builds cannot be reached.", flush=True)
    if build == "cpu":
        raise SystemExit("Name another index, or a folder of wheels: TORCH_INDEX=ADDRESS_OR_FOLDER")
    announce(torch)


def constraints(lock: list[str]) -> list[str]:
    """The lock, save that the PyTorch that is installed stays."""
    version = installed()
    others = [line for line in lock if version is None or Requirement(line).name != "torch"]
    return others + ([f"torch=={version}"] if version else [])


def main(arguments: list[str] | None = None) -> None:
    """Prepare the environment that runs this, and write its constraints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requirements", type=Path, default=ROOT / "requirements.txt")
    parser.add_argument("--lock", type=Path, help="exact versions to install")
    parser.add_argument("--index", default="", help="address or folder of CPU builds")
    parser.add_argument("--build", choices=["auto", "cpu", "default"], default="auto")
    parser.add_argument("--out", type=Path, required=True, help="the constraints, to be written")
    options = parser.parse_args(arguments)
    requirement = named_torch(lines(options.requirements))
    lock = lines(options.lock) if options.lock else []
    version = installed()
    if version is None or version not in Requirement(requirement).specifier:
        prepare(named_torch(lock) or requirement, options.build, options.index)
    options.out.write_text("".join(f"{line}\n" for line in constraints(lock)))


if __name__ == "__main__":
    main()
