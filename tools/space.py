"""What a Hugging Face Space gets and installs, tried in a clean environment: ``make space``.

The tree is what was committed, no more. The environment has what a Space's does: requirements.txt
and, asked for at the same time, the front matter's gradio with two extras and three more packages,
in the newest versions that all of these allow. With it and from there the tests start ``app_file``
with a Space's variables. ``--upload OWNER/NAME`` sends the same tree.
How long installing took, how much it came to and how soon the page answered is printed before the
tests.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fadernets.command_line.arguments import Parser

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / ".venv" / "space"
TESTS = [  # those that start a Space, by what they are called
    *("tests/public", "tests/demo", "tests/test_proxy.py", "tests/test_start.py"),
    *("-k", "space", "-m", "server or browser"),
]
SPACE = {  # what Hugging Face tells a Space about itself
    "SYSTEM": "spaces",
    "SPACE_ID": "somebody/faders",
    "SPACE_HOST": "somebody-faders.hf.space",
}
# What Hugging Face's builder asks for beside requirements.txt, in one command, as its logs show.
BESIDE = ("gradio[oauth,mcp]=={sdk_version}", "uvicorn>=0.14.0", "websockets>=10.4", "spaces")
PICTURE = "docs/screenshot.png"
START = 300.0  # seconds within which a Space has to answer on a busy machine


def card(folder: Path) -> dict[str, Any]:
    """The front matter of the README, which says what a Space is made of."""
    from huggingface_hub import metadata_load

    metadata: dict[str, Any] = metadata_load(folder / "README.md")
    return metadata


def beside(folder: Path) -> list[str]:
    """What a Space installs together with its requirements.txt."""
    return [line.format(sdk_version=card(folder)["sdk_version"]) for line in BESIDE]


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
    subprocess.run([*install, "-r", str(tree / "requirements.txt"), *beside(tree)], check=True)
    return own


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def seconds_to_answer(python: Path, tree: Path) -> float:
    """Seconds from the start of ``app_file``, as a Space starts it, to ``/healthz`` saying "well".

    Raises
    ------
    RuntimeError
        Where it ends or says nothing; with what it printed.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = os.environ | SPACE | {"GRADIO_SERVER_PORT": str(port)}
        env |= {"FADERNETS_DATA": str(folder / "data"), "GRADIO_TEMP_DIR": str(folder / "gradio")}
        printed = folder / "printed.txt"
        with printed.open("wb") as sink:
            command = [str(python), card(tree)["app_file"]]
            began = time.monotonic()
            process = subprocess.Popen(command, cwd=tree, env=env, stdout=sink, stderr=sink)
            try:
                while process.poll() is None and time.monotonic() < began + START:
                    if _is_well(f"http://127.0.0.1:{port}/healthz"):
                        return time.monotonic() - began
                    time.sleep(0.05)
            finally:
                process.kill()
                process.wait()
        raise RuntimeError(printed.read_text(errors="replace"))


def _is_well(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # nothing listens yet, or 503
        return False


def run_tests(python: Path, tree: Path) -> int:
    """Every test that starts a Space, from that tree and with that Python; the exit status."""
    settings = {"FADERNETS_SPACE_PYTHON": str(python), "FADERNETS_SPACE_ROOT": str(tree)}
    command = [sys.executable, "-m", "pytest", *TESTS]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings).returncode


def complete_card(
    tree: Path, name: str, models: Sequence[str] = (), datasets: Sequence[str] = ()
) -> None:
    """Write what only an owner knows into the front matter: picture, models and data on the Hub."""
    from huggingface_hub import metadata_save

    known = card(tree)
    known["thumbnail"] = f"https://huggingface.co/spaces/{name}/resolve/main/{PICTURE}"
    known |= {key: list(ids) for key, ids in (("models", models), ("datasets", datasets)) if ids}
    metadata_save(tree / "README.md", known)


def upload(
    api: Any, name: str, tree: Path, models: Sequence[str] = (), datasets: Sequence[str] = ()
) -> str:
    """Make a Space of that name, if there is none, and send it the tree; its address.

    Parameters
    ----------
    api : huggingface_hub.HfApi
    models, datasets
        As `complete_card` takes them.
    """
    complete_card(tree, name, models, datasets)
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


def hub_name(text: str) -> str:
    """A name on the Hub, with its owner's."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no name such as OWNER/NAME")
    return text


def main() -> int:
    """Try what a Space would do, or send it one; 2 with one sentence if it cannot be sent."""
    parser = Parser(prog="space", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="of the Space's environment")
    parser.add_argument(
        "--upload",
        type=hub_name,
        metavar="OWNER/NAME",
        help="send it there, with the token of HF_TOKEN or `hf auth login`",
    )
    for kind in ("model", "dataset"):
        parser.add_argument(
            f"--{kind}",
            action="append",
            type=hub_name,
            default=[],
            metavar="OWNER/NAME",
            help=f"{kind} on the Hub that the Space names; may be given again",
        )
    args = parser.parse_args()
    shutil.rmtree(HERE, ignore_errors=True)
    tree = HERE / "tree"
    write_tree(tree)
    if args.upload:
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.errors import HTTPError

        if get_token() is None:
            print("space: set HF_TOKEN, or log in: .venv/bin/hf auth login.", file=sys.stderr)
            return 2
        try:
            print(upload(HfApi(), args.upload, tree, args.model, args.dataset))
        except HTTPError as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            print(f"space: {args.upload} was not sent: {reason}", file=sys.stderr)
            return 2
        return 0
    environment = HERE / "environment"
    began = time.monotonic()
    python = make_environment(environment, tree, args.python)
    installing = time.monotonic() - began
    version = subprocess.run([python, "--version"], check=True, stdout=subprocess.PIPE, text=True)
    print(
        f"{version.stdout.strip()}: installed in {installing:.0f} s, "
        f"{size(environment) / 1e9:.2f} GB; first answer of {card(tree)['app_file']} after "
        f"{seconds_to_answer(python, tree):.1f} s",
        flush=True,
    )
    return run_tests(python, tree)


if __name__ == "__main__":
    sys.exit(main())
