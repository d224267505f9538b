"""All faders of expression, in the order in which a page has them."""

from __future__ import annotations

from fadernets.expression.articulation import Articulation
from fadernets.expression.expression import Expression
from fadernets.expression.tempo import Tempo

EXPRESSIONS: dict[str, Expression] = {each.name: each for each in (Tempo(), Articulation())}
