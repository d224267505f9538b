"""A Space on ZeroGPU, told by a package in the place of the host's `spaces`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.space import SPACE

pytestmark = pytest.mark.server

# The host's own, too, replaces the launch and imports PyTorch if it can; Gradio cannot import it.
STAND_IN = """
import sys
import gradio
gradio.Blocks
try:
    import torch
except ImportError:
    torch = None
named = []
GPU = named.append
def launch(*args, **kwargs):
    print(f"named: {len(named)}, answer: {named[0]()}, PyTorch: {torch}", flush=True)
    sys.exit()
gradio.Blocks.launch = launch
"""


def test_a_space_on_zero_gpu_names_a_function_before_it_is_launched(root: Path, tmp_path: Path):
    (tmp_path / "spaces.py").write_text(STAND_IN)
    env = os.environ | SPACE | {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(tmp_path)}
    env |= {"FADERNETS_DATA": str(tmp_path / "data"), "GRADIO_TEMP_DIR": str(tmp_path / "files")}
    command = [sys.executable, "demo/app.py"]
    printed = subprocess.run(command, cwd=root, env=env, stdout=subprocess.PIPE, timeout=60).stdout
    assert b"named: 1, answer: None, PyTorch: None" in printed
