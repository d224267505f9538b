"""What the building of studies may import."""

from __future__ import annotations

import ast
from pathlib import Path


def test_only_the_public_model_is_used(root):
    """Nothing of the model's insides, of the demo or of training; no private names of others."""
    for path in [*(root / "survey" / "building").glob("*.py"), *(root / "survey").glob("b*.py")]:
        check_imports(path)


def check_imports(path: Path) -> None:
    tree = ast.parse(path.read_text())
    music = {
        f"music.{name}"
        for name in ("examples", "midi", "midifile.part", "notes", "piece", "segments")
    }
    public = {
        "atomic_file",
        "checkpoint",
        "command_line",
        "music",
        "playback",
        "playback.audio",
        *music,
    }
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None)
            names = [origin] if origin else [alias.name for alias in node.names]
            if {name.split(".")[0] for name in names} & {"fadernets", "survey"}:
                aliases |= {alias.asname or alias.name for alias in node.names}
            assert not {name.split(".")[0] for name in names} & {"demo", "train"}
            assert not any(alias.name.startswith("_") for alias in node.names)
            for name in names:
                package, _, inner = name.partition(".")
                assert package != "fadernets" or not inner or inner in public, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            assert not (private and node.value.id in aliases), node.attr
