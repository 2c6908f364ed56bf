"""What a check says: one of five states, a named mistake where one is recognised, and a counterexample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

State = Literal["right", "wrong", "not attempted", "your code stopped", "checker fault"]


@dataclass(frozen=True)
class Counterexample:
    """The smallest input found on which an answer fails, and what came out; never what should have come out."""

    inputs: dict[str, Any]
    returned: Any

    def __str__(self) -> str:
        lines = [f"{name} = {_show(value)}" for name, value in self.inputs.items()]
        result = self.returned if isinstance(self.returned, str) else f"returned {_show(self.returned)}"
        return "\n".join([*lines, f"your function {result}"])


@dataclass(frozen=True)
class Verdict:
    """The answer to an answer.

    state: one of five words. mistake: the slug of the recognised mistake, or None. message: one to three sentences
    to the student, Markdown with $maths$, the same at every run for the same answer. detail: the smallest
    counterexample, or None. printed: what the answer itself printed while it was checked, cut to a readable length.
    """

    exercise: str
    state: State
    message: str
    mistake: str | None = None
    detail: Counterexample | None = None
    printed: str = ""


def _show(value: Any) -> str:
    """An array as a reader would write it on paper: four significant digits, shape told when it is not plain."""
    if callable(value):
        return getattr(value, "__name__", "a function")
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        return repr(value)[:200]
    text = np.array2string(array, precision=4, suppress_small=False, separator=", ", threshold=30, edgeitems=2)
    return text if array.ndim < 2 else f"{text}  with shape {array.shape}".replace("\n", "\n        ")
