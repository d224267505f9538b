"""What Windows lacks is asked for only where it is known to be there, or is done in another way."""

from __future__ import annotations

import ast
import ctypes
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from survey.core import own_folder

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fadernets", "train", "survey", "demo", "db")
# "Availability: Unix" in Python's documentation, as far as code of ours may want it.
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
NAMES = {
    "os": {
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchown", "fork"),
        *("forkpty", "getegid", "geteuid", "getgid", "getpgid", "getpriority", "getsid", "getuid"),
        *("killpg", "lchown", "mkfifo", "mknod", "nice", "pipe2", "sched_getaffinity", "setgid"),
        *("setpgid", "setpriority", "setsid", "setuid", "statvfs", "uname", "wait3", "wait4"),
    },
    "signal": {
        *("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP"),
        *("SIGUSR1", "SIGUSR2", "alarm", "pause", "pthread_sigmask", "setitimer", "sigwait"),
    },
    "socket": {"AF_UNIX", "SCM_RIGHTS", "recv_fds", "send_fds"},
    "select": {"epoll", "kqueue", "poll"},
    "time": {"tzset"},
}
# Functions that run only where a process has been forked, which is on Linux alone.
FORKED = {
    "demo/compute/fork_server.py": {"wait", "start"},
    "demo/compute/worker.py": {"main"},
}
ASKS = ("hasattr", "sys.platform", "AttributeError", "ImportError")


def is_guarded(node: ast.AST) -> bool:
    """Whether what lies within is done only where the system has it."""
    if isinstance(node, ast.If | ast.IfExp):
        return any(word in ast.unparse(node.test) for word in ASKS)
    if isinstance(node, ast.Try):
        caught = [each.type for each in node.handlers if each.type is not None]
        return any(word in ast.unparse(kind) for kind in caught for word in ASKS)
    if isinstance(node, ast.With):
        return any(word in ast.unparse(item) for item in node.items for word in ASKS)
    return False


def unguarded(node: ast.AST, forked: set[str]) -> Iterator[str]:
    """What is asked for below a node as if every system had it."""
    if isinstance(node, ast.FunctionDef) and node.name in forked:
        return
    if is_guarded(node):
        return
    match node:
        case ast.Attribute(value=ast.Name(module), attr=name) if name in NAMES.get(module, ()):
            yield f"{module}.{name}, line {node.lineno}"
        case ast.Import(names=names):
            yield from (f"{n.name}, line {node.lineno}" for n in names if n.name in MODULES)
        case ast.ImportFrom(module=module) if module in MODULES:
            yield f"{module}, line {node.lineno}"
    for child in ast.iter_child_nodes(node):
        yield from unguarded(child, forked)


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_asked_for_that_windows_lacks(package: str) -> None:
    places_by_file = {
        str(path.relative_to(ROOT)): list(unguarded(ast.parse(path.read_text("utf-8")), forked))
        for path in (ROOT / package).rglob("*.py")
        for forked in [FORKED.get(path.relative_to(ROOT).as_posix(), set())]
    }
    assert {name: places for name, places in places_by_file.items() if places} == {}


@pytest.mark.parametrize("text", ["os.getuid()", "import fcntl", "signal.SIGKILL", "os.O_NOFOLLOW"])
def test_what_only_some_systems_have_is_seen(text: str) -> None:
    assert list(unguarded(ast.parse(text), set()))
    assert not list(unguarded(ast.parse(f"if hasattr(a, 'b'):\n    {text}"), set()))
    assert not list(unguarded(ast.parse(f"def start():\n    {text}"), {"start"}))


class Kernel(SimpleNamespace):
    """Windows, as far as it says which processes there are: number -> exit code."""

    def OpenProcess(self, access: int, inherits: bool, number: int) -> int:  # noqa: N802
        return number if number in self.codes else 0

    def GetLastError(self) -> int:  # noqa: N802
        return self.error

    def GetExitCodeProcess(self, handle: int, code: ctypes._CArgObject) -> int:  # noqa: N802
        code._obj.value = self.codes[handle]
        return 1

    def CloseHandle(self, handle: int) -> int:  # noqa: N802
        self.closed.append(handle)
        return 1


def test_windows_is_asked_which_processes_live_and_none_is_hurt() -> None:
    kernel = Kernel(codes={12: own_folder.STILL_ACTIVE, 16: 0}, error=87, closed=[])
    assert own_folder._lives_on_windows(12, kernel)
    assert not own_folder._lives_on_windows(16, kernel)  # it has ended, and somebody holds it
    assert not own_folder._lives_on_windows(20, kernel)
    assert kernel.closed == [12, 16]
    kernel.error = own_folder.ACCESS_DENIED
    assert own_folder._lives_on_windows(20, kernel)
