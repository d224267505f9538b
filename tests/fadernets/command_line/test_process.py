"""The command as a process of its own, and how it ends."""

import subprocess
import sys

import pytest

import fadernets
from tests.fadernets.command_line.commands import run


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        run("--version")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"fadernets {fadernets.__version__}\n"


def test_without_a_command_the_help_lists_them(capsys):
    assert run() == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: fadernets ")
    for command in ("describe", "slide", "transfer", "edit", "mix", "render"):
        assert f"\n    {command} " in captured.err


def module(*arguments, **options):
    command = [sys.executable, "-m", "fadernets", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_the_module_runs_and_fails_without_a_traceback(tmp_path):
    process = module("describe", tmp_path / "nothing.mid")
    _, err = process.communicate()
    assert process.returncode == 2
    assert err == "fadernets: nothing.mid cannot be read: no such file or directory.\n"


@pytest.mark.slow
def test_a_closed_pipe_is_no_error(source):
    process = module("describe", source, stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.wait() == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
