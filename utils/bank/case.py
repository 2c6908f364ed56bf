"""One set of arguments that a function is called on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

ATOL = 1e-10  # with a relative 1e-9: wide enough for another order of the same products


@dataclass(frozen=True)
class Case:
    """One set of arguments by name. `extreme` marks the ones that only a numerically careful answer survives.

    atol: the absolute error that is forgiven; 0 where a tiny result has to be right to all its digits.
    """

    arguments: dict[str, Any]
    extreme: bool = False
    atol: float = ATOL

    @property
    def size(self) -> int:
        return sum(np.size(value) for value in self.arguments.values() if not callable(value))


def cases(names: str, ordinary: Iterable = (), extreme: Iterable = (), atol: float = ATOL) -> list[Case]:
    """A case a row: its values, in the order of the names, or the value of a single name. A list is an array."""
    made = []
    for rows, is_extreme in ((ordinary, False), (extreme, True)):
        for row in rows:
            values = row if " " in names else [row]
            values = [np.array(value) if isinstance(value, list) else value for value in values]
            made.append(Case(dict(zip(names.split(), values, strict=True)), is_extreme, atol))
    return made
