"""Functions that the derivations of one setting may use besides those of the notation, such as tanh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Value = Callable[[np.ndarray], np.ndarray]


class Function(str):
    """A function by its name: `Setting(functions=[Function("tanh", np.tanh, r"\\tanh")], ...)`.

    value: of an array with the axes (..., row, column), complex numbers too, for derivatives are complex steps.
    latex: how its name is typeset. meaning: what is told of it where its use is wrong. number: whether it makes one
    number of a whole array, as a norm does; without it, it goes entry by entry. Raises ValueError, with the function's
    name, if no function can have this name or the value cannot be differentiated.
    """

    def __new__(cls, name: str, value: Value, latex: str = "", meaning: str = "", number: bool = False) -> Function:
        if not name.isidentifier():
            raise ValueError(f"no function can be called {name!r}: it must be a new word, of letters, digits and _")
        _check(name, value, number)
        function = super().__new__(cls, name)
        function.value, function.meaning, function.number = value, meaning, number
        function.latex = latex or rf"\operatorname{{{name}}}"
        return function


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
