"""What a command says instead of its result."""

from __future__ import annotations


class Refusal(ValueError):
    """A command cannot do what was asked; the message is one plain sentence."""
