"""Mutants of a module, drawn at random: each is the module's text with one small change.

mutmut says what a mutant is: its operators change one number, text, comparison, argument or
assignment.
"""

from __future__ import annotations

import difflib
import random
from dataclasses import dataclass
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators


@dataclass(frozen=True)
class Mutant:
    """One change of one module, and what came of it: caught, survived or why it was not."""

    module: str
    line: int
    before: str
    after: str
    outcome: str = ""


class Sites(libcst.CSTVisitor):
    """Every place that an operator can change, but for what is no behaviour: sentences, say."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.sites: list[tuple[int, libcst.CSTNode, list[libcst.CSTNode]]] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Note the node's changes, and go into its children."""
        skipped = (libcst.Annotation, libcst.Decorator, libcst.Import, libcst.ImportFrom)
        if isinstance(node, skipped) or _is_no_behaviour(node):
            return False
        changes = [
            change
            for kind, operator in mutation_operators
            if isinstance(node, kind)
            for change in operator(node)
        ]
        position = self.get_metadata(PositionProvider, node, None)
        if changes and position is not None:
            self.sites.append((position.start.line, node, changes))
        return True


def _is_no_behaviour(node: libcst.CSTNode) -> bool:
    """Whether a node is a sentence, a line of the log, or the list of a module's public names."""
    match node:
        case libcst.SimpleString(value=text) if " " in text[1:-1].strip():
            return True
        case libcst.Call(func=libcst.Attribute(value=libcst.Name(value="log" | "logger"))):
            return True
        case libcst.Assign(targets=[libcst.AssignTarget(target=libcst.Name(value="__all__"))]):
            return True
    return False


def sample(path: Path, module: str, sites: int, seed: int) -> list[tuple[Mutant, str]]:
    """Mutants of one module with their whole text: `sites` places at random, one change at each."""
    text = path.read_text()
    wrapper = MetadataWrapper(libcst.parse_module(text))
    visitor = Sites()
    wrapper.visit(visitor)
    draw = random.Random(f"{seed} {module}")
    draw.shuffle(visitor.sites)
    mutants: dict[str, Mutant] = {}
    for line, node, changes in visitor.sites:
        if len(mutants) == sites:
            break
        changed = wrapper.module.deep_replace(node, draw.choice(changes)).code
        try:
            compile(changed, module, "exec")
        except SyntaxError:
            continue
        differences = list(difflib.ndiff(text.splitlines(), changed.splitlines()))
        before, after = (
            " / ".join(row[2:].strip() for row in differences if row.startswith(sign))
            for sign in ("- ", "+ ")
        )
        if changed != text:
            mutants[changed] = Mutant(module, line, before, after)
    return sorted(((m, code) for code, m in mutants.items()), key=lambda pair: pair[0].line)
