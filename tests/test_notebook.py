"""The notebook of the documentation runs from its first cell to its last, in IPython."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUN = Path(__file__).with_name("notebook_run.py")


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    cells = json.loads((ROOT / "docs/notebook.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) == 10
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    process = subprocess.run(
        [sys.executable, "-P", RUN],
        input=json.dumps(["".join(cell["source"]) for cell in code]),
        cwd=ROOT / "docs",
        env=dict.fromkeys(["HOME", "IPYTHONDIR", "TMPDIR"], str(tmp_path))
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    texts, kinds = zip(*json.loads(process.stdout), strict=True)
    assert "notes before" in texts[2]
    assert "DataFrame" in kinds[1]
    assert "image/svg+xml" in kinds[6]
    assert "## Control" in texts[7]
    assert "text/html" in kinds[8]  # a player
    assert (tmp_path / texts[9].split()[0]).read_bytes().startswith(b"MThd")
