"""What is made of weights, such as another order of them, and kept for as long as they stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

Made = TypeVar("Made")

_CACHE = WeakTensorKeyDictionary()  # weight -> name -> which values it was made of, and what


def of_weights(name: str, make: Callable[..., Made], weight: Tensor, *others: Tensor) -> Made:
    """What is made of weights, made anew where one of them has changed since.

    Parameters
    ----------
    name : str
        Of what is made: one weight may have several.
    make : function
        From all weights to what is made of them.
    """
    weights = (weight, *others)
    if any(w.is_inference() for w in weights):  # they have no version
        return make(*weights)
    values = [(w._version, w.data_ptr()) for w in weights]
    by_name = _CACHE.setdefault(weight, {})
    if name not in by_name or by_name[name][0] != values:
        by_name[name] = values, make(*weights)
    return by_name[name][1]
