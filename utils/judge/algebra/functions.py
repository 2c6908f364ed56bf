"""Functions that a derivation may use besides those of the notation: `add_function("tanh", np.tanh, r"\\tanh")`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from utils.judge.algebra.evaluate import OPERATIONS
from utils.judge.algebra.kinds import ADDED, Added
from utils.judge.algebra.notation import FUNCTIONS
from utils.judge.algebra.typeset import FUNCTIONS as LATEX

Value = Callable[[np.ndarray], np.ndarray]


def add_function(name: str, value: Value, latex: str = "", meaning: str = "", number: bool = False) -> None:
    """Let derivations use one function more, such as `tanh(z)`.

    value: of an array with the axes (..., row, column), complex numbers too, for derivatives are complex steps.
    latex: how its name is typeset. meaning: what is told of it where its use is wrong. number: whether it makes one
    number of a whole array, as a norm does; without it, it goes entry by entry. Raises ValueError, with the function's
    name, if the name is taken or the value cannot be differentiated.
    """
    if not name.isidentifier() or (name in FUNCTIONS and name not in ADDED):
        raise ValueError(f"no function can be called {name!r}: it must be a new word, of letters, digits and _")
    _check(name, value, number)
    FUNCTIONS[name] = name
    OPERATIONS[name] = value
    LATEX[name] = latex or rf"\operatorname{{{name}}}"
    ADDED[name] = Added(number, meaning)


def _check(name: str, value: Value, number: bool) -> None:
    """Compare its derivative with a difference, at a few points of either sign."""
    at = np.array([[[-1.3, 0.4, 2.1]], [[0.7, -0.2, -1.9]]])
    with np.errstate(all="ignore"):
        try:
            result, ahead, behind = (np.asarray(value(at + step)) for step in (1e-30j, 1e-6, -1e-6))
        except Exception as error:
            raise ValueError(f"{name} stops at an array of complex numbers: {error!r}") from None
        shape = (2, 1, 1) if number else at.shape
        if result.shape != shape:
            raise ValueError(f"{name} makes {result.shape} of an array of shape {at.shape}; it should be {shape}")
        fine = np.isfinite(ahead) & np.isfinite(behind)
        slope, measured = result.imag / 1e-30, (ahead - behind) / 2e-6
    if not np.allclose(slope[fine], measured[fine], rtol=1e-5, atol=1e-6):
        told = "abs, max and comparisons lose the imaginary part: write relu as `np.where(a.real > 0, a, 0)`"
        raise ValueError(f"{name} cannot be differentiated by a complex step. Does it drop the imaginary part? {told}")
