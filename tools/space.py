"""What a Hugging Face Space gets and installs, tried in a clean environment: ``make space``.

The tree is what was committed, no more. The environment has what a Space's does: the front matter's
gradio and requirements.txt, in the newest versions that these allow. With it and from there the
tests start ``app_file`` with a Space's variables. ``--upload OWNER/NAME`` sends the same tree.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / ".venv" / "space"
TESTS = [  # those that start a Space, by what they are called
    *("tests/public", "tests/demo", "tests/test_proxy.py", "tests/test_start.py"),
    *("-k", "space", "-m", "server or browser"),
]


def card(folder: Path) -> dict[str, Any]:
    """The front matter of the README, which says what a Space is made of."""
    from huggingface_hub import metadata_load

    metadata: dict[str, Any] = metadata_load(folder / "README.md")
    return metadata


def write_tree(folder: Path, commit: str = "HEAD") -> None:
    """Write the files of a commit into a new folder: what ``git push`` would send."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", commit]
    content = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def make_environment(folder: Path, tree: Path, python: str) -> Path:
    """Install what a Space installs; the new environment's Python."""
    subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    own = folder / "bin" / "python"
    install = [str(own), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    gradio = f"gradio=={card(tree)['sdk_version']}"
    subprocess.run([*install, gradio, "-r", str(tree / "requirements.txt")], check=True)
    return own


def run_tests(python: Path, tree: Path) -> int:
    """Every test that starts a Space, from that tree and with that Python; the exit status."""
    settings = {"FADERNETS_SPACE_PYTHON": str(python), "FADERNETS_SPACE_ROOT": str(tree)}
    command = [sys.executable, "-m", "pytest", *TESTS]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings).returncode


def upload(api: Any, name: str, tree: Path) -> str:
    """Make a Space of that name, if there is none, and send it the tree; its address.

    Parameters
    ----------
    api : huggingface_hub.HfApi
    """
    sdk = card(tree)["sdk"]
    address = api.create_repo(name, repo_type="space", space_sdk=sdk, exist_ok=True)
    api.upload_folder(
        repo_id=name,
        repo_type="space",
        folder_path=tree,
        delete_patterns="*",  # what was there before and is no more
        commit_message="Music FaderNets",
    )
    return str(address)


def main() -> int:
    """Try what a Space would do, or send it one."""
    parser = argparse.ArgumentParser(prog="tools.space", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="of the Space's environment")
    parser.add_argument("--upload", metavar="OWNER/NAME", help="send it there, with HF_TOKEN")
    args = parser.parse_args()
    shutil.rmtree(HERE, ignore_errors=True)
    tree = HERE / "tree"
    write_tree(tree)
    if args.upload:
        from huggingface_hub import HfApi

        print(upload(HfApi(), args.upload, tree))
        return 0
    return run_tests(make_environment(HERE / "environment", tree, args.python), tree)


if __name__ == "__main__":
    sys.exit(main())
