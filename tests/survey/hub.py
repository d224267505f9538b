"""The Hugging Face Hub as a folder: what would go over the network ends here, the rest is real."""

from __future__ import annotations

import fnmatch
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import CommitInfo, RepoUrl

URL = "https://huggingface.co/datasets/"


class Hub(HfApi):
    """A Hub whose repositories lie in a folder; every commit is a folder of files.

    Attributes
    ----------
    down : bool
        True: every request fails.
    gate : threading.Event
        While it is not set, commits wait.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(token="hf_not_a_real_token")
        self.root = root
        self.down = False
        self.gate = threading.Event()
        self.gate.set()

    def create_repo(self, repo_id: str, **options: Any) -> RepoUrl:  # type: ignore[override]
        self._reach(repo_id)
        if not self._repo(repo_id).exists():
            assert options["private"] is True and options["repo_type"] == "dataset"
            self.put(repo_id, private=True)
        return RepoUrl(URL + repo_id)

    def repo_info(self, repo_id: str, **options: Any) -> Any:  # type: ignore[override]
        self._reach(repo_id)
        if not self._repo(repo_id).exists():
            raise RepositoryNotFoundError(
                "404: no such repository", response=_error_response(404, repo_id)
            )
        return SimpleNamespace(private=not (self._repo(repo_id) / "public").exists())

    def create_commit(  # type: ignore[override]
        self, repo_id: str, operations: Sequence[Any], **options: Any
    ) -> CommitInfo:
        self._reach(repo_id)
        assert self.gate.wait(30)
        commits = self.commits(repo_id)
        new = self._repo(repo_id) / f"{int(commits[-1].name) + 1:06}"
        part = new.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(commits[-1], part)
        for operation in operations:
            with operation.as_file() as file:
                (part / operation.path_in_repo).write_bytes(file.read())
        part.rename(new)  # a commit is there whole or not at all
        return CommitInfo(URL + repo_id + "/commit/" + new.name, "", "", new.name)

    def snapshot_download(self, repo_id: str, **options: Any) -> str:  # type: ignore[override]
        self._reach(repo_id)
        for path in self.files(repo_id):
            if fnmatch.fnmatch(path.name, options["allow_patterns"]):
                shutil.copy(path, options["local_dir"])
        return options["local_dir"]

    def super_squash_history(self, repo_id: str, **options: Any) -> None:  # type: ignore[override]
        self._reach(repo_id)
        for commit in self.commits(repo_id)[:-1]:
            shutil.rmtree(commit)

    def put(self, repo_id: str, private: bool) -> None:
        """Make a dataset with one commit."""
        (self._repo(repo_id) / "000000").mkdir(parents=True)
        (self._repo(repo_id) / "000000" / ".gitattributes").touch()
        if not private:
            (self._repo(repo_id) / "public").touch()

    def commits(self, repo_id: str) -> list[Path]:
        """All commits that can be looked at, the oldest first."""
        return sorted(path for path in self._repo(repo_id).iterdir() if path.name.isdecimal())

    def files(self, repo_id: str) -> list[Path]:
        """The files of the last commit."""
        return sorted(self.commits(repo_id)[-1].iterdir())

    def everything(self, repo_id: str) -> bytes:
        """All bytes of all commits."""
        return b"".join(
            path.read_bytes() for commit in self.commits(repo_id) for path in commit.iterdir()
        )

    def _repo(self, repo_id: str) -> Path:
        return self.root / repo_id

    def _reach(self, repo_id: str) -> None:
        if self.down:
            raise HfHubHTTPError("503: the Hub is down", response=_error_response(503, repo_id))


def _error_response(status: int, repo_id: str) -> httpx2.Response:
    return httpx2.Response(status, request=httpx2.Request("GET", URL + repo_id))
