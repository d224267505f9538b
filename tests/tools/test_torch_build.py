"""A new environment gets PyTorch's CPU build where the default one would bring a GPU's libraries.

Wheels of a few bytes in two folders stand for the registry and for an index of CPU builds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tools import torch_build

pytestmark = pytest.mark.slow  # each makes an environment and runs pip

RANGE = "torch>=2.8,<=2.13.0"
LOCK = "numpy==2.4.6\ntorch==2.13.0\n"
FAKE_UV = """\
#!/bin/sh
while [ "$1" != --python ]; do shift; done
exec "$2" -m pip install --quiet --no-deps --no-index --find-links '{index}' torch==2.13.0
"""
anyone = pytest.mark.skipif(
    sys.platform != "linux" or torch_build.has_nvidia(), reason="asks for a Linux without a GPU"
)


def wheel(folder: Path, name: str, version: str, needs: str = "", program: str = "") -> None:
    """A package with nothing in it but what it needs, and a program of its own name if wanted."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if program:
        files[f"{name}-{version}.data/scripts/{name}"] = program
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            member = zipfile.ZipInfo(path)
            member.external_attr = 0o100755 << 16
            archive.writestr(member, text)


class Machine:
    """A new environment and what it can reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry, self.cpu_builds = folder / "registry", folder / "cpu builds"
        wheel(self.registry, "torch", "2.13.0", 'nvidia-cudnn-cu13; platform_system == "Linux"')
        wheel(self.registry, "nvidia_cudnn_cu13", "9.20")
        wheel(self.cpu_builds, "torch", "2.13.0+cpu")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        self.python = folder / "venv" / "bin" / "python"
        (folder / "pip").mkdir()  # a link to the installed pip, which is faster than another one
        (folder / "pip" / "pip").symlink_to(Path(distribution("pip").locate_file("pip")))
        (folder / "requirements.txt").write_text(RANGE + "\n")
        (folder / "requirements.lock").write_text(LOCK)

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess:
        """Run a command there; pip can reach only the registry's folder."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.registry}
        env = inherited | pip | {"PYTHONPATH": self.folder / "pip"} | variables
        env = {name: str(value).replace(" ", "%20") for name, value in env.items()}
        return subprocess.run(command, env=env, capture_output=True, text=True)

    def prepare(self, *options: str | Path) -> subprocess.CompletedProcess:
        """What `make` does before it installs requirements.txt."""
        out = ("--requirements", "requirements.txt", "--lock", "requirements.lock", "--out", "out")
        files = [part if part.startswith("-") else self.folder / part for part in out]
        return self.run(self.python, torch_build.__file__, *files, *options)

    @property
    def constraints(self) -> str:
        """What it wrote."""
        return (self.folder / "out").read_text()


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


CPU = "numpy==2.4.6\ntorch==2.13.0+cpu\n"


def test_a_folder_that_the_user_names(machine):
    assert machine.prepare("--index", machine.cpu_builds).returncode == 0
    assert machine.constraints == CPU


def test_a_place_without_a_build_is_said(machine):
    result = machine.prepare("--index", machine.folder / "pip")
    assert result.returncode == 1
    assert "has no build of torch==2.13.0" in result.stderr


@anyone
def test_uv_knows_where_cpu_builds_are(machine):
    wheel(machine.registry, "uv", "0.9.9", program=FAKE_UV.format(index=machine.cpu_builds))
    result = machine.prepare()
    assert result.returncode == 0
    assert result.stdout == "No NVIDIA driver here: taking PyTorch's CPU build from its own index\n"
    assert machine.constraints == CPU
    assert not list((machine.folder / "venv").glob("tmp*"))


@anyone
def test_gigabytes_are_announced_where_no_cpu_build_is_to_be_had(machine):
    result = machine.prepare()
    assert result.returncode == 0
    assert "GB to download" in result.stdout
    assert "make run TORCH_INDEX=" in result.stdout
    assert machine.constraints == LOCK


@anyone
def test_or_refused_where_that_is_asked(machine):
    result = machine.prepare("--build", "cpu")
    assert result.returncode == 1
    assert "TORCH_INDEX=" in result.stderr
    assert "to download" not in result.stdout


def test_a_cpu_build_that_pip_finds_by_itself_is_left_to_it(machine):
    wheel(machine.registry, "torch", "2.13.0+cpu")
    result = machine.prepare("--build", "cpu")
    assert (result.returncode, result.stdout) == (0, "")
    assert machine.constraints == LOCK


def test_default_is_whatever_pip_takes(machine):
    result = machine.prepare("--build", "default")
    assert (result.returncode, result.stdout) == (0, "")


def test_what_is_installed_stays(machine):
    wheel(machine.cpu_builds, "torch", "2.11.0+cpu")
    pip = [machine.python, "-m", "pip", "install", "--quiet", "--no-deps", "--find-links"]
    machine.run(*pip, machine.cpu_builds, "torch==2.11.0+cpu")
    result = machine.prepare()
    assert (result.returncode, result.stdout) == (0, "")
    assert machine.constraints == "numpy==2.4.6\ntorch==2.11.0+cpu\n"


def test_a_full_disk_stops_it(machine, monkeypatch, capsys):
    package = {
        "download_info": {"url": (machine.registry / "torch-2.13.0-py3-none-any.whl").as_uri()}
    }
    monkeypatch.setattr(torch_build, "resolved", lambda torch: [package])
    monkeypatch.setattr(torch_build.shutil, "disk_usage", lambda path: type("", (), {"free": 0}))
    with pytest.raises(SystemExit, match="only 0.0 GB left"):
        torch_build.announce("torch==2.13.0")
    assert "To do without" in capsys.readouterr().out
